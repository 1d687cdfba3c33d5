"""Inspects and derives images, in child processes that have limits."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cms_media.errors import ImagesBusy, ImageTooDemanding, UnreadableImage
from cms_media.images.facts import ImageFacts
from cms_media.images.variants import Cut
from cms_media.settings import Format, MediaSettings

_CHILD = Path(__file__).with_name("child.py")
#: Media type → who may decode it: nothing else is tried.
DECODED = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
_QUALITY: Mapping[Format, int] = {"jpeg": 82, "webp": 80, "avif": 60}
#: Seconds that somebody waits for a free process.
_PATIENCE = 10.0
#: How much longer than its processor time a task may take on a machine that is busy.
_LENIENCE = 4
_REASONS = {
    "passes": "its pixels are gone over more often than those of any photo",
    "pixels": "it has more pixels than CMS_MEDIA__MAX_PIXELS",
    "memory": "decoding it takes more memory than CMS_MEDIA__IMAGE_MEMORY_BYTES",
    "time": "decoding it takes longer than CMS_MEDIA__IMAGE_SECONDS",
}


class Studio:
    """Child processes for images: started when they are first needed, each with a task at a time.

    Without Pillow (`cms-media[images]`) it takes no image at all.
    """

    def __init__(self, settings: MediaSettings) -> None:
        self._limits = {
            "memory": settings.image_memory_bytes,
            "seconds": settings.image_seconds,
            "pixels": settings.max_pixels,
        }
        self._timeout = settings.image_seconds * _LENIENCE
        self._free = asyncio.Semaphore(settings.image_processes)
        self._idle: list[Process] = []
        #: Whether Pillow is installed.
        self.is_equipped = find_spec("PIL") is not None
        #: The most memory, in bytes, that a task has needed so far.
        self.peak = 0

    def takes(self, media_type: str) -> bool:
        """Whether images of that type can be inspected and derived here."""
        return self.is_equipped and media_type in DECODED

    async def inspect(self, path: Path, media_type: str) -> ImageFacts:
        """Decode an image. Raises `UnreadableImage`, `ImageTooDemanding` and `ImagesBusy`."""
        found, _ = await self._ask("inspect", path, media_type)
        return ImageFacts(found["width"], found["height"], found["color"], found["animated"])

    async def derive(self, path: Path, media_type: str, cut: Cut, format: Format) -> bytes:
        """Return a part of an image in another size and format, without metadata.

        Raises `UnreadableImage`, `ImageTooDemanding` and `ImagesBusy`.
        """
        wanted = {"box": cut.box, "size": cut.size, "format": format.upper()}
        _, content = await self._ask("derive", path, media_type, **wanted, quality=_QUALITY[format])
        return content

    async def close(self) -> None:
        """Let the processes end."""
        while self._idle:
            await _end(self._idle.pop())

    async def _ask(
        self, task: str, path: Path, media_type: str, **wanted: object
    ) -> tuple[dict[str, Any], bytes]:
        request = {"task": task, "path": str(path), "decoder": DECODED[media_type]}
        try:
            await asyncio.wait_for(self._free.acquire(), _PATIENCE)
        except TimeoutError:
            raise ImagesBusy from None
        try:
            answer, content = await self._answered(request | self._limits | wanted)
        finally:
            self._free.release()
        self.peak = max(self.peak, answer["peak"])
        if reason := answer.get("refused"):
            if reason in _REASONS:
                raise ImageTooDemanding(_REASONS[reason])
            raise UnreadableImage
        return answer, content

    async def _answered(self, request: dict[str, object]) -> tuple[dict[str, Any], bytes]:
        process = await self._ready()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await _exchange(process, request)
        except (TimeoutError, EOFError, OSError) as error:
            await _end(process)
            raise ImagesBusy from error
        except BaseException:  # who asked is gone: the answer would be taken for that of another
            process.kill()
            raise
        self._idle.append(process)
        return answer

    async def _ready(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return await _start()


async def _start() -> Process:
    # Isolated: nothing of where the CMS was started from, or of its environment, is imported.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_CHILD), stdin=PIPE, stdout=PIPE
    )


async def _exchange(process: Process, request: dict[str, object]) -> tuple[dict[str, Any], bytes]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(request).encode() + b"\n")
    await process.stdin.drain()
    answer: dict[str, Any] = json.loads(await process.stdout.readuntil(b"\n"))
    return answer, await process.stdout.readexactly(answer["length"])


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
