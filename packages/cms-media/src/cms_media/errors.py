"""What can go wrong with files."""

from cms_core import (
    BadRequest,
    ChecksumMismatch,
    Conflict,
    Forbidden,
    InsufficientStorage,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)


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


class UnacceptableFile(UnsupportedMediaType):
    """Files of this kind are not accepted.

    Accepted are images (JPEG, PNG, GIF, WebP, AVIF), audio, video, PDF, plain text and CSV, office
    documents, EPUB and ZIP; what a file is, its content decides, not its name.
    """


class UnwantedFile(Invalid):
    """A scanner has found something in the file that must not be stored; the detail says what."""


class TooLargeToScan(TooLarge):
    """The file is larger than the virus scanner takes.

    Ask the operator: `StreamMaxLength` of clamd says how large it may be.
    """


class ScannerUnavailable(Unavailable):
    """The virus scanner doesn't answer as it should; try again soon.

    Without its verdict nothing becomes a file.
    """


class UnreadableImage(Invalid):
    """The image can't be decoded: it is broken, or not only an image.

    Save it again with an image editor.
    """


class ImageTooDemanding(Invalid):
    """Decoding the image takes more pixels, memory or time than is allowed.

    The detail says which. Make it smaller, or ask the operator: `CMS_MEDIA__MAX_PIXELS`,
    `CMS_MEDIA__IMAGE_MEMORY_BYTES`, `CMS_MEDIA__IMAGE_SECONDS`.
    """


class ImagesNotDecoded(Invalid):
    """Images can't be decoded here: install `cms-media[images]`."""


class NoVariants(Invalid):
    """This file has no variants: it is no image, or one that has not been decoded.

    `cms media inspect` decodes images that were uploaded without `cms-media[images]`.
    """


class ImagesBusy(Unavailable):
    """Too many images are being decoded right now; try again soon."""


class QuotaExceeded(InsufficientStorage):
    """Your uploads would take more room than an account may have.

    Delete some, or ask the operator: `CMS_MEDIA__QUOTA_BYTES`.
    """


class UploadNotFound(NotFound):
    """There is no such upload: it has expired, was ended, or is somebody else's.

    Begin a new one.
    """


class BadUploadHeader(BadRequest):
    """A header of the upload is missing or can't be read.

    The detail says which. The length of an upload has to be known when it begins.
    """


class UploadVersionUnsupported(PreconditionFailed):
    """The request is not of a version of the tus protocol that is spoken here.

    `Tus-Version` says which are; send one of them as `Tus-Resumable`.
    """


class WrongPieceType(UnsupportedMediaType):
    """Pieces of an upload are sent as `application/offset+octet-stream`."""


class UploadOffsetConflict(Conflict):
    """The upload does not go on where this piece begins.

    Ask with `HEAD` how much of it is here, and go on from there. This happens too where two
    requests send pieces of one upload at the same time: one of them is kept.
    """


class PieceTooLarge(TooLarge):
    """The piece goes on after the end of the upload.

    Nothing of it was kept; send no more than `Upload-Length` says.
    """


class PieceChecksumMismatch(ChecksumMismatch):
    """The piece is not what its checksum says; nothing of it was kept.

    Send it again.
    """
