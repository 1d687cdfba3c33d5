"""Does everything once in the process that workers are forked from, so that they start warm."""

from __future__ import annotations

import asyncio

from campaigns.planting import plant
from cms_core import CMS
from cms_core.worker import Worker

#: Posts of a moment that is over before anything else happens: a batch, and single ones.
POSTS = 60


async def preload(cms: CMS) -> None:
    """Publish some posts that nobody counts; no connection stays open.

    A worker that is forked afterwards finds its statements compiled, and begins to work in
    milliseconds: without, those who are killed five times a second would mostly be starting.
    """
    for posts in (POSTS, 1):
        await plant(cms, [0.0] * posts, lead=-1.0)
        await Worker(cms).run_once()
    await cms.close()
    if cms.db._writing is not None:
        cms.db._writing = asyncio.Lock()  # one that was waited for belongs to this event loop
