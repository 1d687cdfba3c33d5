"""What is stored belongs to files, and is what was uploaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from httpx2 import AsyncClient

from cms_core import CMS
from cms_media.service.keeping import Swept, sweep, verify
from cms_media.workshop import workshop_of

if TYPE_CHECKING:
    from tests.library.conftest import Upload

    from cms_core.testing.drivers import WorkerDriver

MEDIA = "/api/v1/admin/media"
NOW = timedelta()
Stored = Callable[[], Awaitable[dict[str, int]]]


async def words(text: bytes) -> AsyncIterator[bytes]:
    yield text


async def test_the_bytes_of_a_deleted_file_go_with_the_last_that_had_them(
    ada: AsyncClient, upload: Upload, stored: Stored, cms_worker: WorkerDriver
) -> None:
    first, second = await upload(), await upload()

    await ada.delete(f"{MEDIA}/{first['id']}")
    await cms_worker.run("core:outbox")
    assert len(await stored()) == 1

    await ada.delete(f"{MEDIA}/{second['id']}")
    await cms_worker.run("core:outbox")
    assert await stored() == {}


async def test_orphans_are_swept_and_nothing_else(
    cms_app: CMS, upload: Upload, stored: Stored
) -> None:
    await upload()
    before = await stored()
    await workshop_of(cms_app).storage.put("files/aa/orphan", words(b"Words"))

    swept = await sweep(cms_app, workshop_of(cms_app).storage, NOW)

    assert swept == Swept(orphans=1, bytes=5)
    assert await stored() == before


async def test_a_dry_run_only_tells(cms_app: CMS, stored: Stored) -> None:
    await workshop_of(cms_app).storage.put("files/aa/orphan", words(b"Words"))

    swept = await sweep(cms_app, workshop_of(cms_app).storage, NOW, dry_run=True)

    assert swept.orphans == 1
    assert len(await stored()) == 1


async def test_what_was_just_stored_is_left_alone(cms_app: CMS, stored: Stored) -> None:
    await workshop_of(cms_app).storage.put("files/aa/just-now", words(b"Words"))

    swept = await sweep(cms_app, workshop_of(cms_app).storage, timedelta(hours=1))

    assert swept.orphans == 0
    assert len(await stored()) == 1


async def test_missing_and_changed_bytes_are_found(
    cms_app: CMS, upload: Upload, stored: Stored
) -> None:
    await upload(b"One", "1.txt")
    await upload(b"Two", "2.txt")
    await upload(b"Three", "3.txt")
    storage, (first, second, _) = workshop_of(cms_app).storage, sorted(await stored())
    await storage.delete(first)
    await storage.delete(second)
    await storage.put(second, words(b"Else"))

    verdicts = {each.key: each.fault async for each in verify(cms_app, storage)}

    assert sorted(str(fault) for fault in verdicts.values()) == ["None", "changed", "missing"]
    assert (verdicts[first], verdicts[second]) == ("missing", "changed")


async def test_uploads_and_deletions_of_the_same_bytes_leave_nothing_dangling(
    ada: AsyncClient, cms_app: CMS, upload: Upload, stored: Stored, cms_worker: WorkerDriver
) -> None:
    async def come_and_go() -> None:
        made = await upload(b"The same words", "words.txt")
        assert (await ada.delete(f"{MEDIA}/{made['id']}")).status_code == 204

    kept = await upload(b"The same words", "words.txt")
    await asyncio.gather(*(come_and_go() for _ in range(12)))
    await asyncio.gather(ada.delete(f"{MEDIA}/{kept['id']}"), upload(b"The same words", "w.txt"))
    await cms_worker.run("core:outbox")

    verdicts = [each.fault async for each in verify(cms_app, workshop_of(cms_app).storage)]
    assert verdicts == [None]
    assert len(await stored()) == 1
