"""What can go wrong with posts."""

from cms_core import Conflict, Invalid, NotFound


class PostNotFound(NotFound):
    """There is no such post, or you may not see it."""


class RevisionNotFound(NotFound):
    """The post has no revision of this number."""


class PreviewLinkNotFound(NotFound):
    """The post has no such preview link."""


class PreviewNotFound(NotFound):
    """There is no such preview, or not any more.

    The link was ended or has expired, or its post is in the trash. Ask whoever gave it to you for
    another one.
    """


class SlugTaken(Conflict):
    """Another post has or had this slug; choose another one.

    A slug stays with its post until the post is deleted for good, those that it had before too.
    Leave `slug` out to get one made from the title, with a suffix where need be.
    """


class TagNotFound(NotFound):
    """There is no tag of this slug."""


class TagTaken(Conflict):
    """Another tag has or had this name or slug; merge the two instead."""


class UnknownTag(Invalid):
    """The tag to merge into does not exist, or is the same tag."""


class PostInTrash(Conflict):
    """The post is in the trash; take it out first.

    `POST …/untrash` takes it out.
    """


class PostNotInTrash(Conflict):
    """Only a post in the trash can be deleted for good.

    `DELETE` puts it there.
    """


class UnknownRevision(Invalid):
    """The revision to publish does not exist."""


class TransitionNotFound(NotFound):
    """The post has no such planned transition."""


class AlreadyApplied(Conflict):
    """Too late: the planned transition has been applied.

    What readers see now can be changed with `publish` and `unpublish`.
    """


class AlreadyCancelled(Conflict):
    """The planned transition was cancelled; plan a new one."""


class NotFailed(Conflict):
    """Only a planned transition that has failed can be tried again."""


class PlanInPast(Invalid):
    """The instant has passed already.

    Use `publish` or `unpublish` to change at once what readers see.
    """


class UnpublishBeforePublish(Invalid):
    """The post would be taken down at a time when it is not live.

    Plan its publication before that instant, or move both.
    """


class SameInstant(Invalid):
    """The post has another planned transition at this very instant."""


class PlanFull(Invalid):
    """The post has as many planned transitions as a post may have: 100."""


class PreviewTooLong(Invalid):
    """A preview link can't last that long."""


class UnknownReference(Invalid):
    """The post refers to something that does not exist.

    `author_id` or `cover` is not the id of an account or of a file.
    """


class UnacceptableExtensions(Invalid):
    """The fields of an extension are not acceptable.

    Or no plugin of this server has fields of that name.
    """
