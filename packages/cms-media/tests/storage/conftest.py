"""Every test runs on a folder and on a real S3 server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cms_media.storage import Storage, open_storage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the local storage."""
    path = tmp_path / "uploads"
    path.mkdir()
    return path


@pytest.fixture
def local_url(folder: Path) -> str:
    return f"file:{folder}"


@pytest.fixture(params=["local", "s3"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def storage(url: str, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = open_storage(url, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def local(local_url: str, tmp_path: Path) -> Storage:
    return open_storage(local_url, tmp_path)


@pytest.fixture
def s3(s3_url: str, tmp_path: Path) -> Storage:
    return open_storage(s3_url, tmp_path)
