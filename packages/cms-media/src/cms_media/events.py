"""What happens to files, for other packages to react to."""

from dataclasses import dataclass
from uuid import UUID

from cms_core import Event


@dataclass(frozen=True)
class MediaEvent(Event):
    """Base of what happens to one file; `by` is the principal's id."""

    media_id: UUID
    by: UUID

    @property
    def aggregate(self) -> str:
        return f"media:{self.media_id}"


@dataclass(frozen=True)
class MediaUploaded(MediaEvent):
    """A file was uploaded; nobody but authors can see it yet."""

    filename: str
    media_type: str
    size: int


@dataclass(frozen=True)
class MediaEdited(MediaEvent):
    """What is said of a file has changed; its bytes never do."""


@dataclass(frozen=True)
class MediaDeleted(MediaEvent):
    """A file is gone. `path` is where caches may still have it: purge it there."""

    path: str


@dataclass(frozen=True)
class BlobDropped(Event):
    """Stored bytes belong to no file any more."""

    key: str

    @property
    def aggregate(self) -> str:
        return f"blob:{self.key}"
