"""What authors send and see of files."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from cms_core import Sparse
from cms_media.models import MAX_ALT, MAX_CREDIT, MAX_FILENAME, MAX_FOLDER, MAX_TITLE


def _path(folder: str) -> str:
    names = [name.strip() for name in folder.split("/")]
    if any(name in (".", "..") or not name.isprintable() for name in names):
        raise ValueError("names joined by slashes, without `.` and `..`")
    return "/".join(name for name in names if name)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _storable(text: str) -> str:
    if "\0" in text:  # databases refuse it
        raise ValueError("no NUL characters")
    return text


def _text(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, max_length=longest)


Alt = Annotated[str, _text(MAX_ALT), AfterValidator(_storable)]
Line = Annotated[str, _text(MAX_TITLE), AfterValidator(_storable), AfterValidator(_one_line)]
Folder = Annotated[str, _text(MAX_FOLDER), AfterValidator(_path)]


class _Details(BaseModel):
    model_config = ConfigDict(extra="forbid")

    alt: Alt = Field("", description="What the file shows, for those who can't see it.")
    title: Line = ""
    credit: Annotated[Line, _text(MAX_CREDIT)] = Field("", description="Whose work it is.")
    folder: Folder = Field("", description="Names joined by slashes; empty: in none.")


class MediaDetails(_Details):
    """What is said of a new file."""


class MediaPatch(_Details):
    """What to change; fields left out stay as they are."""

    filename: Annotated[str, _text(MAX_FILENAME * 10)] = Field(
        "", description="Tidied: unfit characters go, and the ending is that of the type."
    )


class Uploader(BaseModel):
    """Who uploaded a file; the name is null where the account is gone."""

    id: UUID
    name: str | None


class Use(BaseModel):
    """A thing that refers to the file; neither flag: only older revisions do."""

    source: str = Field(description="Such as `post:<id>`.")
    published: bool = Field(description="Readers see it.")
    working: bool = Field(description="Its working copy does.")


class ListedMedia(Sparse):
    """A file in a list."""

    id: UUID
    filename: str
    type: str = Field(description="Media type, by the content.")
    size: int = Field(description="Bytes.")
    alt: str
    title: str
    credit: str
    folder: str
    url: str = Field(description="For bodies of posts; anybody's once the file is public.")
    signed_url: str = Field(description="For authors, at once; expires.")
    public: bool = Field(description="Whether readers see something that refers to it.")
    uploaded_by: Uploader
    created_at: datetime
    updated_at: datetime


class Media(ListedMedia):
    """A file, with what refers to it."""

    uses: list[Use] = Field(description="At most 100: published ones, working copies, the past.")


class ResumableUpload(BaseModel):
    """An upload that can be resumed."""

    id: UUID
    length: int = Field(description="Bytes of the whole file.")
    offset: int = Field(description="Bytes that are here.")
    filename: str
    created_at: datetime
    expires_at: datetime
    media_id: UUID | None = Field(description="The file, once it is made.")
