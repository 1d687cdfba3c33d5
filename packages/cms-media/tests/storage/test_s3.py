import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from moto.server import ThreadedMotoServer

from cms_media.storage import Storage, StorageUnavailable, open_storage

from .streams import KEY, content, keys, noise, stream


@pytest.fixture
def stopped(s3_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Storage:
    """A storage whose server has stopped."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*server.get_host_and_port()))
    server.stop()
    return open_storage(s3_url, tmp_path)


@pytest.fixture
def silent(s3_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Storage]:
    """A storage whose server accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:  # the system accepts for it
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield open_storage(s3_url, tmp_path)


async def test_a_stopped_server_is_told_soon(stopped: Storage) -> None:
    begun = time.monotonic()

    for use in (
        stopped.put(KEY, stream(b"x")),
        stopped.put(KEY, noise(20)),
        content(stopped),
        stopped.size(KEY),
        stopped.delete(KEY),
        keys(stopped),
        stopped.abandon(timedelta(0), dry_run=True),
    ):
        with pytest.raises(StorageUnavailable):
            await use

    assert time.monotonic() - begun < 15


async def test_a_stopped_server_is_seen_by_the_check(stopped: Storage) -> None:
    reason = await stopped.check()

    assert reason
    assert "127.0.0.1" not in reason


async def test_a_silent_server_is_given_up(silent: Storage) -> None:
    begun = time.monotonic()

    with pytest.raises(StorageUnavailable):
        await silent.put(KEY, noise(20))

    assert time.monotonic() - begun < 25


async def test_a_missing_bucket_is_told(s3_url: str, tmp_path: Path) -> None:
    storage = open_storage("s3://nowhere", tmp_path)

    assert await storage.check() == "NoSuchBucket"
    with pytest.raises(StorageUnavailable):
        await storage.put(KEY, stream(b"x"))


async def test_an_object_is_fetched_from_its_address(s3: Storage) -> None:
    await s3.put(KEY, stream(b"0123456789"))
    disposition = "attachment; filename*=UTF-8''a%20b.txt"

    url = await s3.signed_url(KEY, 60, "text/plain; charset=utf-8", disposition)

    assert url is not None
    answer = httpx2.get(url)
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == disposition


async def test_without_keys_of_its_own_it_gives_no_addresses(
    s3_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    assert await open_storage(s3_url, tmp_path).signed_url(KEY, 60, "text/plain", "inline") is None


async def test_a_bucket_may_be_shared(s3_url: str, s3: Storage, tmp_path: Path) -> None:
    other = open_storage(s3_url.replace("site/media", "other"), tmp_path)
    await other.put(KEY, stream(b"x"))

    assert await keys(s3) == []


async def test_a_whole_bucket_may_be_ours(s3_url: str, tmp_path: Path) -> None:
    storage = open_storage(s3_url.replace("/site/media", ""), tmp_path)
    await storage.put(KEY, stream(b"x"))

    assert await keys(storage) == [KEY]


async def test_an_object_in_s3_has_no_path(s3: Storage) -> None:
    assert s3.local_path(KEY) is None


def test_half_a_key_is_refused(
    s3_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    with pytest.raises(ValueError, match="Missing SecretAccessKey"):
        open_storage(s3_url, tmp_path)
