import os
from datetime import UTC, datetime, timedelta

import pytest

from cms_media.storage import ObjectMissing, Storage, StorageUnavailable

from .streams import KEY, MIB, content, keys, stream


@pytest.mark.parametrize("size", [0, 1, MIB, 8 * MIB, 20 * MIB + 1])
async def test_what_was_stored_is_read(storage: Storage, size: int) -> None:
    data = os.urandom(size)

    await storage.put(KEY, stream(*(data[at : at + 100_000] for at in range(0, size, 100_000))))

    assert await content(storage) == data
    assert await storage.size(KEY) == size


async def test_a_reader_gets_at_most_256_kib_at_a_time(storage: Storage) -> None:
    await storage.put(KEY, stream(b"x" * MIB))

    assert {len(piece) async for piece in storage.read(KEY)} == {256 * 1024}


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, 3, b"012"),
        (2, 5, b"23456"),
        (7, None, b"789"),
        (9, 1, b"9"),
        (0, 10, b"0123456789"),
        (4, 0, b""),
        (10, None, b""),
    ],
)
async def test_a_range_is_read(
    storage: Storage, start: int, length: int | None, expected: bytes
) -> None:
    await storage.put(KEY, stream(b"0123456789"))

    assert await content(storage, start, length) == expected


async def test_a_long_range_is_read_whole(storage: Storage) -> None:
    data = os.urandom(10 * MIB)
    await storage.put(KEY, stream(data))

    assert await content(storage, 1, 9 * MIB) == data[1 : 9 * MIB + 1]


@pytest.mark.parametrize(("start", "length"), [(0, 11), (5, 10), (20, 1)])
async def test_an_object_that_ends_early_is_told(storage: Storage, start: int, length: int) -> None:
    await storage.put(KEY, stream(b"0123456789"))

    with pytest.raises(StorageUnavailable):
        await content(storage, start, length)


@pytest.mark.parametrize("length", [None, 0, 5])
async def test_a_missing_object_is_not_read(storage: Storage, length: int | None) -> None:
    with pytest.raises(ObjectMissing):
        await content(storage, 0, length)


async def test_a_missing_object_has_no_size(storage: Storage) -> None:
    assert await storage.size(KEY) is None


async def test_a_deleted_object_is_gone(storage: Storage) -> None:
    await storage.put(KEY, stream(b"x"))

    await storage.delete(KEY)

    assert await storage.size(KEY) is None


async def test_a_missing_object_can_be_deleted(storage: Storage) -> None:
    await storage.delete(KEY)


async def test_a_reader_may_leave_early(storage: Storage) -> None:
    await storage.put(KEY, stream(b"x" * MIB))
    pieces = storage.read(KEY)

    async for _ in pieces:
        break

    await storage.delete(KEY)


async def test_objects_are_listed(storage: Storage) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    await storage.put("cd/cdef", stream(b"123"))

    (stored,) = [stored async for stored in storage.objects()]

    assert (stored.key, stored.size) == ("cd/cdef", 3)
    assert before <= stored.modified <= datetime.now(UTC) + timedelta(seconds=2)


@pytest.mark.parametrize("prefix", ["ab", "ab/"])
async def test_objects_below_a_folder_are_listed(storage: Storage, prefix: str) -> None:
    for key in ("ab/1", "ab/deep/2", "abc/3", "cd/4"):
        await storage.put(key, stream(b"x"))

    assert await keys(storage, prefix) == ["ab/1", "ab/deep/2"]


async def test_an_empty_storage_has_no_objects(storage: Storage) -> None:
    assert await keys(storage) == await keys(storage, "ab") == []
