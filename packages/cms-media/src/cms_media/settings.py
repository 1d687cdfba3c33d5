"""Settings of media."""

from pydantic import Field

from cms_core import PluginSettings

_MIB = 1024 * 1024


class MediaSettings(PluginSettings):
    """Environment variables ``CMS_MEDIA__…``."""

    max_image_bytes: int = Field(50 * _MIB, ge=1, description="Largest image.")
    max_audio_bytes: int = Field(500 * _MIB, ge=1, description="Largest audio file.")
    max_video_bytes: int = Field(2048 * _MIB, ge=1, description="Largest video.")
    max_document_bytes: int = Field(100 * _MIB, ge=1, description="Largest file of another kind.")
    quota_bytes: int = Field(
        0, ge=0, description="Bytes that one account may have uploaded; 0: no limit."
    )
    max_age: int = Field(
        30 * 24 * 3600, ge=0, description="Seconds that caches may keep a public file unasked."
    )
    link_age: int = Field(
        3600, ge=60, description="Seconds that a signed address of a private file is good at least."
    )
    redirect: bool = Field(
        False, description="Send readers to signed addresses of the S3 storage for the bytes."
    )
    orphan_age: int = Field(
        24 * 3600,
        ge=0,
        description="Seconds after which stored bytes that belong to no file are swept away.",
    )

    upload_age: int = Field(
        24 * 3600,
        ge=60,
        description="Seconds after its last piece until an upload that can be resumed expires.",
    )

    def max_bytes(self, family: str) -> int:
        """The largest file of a family: image, audio, video or document."""
        limit: int = getattr(self, f"max_{family}_bytes")
        return limit

    @property
    def largest(self) -> int:
        """The largest file of all."""
        return max(map(self.max_bytes, ("image", "audio", "video", "document")))
