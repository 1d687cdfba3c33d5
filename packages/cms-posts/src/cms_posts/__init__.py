"""Posts, revisions, tags, previews and feeds."""

from cms_posts.calendar import TRANSITION_SORTS, transitions, visible_post
from cms_posts.content import PostChanges, PostContent, WorkingCopy
from cms_posts.errors import (
    AlreadyApplied,
    AlreadyCancelled,
    NotFailed,
    PlanFull,
    PlanInPast,
    PostInTrash,
    PostNotFound,
    SameInstant,
    SlugTaken,
    TransitionNotFound,
    UnknownRevision,
    UnpublishBeforePublish,
)
from cms_posts.events import (
    PostCreated,
    PostEdited,
    PostEvent,
    PostPublished,
    PostPurged,
    PostScheduleCancelled,
    PostScheduled,
    PostTrashed,
    PostUnpublished,
    PostUntrashed,
    TagDeleted,
    TagEvent,
    TagMerged,
    TagRenamed,
)
from cms_posts.extensions import Door, PostExtension
from cms_posts.files import FileImporter, ForeignFile
from cms_posts.models import BodyFormat, PostTransition, TransitionAction, TransitionState
from cms_posts.service.access import sees_all
from cms_posts.service.applying import BACKLOG, NEXT_DUE, apply_due
from cms_posts.service.drafts import create_post, edit_post
from cms_posts.service.plan import (
    PlannedMoment,
    cancel_transition,
    move_transition,
    plan_transition,
    retry_transition,
)
from cms_posts.service.publication import publish_post, unpublish_post
from cms_posts.service.trash import trash_post, untrash_post
from cms_posts.service.wall_times import replan_wall_times

__all__ = [
    "BACKLOG",
    "NEXT_DUE",
    "TRANSITION_SORTS",
    "AlreadyApplied",
    "AlreadyCancelled",
    "BodyFormat",
    "Door",
    "FileImporter",
    "ForeignFile",
    "NotFailed",
    "PlanFull",
    "PlanInPast",
    "PlannedMoment",
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
    "PostScheduleCancelled",
    "PostScheduled",
    "PostTransition",
    "PostTrashed",
    "PostUnpublished",
    "PostUntrashed",
    "SameInstant",
    "SlugTaken",
    "TagDeleted",
    "TagEvent",
    "TagMerged",
    "TagRenamed",
    "TransitionAction",
    "TransitionNotFound",
    "TransitionState",
    "UnknownRevision",
    "UnpublishBeforePublish",
    "WorkingCopy",
    "apply_due",
    "cancel_transition",
    "create_post",
    "edit_post",
    "move_transition",
    "plan_transition",
    "publish_post",
    "replan_wall_times",
    "retry_transition",
    "sees_all",
    "transitions",
    "trash_post",
    "unpublish_post",
    "untrash_post",
    "visible_post",
]
