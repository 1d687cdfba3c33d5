"""Posts, revisions, tags, previews and feeds."""

from cms_posts.content import PostChanges, PostContent, WorkingCopy
from cms_posts.errors import PostInTrash, PostNotFound, SlugTaken, UnknownRevision
from cms_posts.events import (
    PostCreated,
    PostEdited,
    PostEvent,
    PostPublished,
    PostPurged,
    PostTrashed,
    PostUnpublished,
    PostUntrashed,
    TagDeleted,
    TagEvent,
    TagMerged,
    TagRenamed,
)
from cms_posts.extensions import Door, PostExtension
from cms_posts.models import BodyFormat
from cms_posts.service.drafts import create_post, edit_post
from cms_posts.service.publication import publish_post, unpublish_post
from cms_posts.service.trash import trash_post, untrash_post

__all__ = [
    "BodyFormat",
    "Door",
    "PostChanges",
    "PostContent",
    "PostCreated",
    "PostEdited",
    "PostEvent",
    "PostExtension",
    "PostInTrash",
    "PostNotFound",
    "PostPublished",
    "PostPurged",
    "PostTrashed",
    "PostUnpublished",
    "PostUntrashed",
    "SlugTaken",
    "TagDeleted",
    "TagEvent",
    "TagMerged",
    "TagRenamed",
    "UnknownRevision",
    "WorkingCopy",
    "create_post",
    "edit_post",
    "publish_post",
    "trash_post",
    "unpublish_post",
    "untrash_post",
]
