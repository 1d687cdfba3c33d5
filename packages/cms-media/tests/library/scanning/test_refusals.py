"""Files are scanned whichever way they come in; what is found is not kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient, Response
from structlog.testing import capture_logs

from cms_core import CMS
from cms_core.health import examine

from ..resumable.sending import MEDIA, PIECE, TUS, UPLOADS, metadata, send
from .daemon import EICAR, SIGNATURE, Daemon, saying

if TYPE_CHECKING:
    from tests.library.conftest import Upload

Stored = Callable[[], Awaitable[dict[str, int]]]
Way = Callable[[AsyncClient, bytes], Awaitable[Response]]


async def by_form(client: AsyncClient, content: bytes) -> Response:
    return await client.post(MEDIA, files={"file": ("a.txt", content)})


async def by_put(client: AsyncClient, content: bytes) -> Response:
    return await client.put(f"{MEDIA}/{uuid4()}/a.txt", content=content)


async def begun(client: AsyncClient, content: bytes) -> str:
    said = metadata(filename="a.txt")
    headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": said}
    return str((await client.post(UPLOADS, headers=headers)).headers["location"])


async def in_pieces(client: AsyncClient, content: bytes) -> Response:
    url = await begun(client, content)
    await send(client, url, 0, content[:9])
    answer: Response = await send(client, url, 9, content[9:])
    return answer


async def at_once(client: AsyncClient, content: bytes) -> Response:
    said = metadata(filename="a.txt")
    headers = PIECE | {"Upload-Length": str(len(content)), "Upload-Metadata": said}
    return await client.post(UPLOADS, headers=headers, content=content)


every_way = pytest.mark.parametrize("way", [by_form, by_put, in_pieces, at_once])


@pytest.fixture
async def media_settings(daemon: Daemon) -> dict[str, Any]:
    return {"clamd_url": await daemon.listen()}


@every_way
async def test_a_clean_file_is_kept(ada: AsyncClient, daemon: Daemon, way: Way) -> None:
    assert (await way(ada, b"Words, and more words.")).status_code in (201, 204)

    assert [b"".join(each) for each in daemon.scanned] == [b"Words, and more words."]
    assert len((await ada.get(MEDIA)).json()["items"]) == 1


@every_way
async def test_an_infected_file_is_refused_and_not_kept(
    ada: AsyncClient, stored: Stored, way: Way
) -> None:
    with capture_logs() as lines:
        answer = await way(ada, b"Words, and " + EICAR)

    assert (answer.status_code, answer.json()["code"]) == (422, "unwanted-file")
    assert answer.json()["detail"] == f"clamd found {SIGNATURE}."
    assert await stored() == {}
    assert (await ada.get(MEDIA)).json()["items"] == []
    found = {"scanner": "clamd", "found": SIGNATURE, "log_level": "warning"}
    assert {"event": "upload_refused", **found} in lines


@every_way
async def test_a_file_that_clamd_finds_too_large_is_refused(
    ada: AsyncClient, stored: Stored, daemon: Daemon, way: Way
) -> None:
    daemon.limit = 20

    answer = await way(ada, b"Words, and more words.")

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large-to-scan")
    assert await stored() == {}


@pytest.mark.parametrize("way", [by_form, by_put])
async def test_without_clamd_nothing_is_taken(
    ada: AsyncClient, stored: Stored, daemon: Daemon, way: Way
) -> None:
    await daemon.stop()

    answer = await way(ada, b"Words")

    assert (answer.status_code, answer.json()["code"]) == (503, "scanner-unavailable")
    assert "retry-after" in answer.headers
    assert await stored() == {}


async def test_why_clamd_fails_is_for_the_log_alone(ada: AsyncClient, daemon: Daemon) -> None:
    daemon.talk = saying(b"stream: /tmp/clamav-1: Can't open file ERROR\0")

    with capture_logs() as lines:
        answer = await by_form(ada, b"Words")

    assert answer.json()["code"] == "scanner-unavailable"
    assert "clamav-1" not in answer.text
    (line,) = [each for each in lines if each["event"] == "scan_failed"]
    assert line["scanner"] == "clamd"
    assert "/tmp/clamav-1: Can't open file" in line["reason"]


async def test_an_infected_upload_is_ended(ada: AsyncClient) -> None:
    url = await begun(ada, EICAR)

    await send(ada, url, 0, EICAR)

    assert (await ada.head(url, headers=TUS)).status_code == 404


async def test_an_upload_waits_until_clamd_is_back(ada: AsyncClient, daemon: Daemon) -> None:
    url = await begun(ada, b"Words")
    daemon.talk = saying(b"stream: Can't allocate memory ERROR\0")
    refused = await send(ada, url, 0, b"Words")
    assert (refused.status_code, refused.json()["code"]) == (503, "scanner-unavailable")

    daemon.talk = daemon.obey
    finished = await send(ada, url, 5, b"")

    assert (await ada.get(finished.headers["media-location"])).json()["size"] == 5


async def test_what_is_found_only_now_is_refused_and_the_file_that_has_it_stays(
    ada: AsyncClient, upload: Upload, daemon: Daemon
) -> None:
    made = await upload(b"Words", "a.txt")
    daemon.talk = saying(b"stream: New-Signature FOUND\0")

    answer = await by_form(ada, b"Words")

    assert (answer.status_code, answer.json()["code"]) == (422, "unwanted-file")
    assert (await ada.get(made["signed_url"])).content == b"Words"


async def test_readiness_tells_when_clamd_is_gone(cms_app: CMS, daemon: Daemon) -> None:
    (check,) = [each for each in cms_app.contributions.health_checks if each.name == "clamd"]
    assert await examine([check]) == {}

    await daemon.stop()

    assert (await examine([check]))[check].startswith("The virus scanner")
    assert not check.critical
