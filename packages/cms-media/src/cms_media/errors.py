"""What can go wrong with files."""

from cms_core import Conflict, Forbidden, InsufficientStorage, Invalid, NotFound, TooLarge
from cms_core import UnsupportedMediaType as Unsupported


class MediaNotFound(NotFound):
    """There is no such file, or you may not see it."""


class NotYourFile(Forbidden):
    """Somebody else uploaded this file; changing it takes `media:write-any`."""


class MediaInUse(Conflict):
    """Something refers to this file; `force=true` deletes it all the same.

    Its `uses` say what: posts that readers see, working copies, or older revisions that would show
    a gap if they were restored.
    """


class MediaExists(Conflict):
    """There is a file of this id already, and it is not the one that was sent.

    Choose another id; a file's bytes never change.
    """


class FileTooLarge(TooLarge):
    """The file is larger than files of its kind may be.

    `CMS_MEDIA__MAX_IMAGE_BYTES` and its siblings say how large.
    """


class EmptyFile(Invalid):
    """The file has no content."""


class UnacceptableFile(Unsupported):
    """Files of this kind are not accepted.

    Accepted are images (JPEG, PNG, GIF, WebP, AVIF), audio, video, PDF, plain text and CSV, office
    documents, EPUB and ZIP; what a file is, its content decides, not its name.
    """


class QuotaExceeded(InsufficientStorage):
    """Your uploads would take more room than an account may have.

    Delete some, or ask the operator: `CMS_MEDIA__QUOTA_BYTES`.
    """
