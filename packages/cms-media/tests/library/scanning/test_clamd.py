"""clamd gets every byte, and only its own word makes a file a clean one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import ValidationError

from cms_media.clamd import Clamd
from cms_media.errors import ScannerUnavailable, TooLargeToScan
from cms_media.settings import MediaSettings
from cms_media.storage import StorageUnavailable

from .daemon import (
    EICAR,
    SIGNATURE,
    Daemon,
    Talk,
    doing_nothing,
    hanging_up,
    reading_only,
    saying,
    saying_early,
)

#: More than the buffers of sockets hold.
LARGE = b"Words, and more words.\n" * 1_000_000


@pytest.fixture(params=["tcp", "unix"])
async def clamd(request: pytest.FixtureRequest, daemon: Daemon, tmp_path: Path) -> Clamd:
    """What speaks with the daemon, over a socket of each kind."""
    return Clamd(await daemon.listen(tmp_path / "clamd" if request.param == "unix" else None))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits longer than a moment."""
    monkeypatch.setattr("cms_media.clamd._PATIENCE", 0.2)
    monkeypatch.setattr("cms_media.clamd._CONNECTING", 0.2)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def test_a_file_arrives_as_it_is_and_is_clean(clamd: Clamd, daemon: Daemon) -> None:
    parts = [b"Words", b"", bytes(range(256)) * 1000, b"\0"]

    assert await clamd.scan(chunks(*parts)) is None

    ((*arrived,),) = daemon.scanned
    assert b"".join(arrived) == b"".join(parts)
    assert max(map(len, arrived)) == 64 * 1024


async def test_what_is_found_is_told_by_its_name(clamd: Clamd) -> None:
    assert await clamd.scan(chunks(b"Words" + EICAR[:20], EICAR[20:])) == SIGNATURE


async def test_a_file_longer_than_clamd_takes_is_sent_no_further(
    clamd: Clamd, daemon: Daemon
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"a" * 65536

    with pytest.raises(TooLargeToScan):
        await clamd.scan(endless())


@pytest.mark.parametrize(
    "talk",
    [
        saying(b"stream: Can't allocate memory ERROR\0"),
        saying(b"UNKNOWN COMMAND\0"),
        saying(b"OK\0"),
        saying(b"\0"),
        saying(b""),
        saying(b"stream: OK"),
        saying(b"a" * 200_000),
        saying_early(b"stream: OK\0"),
        hanging_up(after=0),
        hanging_up(after=100_000),
    ],
)
async def test_without_a_verdict_no_file_is_clean(clamd: Clamd, daemon: Daemon, talk: Talk) -> None:
    daemon.talk = talk

    with pytest.raises(ScannerUnavailable):
        await clamd.scan(chunks(*[LARGE[:250_000]] * 90))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("talk", [reading_only, doing_nothing])
async def test_nobody_waits_for_ever(clamd: Clamd, daemon: Daemon, talk: Talk) -> None:
    daemon.talk = talk

    async with asyncio.timeout(5):
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(chunks(LARGE))


@pytest.mark.usefixtures("impatient")
async def test_nobody_waits_for_ever_to_be_let_in() -> None:
    with ExitStack() as stack:
        crowded = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):  # they fill its queue
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(crowded.getsockname())

        async with asyncio.timeout(5):
            with pytest.raises(ScannerUnavailable):
                await Clamd(f"tcp://127.0.0.1:{crowded.getsockname()[1]}").scan(chunks(b"Words"))


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:1", "tcp://nowhere.invalid:3310", "unix:///none"])
async def test_where_no_clamd_is_no_file_is_clean(url: str) -> None:
    with pytest.raises(ScannerUnavailable):
        await Clamd(url).scan(chunks(b"Words"))


async def test_a_file_that_breaks_off_gets_no_verdict(clamd: Clamd, daemon: Daemon) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"Words"
        raise StorageUnavailable

    with pytest.raises(StorageUnavailable):
        await clamd.scan(broken())
    await asyncio.sleep(0.1)

    assert (daemon.scanned, daemon.left) == ([], 1)


async def test_who_leaves_hangs_up(clamd: Clamd, daemon: Daemon) -> None:
    daemon.talk = reading_only
    scanning = asyncio.create_task(clamd.scan(chunks(LARGE)))
    await asyncio.sleep(0.1)

    scanning.cancel()
    await asyncio.gather(scanning, return_exceptions=True)
    await asyncio.sleep(0.1)

    assert daemon.left == 1


async def test_a_ping_is_answered_by_a_clamd_that_is_well(clamd: Clamd, daemon: Daemon) -> None:
    await clamd.ping()

    daemon.talk = saying_early(b"stream: OK\0")
    with pytest.raises(ScannerUnavailable):
        await clamd.ping()


@pytest.mark.parametrize(
    "url", ["tcp://127.0.0.1:3310", "tcp://clamd:3310", "tcp://[::1]:3310", "unix:///run/clamd.ctl"]
)
def test_addresses_of_sockets_are_accepted(url: str) -> None:
    assert MediaSettings(clamd_url=url).clamd_url == url


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:3310",
        "tcp://clamd",
        "tcp://:3310",
        "tcp://clamd:0",
        "tcp://clamd:65536",
        "tcp://clamd:port",
        "tcp://clamd..example:3310",
        "tcp://somebody@clamd:3310",
        "tcp://clamd:3310/",
        "tcp://clamd:3310\n",
        "http://clamd:3310",
        "unix:run/clamd.ctl",
        "unix://clamd.ctl",
        "unix:///",
    ],
)
def test_other_addresses_are_faults_of_the_configuration(url: str) -> None:
    with pytest.raises(ValidationError, match="must be tcp://HOST:PORT or unix:///PATH"):
        MediaSettings(clamd_url=url)
