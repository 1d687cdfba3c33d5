import os
from pathlib import Path

import pytest

from cms_media.storage import Storage, StorageFull, StorageUnavailable

from .apart import run_apart
from .streams import KEY, MIB, content, keys, stream

FILL = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5 << 20, 5 << 20))
try:
    asyncio.run(storage.put("ab/abcdef", zeros(10)))
except Exception as error:
    print(type(error).__name__)
"""


async def test_a_full_disk_is_told_and_leaves_nothing(
    local: Storage, local_url: str, folder: Path
) -> None:
    assert await run_apart(FILL, local_url) == StorageFull.__name__
    assert [path for path in folder.rglob("*") if path.is_file()] == []


async def test_a_folder_that_leads_elsewhere_is_not_followed(
    local: Storage, folder: Path, tmp_path: Path
) -> None:
    (folder / "ab").symlink_to(tmp_path)
    (tmp_path / "abcdef").write_bytes(b"secret")

    for use in (local.put(KEY, stream(b"x")), content(local), local.size(KEY), local.delete(KEY)):
        with pytest.raises(StorageUnavailable):
            await use

    assert (tmp_path / "abcdef").read_bytes() == b"secret"


async def test_a_file_that_leads_elsewhere_is_no_object(
    local: Storage, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "ab").mkdir()
    (folder / KEY).symlink_to(tmp_path / "secret")

    with pytest.raises(StorageUnavailable):
        await content(local)

    assert await keys(local) == []
    assert await local.size(KEY) is None


async def test_a_folder_that_is_gone_is_not_made_anew(local: Storage, folder: Path) -> None:
    folder.rmdir()

    with pytest.raises(StorageUnavailable):
        await local.put(KEY, stream(b"x"))

    assert not folder.exists()
    assert await local.check() == "No such file or directory"


async def test_a_deleted_object_is_read_to_its_end(local: Storage) -> None:
    await local.put(KEY, stream(b"x" * MIB))
    pieces = local.read(KEY)
    first = await anext(pieces)

    await local.delete(KEY)

    assert len(first) + sum([len(piece) async for piece in pieces]) == MIB


async def test_no_file_stays_open(local: Storage) -> None:
    before = set(os.listdir("/proc/self/fd"))
    await local.put(KEY, stream(b"x" * MIB))
    await anext(pieces := local.read(KEY))
    await pieces.aclose()

    assert set(os.listdir("/proc/self/fd")) <= before


async def test_what_is_no_key_is_not_listed(local: Storage, folder: Path) -> None:
    (folder / "lost+found").mkdir()
    (folder / ".keep").touch()

    assert await keys(local) == []


async def test_an_object_has_a_path(local: Storage, folder: Path) -> None:
    assert local.local_path(KEY) == folder / KEY


async def test_a_folder_gives_no_addresses(local: Storage) -> None:
    assert await local.signed_url(KEY, 60, "image/png", "inline") is None
