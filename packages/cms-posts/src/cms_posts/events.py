"""What happens to posts and tags, for other packages to react to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cms_core import Event


@dataclass(frozen=True)
class PostEvent(Event):
    """Base of what happens to one post; `by` is the principal's id."""

    post_id: UUID
    by: UUID

    @property
    def aggregate(self) -> str:
        return f"post:{self.post_id}"


@dataclass(frozen=True)
class PostCreated(PostEvent):
    """A draft was created."""


@dataclass(frozen=True)
class PostEdited(PostEvent):
    """The working copy has a new revision; readers see no change."""

    revision: int


@dataclass(frozen=True)
class PostPublished(PostEvent):
    """Readers see this revision now: for the first time, again, or in place of another one."""

    revision: int
    slug: str
    published_at: datetime


@dataclass(frozen=True)
class PostUnpublished(PostEvent):
    """Readers no longer see the post."""

    slug: str


@dataclass(frozen=True)
class PostTrashed(PostEvent):
    """The post is in the trash; a live one was taken down before (`PostUnpublished`)."""


@dataclass(frozen=True)
class PostUntrashed(PostEvent):
    """The post is back from the trash, not live."""


@dataclass(frozen=True)
class PostPurged(PostEvent):
    """The post and its history are gone for good."""


@dataclass(frozen=True)
class PostScheduled(PostEvent):
    """A change of what readers see is planned, or its plan was changed.

    `action` is `publish` or `unpublish`; `revision` is the one to publish.
    """

    transition_id: UUID
    action: str
    revision: int | None
    at: datetime


@dataclass(frozen=True)
class PostScheduleCancelled(PostEvent):
    """A planned change will not happen."""

    transition_id: UUID


@dataclass(frozen=True)
class TagEvent(Event):
    """Base of what happens to one tag."""

    tag_id: UUID
    by: UUID

    @property
    def aggregate(self) -> str:
        return f"tag:{self.tag_id}"


@dataclass(frozen=True)
class TagRenamed(TagEvent):
    """A tag has a new name or slug."""

    old_slug: str
    slug: str
    name: str


@dataclass(frozen=True)
class TagMerged(TagEvent):
    """Every post of this tag has the tag `into` instead."""

    into: UUID


@dataclass(frozen=True)
class TagDeleted(TagEvent):
    """The tag is gone from every post."""

    slug: str
