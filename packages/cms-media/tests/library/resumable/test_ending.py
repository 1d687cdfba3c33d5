"""Uploads end before they are whole: on request, or in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from httpx2 import AsyncClient
from sqlalchemy import update

from cms_core import CMS
from cms_media.models import MediaUpload
from cms_media.service.keeping import sweep
from cms_media.workshop import workshop_of

from .sending import TUS, WORDS, Begin, Stored, offset_of, send

if TYPE_CHECKING:
    from cms_core.testing.drivers import WorkerDriver


async def expire(cms: CMS, url: str) -> None:
    past = MediaUpload.created_at  # not after the clock of any database
    changed = update(MediaUpload).where(MediaUpload.id == UUID(url.rpartition("/")[2]))
    async with cms.db.transaction() as session:
        await session.execute(changed.values(expires_at=past))


async def test_an_ended_upload_is_gone_with_its_pieces(
    ada: AsyncClient, begin: Begin, stored: Stored
) -> None:
    url = await begin()
    await send(ada, url, 0, WORDS[:1000])

    answer = await ada.delete(url, headers=TUS)

    assert (answer.status_code, await stored()) == (204, {})
    assert (await send(ada, url, 1000, b"more")).status_code == 404


async def test_the_file_stays_when_its_upload_is_ended(ada: AsyncClient, begin: Begin) -> None:
    url = await begin()
    made = (await send(ada, url, 0, WORDS)).headers["media-location"]

    await ada.delete(url, headers=TUS)

    assert (await ada.get(made)).status_code == 200


async def test_an_expired_upload_is_gone_and_the_worker_takes_its_pieces(
    ada: AsyncClient,
    begin: Begin,
    cms_app: CMS,
    stored: Stored,
    cms_worker: WorkerDriver,
) -> None:
    old, fresh = await begin(), await begin()
    await send(ada, old, 0, WORDS[:1000])
    await send(ada, fresh, 0, WORDS[:500])
    await expire(cms_app, old)

    assert (await ada.head(old, headers=TUS)).status_code == 404
    assert (await send(ada, old, 1000, b"more")).status_code == 404
    await cms_worker.run("media:uploads")

    assert list((await stored()).values()) == [500]
    assert await offset_of(ada, fresh) == 500


async def test_pieces_of_uploads_are_no_orphans(
    ada: AsyncClient, begin: Begin, cms_app: CMS, stored: Stored
) -> None:
    async def words() -> AsyncIterator[bytes]:
        yield b"Words"

    url = await begin()
    await send(ada, url, 0, WORDS[:1000])
    await workshop_of(cms_app).storage.put(f"parts/aa/{uuid4().hex}", words())

    swept = await sweep(cms_app, workshop_of(cms_app).storage, timedelta())

    assert (swept.orphans, swept.bytes) == (1, 5)
    assert list((await stored()).values()) == [1000]
