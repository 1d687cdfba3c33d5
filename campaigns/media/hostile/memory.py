"""How much memory an API process and those that decode images for it have needed."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from campaigns.processes import FORK
from cms_core import CMS
from cms_media.images import studio

#: Seconds between two looks: what needs a lot of memory takes longer than that.
_EVERY = 0.02
_MOST = re.compile(r"VmHWM:\s+(\d+) kB")
_PROCESSES = Path("/proc")


class Memory:
    """The most that was seen, in bytes: by decoders themselves, and from outside."""

    def __init__(self) -> None:
        self._api = FORK.RawValue("i", 0)
        self._told = FORK.RawValue("q", 0)
        self._decoders = self._own = 0

    def attend(self, cms: CMS) -> None:
        """Note in this process, which is an API's, what its decoders tell."""
        self._api.value = os.getpid()
        exchange = studio._exchange

        async def exchange_and_note(*arguments: Any) -> Any:
            answer, content = await exchange(*arguments)
            self._told.value = max(self._told.value, answer["peak"])
            return answer, content

        patch.object(studio, "_exchange", exchange_and_note).start()

    @property
    def told(self) -> int:
        """What a decoder has said that it needed."""
        return int(self._told.value)

    @property
    def decoders(self) -> int:
        """What a decoder was seen to have."""
        return self._decoders

    @property
    def api(self) -> int:
        """What the API process was seen to have."""
        return self._own

    async def watch(self) -> None:
        """Look again and again, until this is cancelled."""
        while True:
            api = int(self._api.value)
            self._own = max(self._own, _most_of(api))
            self._decoders = max([self._decoders, *map(_most_of, _descendants(api))])
            await asyncio.sleep(_EVERY)


def _descendants(process: int) -> Iterator[int]:
    for child in _read(process, f"task/{process}/children").split():
        yield int(child)
        yield from _descendants(int(child))


def _most_of(process: int) -> int:
    found = _MOST.search(_read(process, "status"))
    return 1024 * int(found[1]) if found else 0


def _read(process: int, name: str) -> str:
    try:
        return (_PROCESSES / str(process) / name).read_text()
    except OSError:
        return ""  # it has ended
