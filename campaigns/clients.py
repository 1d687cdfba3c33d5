"""Clients of the API in this process, and the database's clock beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from httpx2 import ASGITransport, AsyncClient

from campaigns.planting import AUTHOR
from cms_core import CMS, Principal
from cms_core.api import create_api
from cms_core.db.clock import read_clock
from cms_core.testing.testkit import TestAuthenticator


@asynccontextmanager
async def serving(cms: CMS) -> AsyncIterator[AsyncClient]:
    """Start the API and yield a client of it, signed in as the author of all posts."""
    app = create_api(cms)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(
            transport=ASGITransport(app),
            base_url="http://test",
            headers=_sign_in(cms),
            timeout=60,
        ) as client,
    ):
        yield client


def _sign_in(cms: CMS) -> dict[str, str]:
    found = cms.contributions.authenticators
    authenticator = next(each for each in found if isinstance(each, TestAuthenticator))
    return authenticator.sign_in(
        Principal(AUTHOR, "admin", frozenset(cms.contributions.permissions))
    )


@dataclass(frozen=True, slots=True)
class Clock:
    """The database's clock, read on connections of its own."""

    cms: CMS
    #: What the clock showed when the event loop's showed `at`.
    now: datetime
    at: float
    #: As many as there are connections.
    room: asyncio.Semaphore

    async def read(self) -> datetime:
        """The present moment."""
        async with self.room, self.cms.db.snapshot() as session:
            return await read_clock(session)

    async def sleep_until(self, moment: datetime) -> None:
        """Sleep until about that moment, not at all when it is over."""
        loop = asyncio.get_running_loop()
        passed = timedelta(seconds=loop.time() - self.at)
        await asyncio.sleep(max((moment - self.now - passed).total_seconds(), 0))


async def start_clock(cms: CMS) -> Clock:
    """Return the clock of this database."""
    async with cms.db.snapshot() as session:
        now = await read_clock(session)
    return Clock(cms, now, asyncio.get_running_loop().time(), asyncio.Semaphore(5))
