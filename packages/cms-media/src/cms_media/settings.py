"""Settings of media."""

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from cms_core import PluginSettings
from cms_media.clamd import Clamd

#: What variants of images can be.
Format = Literal["avif", "webp", "jpeg"]
FORMATS: tuple[Format, ...] = get_args(Format)

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
    keep_metadata: bool = Field(
        False,
        description="Leave in originals of images what says where, by whom and with what they were "
        "made; variants never have it.",
    )
    max_pixels: int = Field(
        100_000_000, ge=1, description="Pixels that an image may have, width times height."
    )
    image_memory_bytes: int = Field(
        192 * _MIB, ge=64 * _MIB, description="Memory in which an image must be decoded."
    )
    image_seconds: int = Field(
        5, ge=1, description="Seconds of processor time in which an image must be decoded."
    )
    image_processes: int = Field(
        2, ge=1, description="Images that one process of the API or worker decodes at once."
    )
    variant_widths: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(
        (320, 640, 960, 1280, 1920), description="Widths, in pixels, that every image comes in."
    )
    variant_formats: tuple[Format, ...] = Field(
        FORMATS, description="Formats that every image comes in."
    )
    variant_age: int = Field(
        90 * 24 * 3600,
        ge=3600,
        description="Seconds after which a stored variant goes; asked for again, it is made again.",
    )
    clamd_url: str = Field(
        "",
        description="The clamd that scans uploads: `tcp://HOST:PORT` or `unix:///PATH`.",
    )

    @field_validator("clamd_url")
    @classmethod
    def _of_a_clamd(cls, url: str) -> str:
        if url:
            Clamd(url)
        return url

    def max_bytes(self, family: str) -> int:
        """The largest file of a family: image, audio, video or document."""
        limit: int = getattr(self, f"max_{family}_bytes")
        return limit

    @property
    def largest(self) -> int:
        """The largest file of all."""
        return max(map(self.max_bytes, ("image", "audio", "video", "document")))
