"""What authors send and see of files."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Self, cast
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from cms_core import Sparse
from cms_media.images.variants import MAX_SIDE, Fit, Focus, Variant
from cms_media.models import MAX_ALT, MAX_CREDIT, MAX_FILENAME, MAX_FOLDER, MAX_TITLE
from cms_media.service.files import Details
from cms_media.settings import Format


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


class FocalPoint(BaseModel):
    """What of an image must stay in sight where it is cropped."""

    model_config = ConfigDict(extra="forbid")

    x: float = Field(ge=0, le=1, description="From the left, as a fraction of the width.")
    y: float = Field(ge=0, le=1, description="From the top, as a fraction of the height.")


class MediaPatch(_Details):
    """What to change; fields left out stay as they are."""

    focal_point: FocalPoint | None = Field(None, description="Null: the middle.")

    filename: Annotated[str, _text(MAX_FILENAME * 10)] = Field(
        "", description="Tidied: unfit characters go, and the ending is that of the type."
    )

    def details(self) -> Details:
        """What was sent, as the service takes it."""
        sent: dict[str, Any] = self.model_dump(include=self.model_fields_set - {"focal_point"})
        if "focal_point" in self.model_fields_set:
            at = self.focal_point
            sent |= {"focal_x": at and at.x, "focal_y": at and at.y}
        return cast(Details, sent)


class Uploader(BaseModel):
    """Who uploaded a file; the name is null where the account is gone."""

    id: UUID
    name: str | None


class Use(BaseModel):
    """A thing that refers to the file; neither flag: only older revisions do."""

    source: str = Field(description="Such as `post:<id>`.")
    published: bool = Field(description="Readers see it.")
    working: bool = Field(description="Its working copy does.")


class ImageVariant(BaseModel):
    """A smaller picture of an image, for `srcset`."""

    width: int = Field(description="Pixels.")
    height: int
    format: Format
    url: str = Field(description="Signed, and expires, as long as the file is private.")


class WantedVariant(BaseModel):
    """What is wanted of an image: to fit in a box (`contain`), or to fill it (`cover`).

    Without a width and a height it is as large as it may be.
    """

    model_config = ConfigDict(extra="forbid")

    width: int | None = Field(None, ge=1, le=MAX_SIDE, description="Pixels.")
    height: int | None = Field(None, ge=1, le=MAX_SIDE, description="Pixels.")
    fit: Fit = Field("contain", description="`cover` crops around the focal point.")

    @model_validator(mode="after")
    def _is_enough(self) -> Self:
        if self.fit == "cover" and not (self.width and self.height):
            raise ValueError("cover takes width and height")
        return self

    def variant(self, format: Format, focal_point: Focus) -> Variant:
        """The variant that this is, of an image with that focal point."""
        if self.fit == "cover":
            return Variant(self.width, self.height, format, focal_point)
        largest = None if self.width or self.height else MAX_SIDE
        return Variant(self.width or largest, self.height, format)


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
    width: int | None = Field(description="Pixels of an image as it is shown upright.")
    height: int | None
    color: str | None = Field(description="Its most frequent colour, such as `#1f4e79`.")
    animated: bool | None
    focal_point: FocalPoint | None
    variants: list[ImageVariant] = Field(
        description="By width, in each format; ready for `srcset`."
    )
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
