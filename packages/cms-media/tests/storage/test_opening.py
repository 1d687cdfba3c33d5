import subprocess
import sys
from pathlib import Path

import pytest

from cms_media.storage import Storage, open_storage

from .streams import KEY


@pytest.mark.parametrize("url", ["file:/srv/media", "file:///srv/media"])
def test_a_folder_is_opened(url: str, tmp_path: Path) -> None:
    assert open_storage(url, tmp_path).local_path(KEY) == Path("/srv/media", KEY)


def test_without_an_address_uploads_are_in_the_data_folder(tmp_path: Path) -> None:
    assert open_storage("", tmp_path).local_path(KEY) == tmp_path / "uploads" / KEY


@pytest.mark.parametrize("url", ["ftp://host/x", "/srv/media", "file:", "s3:", "s3://b/../x"])
def test_another_address_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no storage at"):
        open_storage(url, tmp_path)


async def test_a_storage_that_works_has_no_fault(storage: Storage) -> None:
    assert await storage.check() is None


async def test_the_check_leaves_no_object(storage: Storage) -> None:
    await storage.check()

    assert [stored async for stored in storage.objects()] == []


def test_a_folder_needs_no_s3_client() -> None:
    lines = "import sys, cms_media.storage; print('obstore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
