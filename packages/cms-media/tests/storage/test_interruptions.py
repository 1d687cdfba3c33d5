import asyncio
from datetime import timedelta

import pytest

from cms_media.storage import Storage

from .streams import KEY, Interrupted, interrupted, keys, stalled, unfinished

#: Within the first part of an S3 upload, and after it.
SIZES = [1, 30]


@pytest.mark.parametrize("megabytes", SIZES)
async def test_an_interrupted_upload_leaves_nothing(storage: Storage, megabytes: int) -> None:
    with pytest.raises(Interrupted):
        await storage.put(KEY, interrupted(megabytes))

    assert await keys(storage) == []
    assert await unfinished(storage) == 0


@pytest.mark.parametrize("megabytes", SIZES)
async def test_a_cancelled_upload_leaves_nothing(storage: Storage, megabytes: int) -> None:
    stall = asyncio.Event()
    upload = asyncio.create_task(storage.put(KEY, stalled(megabytes, stall)))
    await stall.wait()
    upload.cancel()

    with pytest.raises(asyncio.CancelledError):
        await upload

    assert await keys(storage) == []
    assert await unfinished(storage) == 0


@pytest.mark.parametrize("seconds", [0.0, 0.003, 0.01, 0.03, 0.1, 0.3])
async def test_an_upload_that_is_cancelled_at_any_moment_is_whole_or_nothing(
    local: Storage, seconds: float
) -> None:
    with pytest.raises((TimeoutError, Interrupted)):
        async with asyncio.timeout(seconds):
            await local.put(KEY, interrupted(100))

    assert await keys(local) == []
    assert await unfinished(local) == 0


async def test_nothing_is_visible_before_the_end(storage: Storage) -> None:
    stall = asyncio.Event()
    upload = asyncio.create_task(storage.put(KEY, stalled(20, stall)))
    await stall.wait()

    assert await keys(storage) == []
    assert await storage.size(KEY) is None

    upload.cancel()
    await asyncio.wait({upload})


async def test_uploads_that_never_ended_are_counted_and_kept(storage: Storage) -> None:
    stall = asyncio.Event()
    upload = asyncio.create_task(storage.put(KEY, stalled(20, stall)))
    await stall.wait()

    assert [await unfinished(storage), await unfinished(storage)] == [1, 1]

    upload.cancel()
    await asyncio.wait({upload})


async def test_uploads_that_never_ended_are_ended(storage: Storage) -> None:
    stall = asyncio.Event()
    upload = asyncio.create_task(storage.put(KEY, stalled(20, stall)))
    await stall.wait()

    assert await storage.abandon(timedelta(0), dry_run=False) == 1
    assert await unfinished(storage) == 0

    upload.cancel()
    await asyncio.wait({upload})


async def test_younger_uploads_go_on(storage: Storage) -> None:
    stall = asyncio.Event()
    upload = asyncio.create_task(storage.put(KEY, stalled(20, stall)))
    await stall.wait()

    # The S3 server of the tests says of every upload that it began in 2010.
    assert await unfinished(storage, timedelta(days=365 * 100)) == 0

    upload.cancel()
    await asyncio.wait({upload})
