"""A worker that hears of nothing until it looks by itself: what remains when hints are lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from cms_core import Settings, build_cms
from cms_core.db.wakeups import Wakeups
from cms_core.testing.plugins import plugins_of
from cms_core.worker import Worker


class Deaf(Wakeups):
    """Hints that never arrive."""

    @asynccontextmanager
    async def listening(self, ring: Callable[[], None]) -> AsyncIterator[None]:
        yield


async def work(settings: Settings) -> None:
    """Run the jobs until SIGTERM."""
    cms, stop = build_cms(settings, plugins_of(["posts", "scheduler"])), asyncio.Event()
    cms.db.wakeups = Deaf(cms.db.writer, cms.db.reader)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    try:
        await Worker(cms).run(stop)
    finally:
        await cms.close()


if __name__ == "__main__":
    folder = Path(os.environ["CMS_DATA"])
    asyncio.run(work(Settings(data=folder, database_url=os.environ["CMS_DATABASE_URL"])))
