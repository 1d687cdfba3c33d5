"""Files come in pieces, by the tus protocol."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from sqlalchemy import update

from cms_core import CMS
from cms_core.serving import serve_api
from cms_media.models import MediaUpload
from cms_media.plugin import storage_of
from cms_media.service.assembling import Assembly
from cms_media.service.background import background_of
from cms_media.service.keeping import sweep

if TYPE_CHECKING:
    from tests.library.conftest import SignIn, Upload

    from cms_core.testing.drivers import WorkerDriver

MEDIA = "/api/v1/admin/media"
UPLOADS = f"{MEDIA}/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}
WORDS = b"Words, and more words.\n" * 100
Stored = Callable[[], Awaitable[dict[str, int]]]
Begin = Callable[..., Awaitable[str]]


def metadata(**values: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())


def checksum(content: bytes, algorithm: str = "sha256") -> dict[str, str]:
    digest = hashlib.new(algorithm, content).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode()}"}


async def send(client: AsyncClient, url: str, offset: int, content: Any, **more: str) -> Any:
    headers = PIECE | {"Upload-Offset": str(offset)} | more
    return await client.patch(url, content=content, headers=headers)


async def offset_of(client: AsyncClient, url: str) -> int:
    answer = await client.head(url, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


async def expire(cms: CMS, url: str) -> None:
    past = MediaUpload.created_at  # not after the clock of any database
    changed = update(MediaUpload).where(MediaUpload.id == UUID(url.rpartition("/")[2]))
    async with cms.db.transaction() as session:
        await session.execute(changed.values(expires_at=past))


@pytest.fixture
def begin(ada: AsyncClient) -> Begin:
    """``await begin(length, filename="a.txt")``: the address of an upload of Ada's."""

    async def begin(length: int = len(WORDS), **said: str) -> str:
        sent = metadata(**{"filename": "words.txt", **said})
        headers = TUS | {"Upload-Length": str(length), "Upload-Metadata": sent}
        answer = await ada.post(UPLOADS, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["location"])

    return begin


class TestBeginning:
    async def test_an_upload_begins_empty_and_says_until_when_it_is_there(
        self, ada: AsyncClient
    ) -> None:
        sent = metadata(filename="words.txt", filetype="text/plain", alt="Words") + ",isGood"
        headers = TUS | {"Upload-Length": "2300", "Upload-Metadata": sent}

        made = await ada.post(UPLOADS, headers=headers)
        head = await ada.head(made.headers["location"], headers=TUS)

        assert made.status_code == 201
        assert made.headers["location"].startswith(f"http://test{UPLOADS}/")
        assert made.headers["tus-resumable"] == head.headers["tus-resumable"] == "1.0.0"
        assert made.headers["upload-expires"] == head.headers["upload-expires"]
        assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("0", "2300")
        assert head.headers["upload-metadata"] == sent
        assert head.headers["cache-control"] == "no-store"

    async def test_the_first_piece_may_come_with_it(self, ada: AsyncClient) -> None:
        headers = PIECE | {"Upload-Length": str(len(WORDS))}

        made = await ada.post(UPLOADS, headers=headers, content=WORDS[:1000])

        assert (made.status_code, made.headers["upload-offset"]) == (201, "1000")
        assert await offset_of(ada, made.headers["location"]) == 1000

    async def test_a_whole_file_may_come_with_it(self, ada: AsyncClient, stored: Stored) -> None:
        sent = metadata(filename="words.txt")
        headers = PIECE | {"Upload-Length": str(len(WORDS)), "Upload-Metadata": sent}

        made = await ada.post(UPLOADS, headers=headers, content=WORDS)

        assert (await ada.get(made.headers["media-location"])).json()["size"] == len(WORDS)
        assert list((await stored()).values()) == [len(WORDS)]

    async def test_with_an_idempotency_key_it_begins_once(self, ada: AsyncClient) -> None:
        headers = TUS | {"Idempotency-Key": "once", "Upload-Length": "9"}

        first, again = [await ada.post(UPLOADS, headers=headers) for _ in range(2)]
        other = await ada.post(UPLOADS, headers=headers | {"Upload-Length": "8"})

        assert first.headers["location"] == again.headers["location"]
        assert again.headers["tus-resumable"] == "1.0.0"
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")

    @pytest.mark.parametrize(
        ("headers", "status", "code"),
        [
            ({"Upload-Length": "9", "Tus-Resumable": "0.2.2"}, 412, "upload-version-unsupported"),
            ({}, 400, "bad-upload-header"),
            ({"Upload-Defer-Length": "1"}, 400, "bad-upload-header"),
            ({"Upload-Length": "-1"}, 400, "bad-upload-header"),
            ({"Upload-Length": "0"}, 422, "empty-file"),
            ({"Upload-Length": "9", "Upload-Metadata": "alt ?"}, 400, "bad-upload-header"),
            ({"Upload-Length": "9", "Upload-Metadata": "alt /w=="}, 400, "bad-upload-header"),
            ({"Upload-Length": "9", "Upload-Metadata": "a YQ==,a YQ=="}, 400, "bad-upload-header"),
            ({"Upload-Length": "9", "Upload-Metadata": "folder Li4="}, 422, "invalid"),
            ({"Upload-Length": "9", "Upload-Checksum": "md5 YQ=="}, 400, "bad-upload-header"),
            ({"Upload-Length": str(3 * 1024**3)}, 413, "file-too-large"),
        ],
    )
    async def test_what_is_wrong_is_refused_at_once(
        self, ada: AsyncClient, headers: dict[str, str], status: int, code: str
    ) -> None:
        answer = await ada.post(UPLOADS, headers=TUS | headers)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"

    async def test_a_first_piece_that_is_refused_leaves_no_upload(
        self, ada: AsyncClient, stored: Stored
    ) -> None:
        headers = PIECE | {"Upload-Length": "10"} | checksum(b"other")

        answer = await ada.post(UPLOADS, headers=headers, content=b"words")

        assert (answer.status_code, answer.json()["status"]) == (460, 460)
        assert await stored() == {}


class TestPieces:
    async def test_pieces_become_a_file_with_what_was_said_of_it(
        self, ada: AsyncClient, begin: Begin, stored: Stored
    ) -> None:
        url = await begin(filename="Sea/Wörter.txt", alt="Words", folder="/2026/", title="W")

        first = await send(ada, url, 0, WORDS[:1000])
        nothing = await send(ada, url, 1000, b"")
        last = await send(ada, url, 1000, WORDS[1000:])

        assert [each.status_code for each in (first, nothing, last)] == [204, 204, 204]
        assert [each.headers["upload-offset"] for each in (first, nothing)] == ["1000", "1000"]
        made = (await ada.get(last.headers["media-location"])).json()
        assert (made["filename"], made["alt"], made["folder"]) == ("Wörter.txt", "Words", "2026")
        assert (await ada.get(made["signed_url"])).content == WORDS
        assert list((await stored()).values()) == [len(WORDS)]
        assert await offset_of(ada, url) == len(WORDS)

    async def test_many_megabytes_come_back_as_they_were(
        self, ada: AsyncClient, begin: Begin
    ) -> None:
        content = b"".join(f"Line {number}\n".encode() for number in range(2_000_000))
        url, size = await begin(len(content)), 9_000_000

        for start in range(0, len(content), size):
            last = await send(ada, url, start, content[start : start + size])

        made = (await ada.get(last.headers["media-location"])).json()
        back = await ada.get(made["signed_url"])
        assert hashlib.sha256(back.content).digest() == hashlib.sha256(content).digest()

    async def test_a_piece_for_another_place_is_refused(
        self, ada: AsyncClient, begin: Begin
    ) -> None:
        url = await begin()
        await send(ada, url, 0, WORDS[:1000])

        for offset in (0, 999, 1001):
            answer = await send(ada, url, offset, b"words")
            assert (answer.status_code, answer.json()["code"]) == (409, "upload-offset-conflict")
        assert await offset_of(ada, url) == 1000

    async def test_of_two_pieces_at_once_one_is_kept(
        self, ada: AsyncClient, begin: Begin, stored: Stored
    ) -> None:
        url = await begin()

        answers = await asyncio.gather(*(send(ada, url, 0, WORDS[:1000]) for _ in range(4)))

        assert sorted(each.status_code for each in answers) == [204, 409, 409, 409]
        assert list((await stored()).values()) == [1000]

    @pytest.mark.parametrize("announced", [True, False])
    async def test_more_than_was_announced_is_refused(
        self, ada: AsyncClient, begin: Begin, stored: Stored, announced: bool
    ) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            yield WORDS
            yield b"!"

        url = await begin()
        answer = await send(ada, url, 0, WORDS + b"!" if announced else chunks())

        assert (answer.status_code, answer.json()["code"]) == (413, "piece-too-large")
        assert await offset_of(ada, url) == 0
        assert await stored() == {}

    @pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
    async def test_a_piece_is_kept_only_if_it_is_what_its_checksum_says(
        self, ada: AsyncClient, begin: Begin, stored: Stored, algorithm: str
    ) -> None:
        url, piece = await begin(), WORDS[:1000]

        wrong = await send(ada, url, 0, piece, **checksum(b"other", algorithm))
        assert (wrong.status_code, wrong.json()["code"]) == (460, "checksum-mismatch")
        assert (await offset_of(ada, url), await stored()) == (0, {})

        right = await send(ada, url, 0, piece, **checksum(piece, algorithm))
        assert (right.status_code, right.headers["upload-offset"]) == (204, "1000")

    async def test_only_pieces_are_taken(self, ada: AsyncClient, begin: Begin) -> None:
        answer = await send(ada, await begin(), 0, WORDS, **{"Content-Type": "text/plain"})

        assert (answer.status_code, answer.json()["code"]) == (415, "wrong-piece-type")

    async def test_others_have_no_part_in_an_upload(
        self, ada: AsyncClient, begin: Begin, sign_in: SignIn
    ) -> None:
        url, editor = await begin(), await sign_in("editor", name="Eve")

        answers = [
            await editor.head(url, headers=TUS),
            await send(editor, url, 0, WORDS),
            await editor.delete(url, headers=TUS),
        ]

        assert [each.status_code for each in answers] == [404, 404, 404]
        assert await offset_of(ada, url) == 0


class TestFinishing:
    @pytest.fixture
    def media_settings(self) -> dict[str, Any]:
        return {"max_document_bytes": 1000, "quota_bytes": 3000}

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b"#!/bin/sh\nrm -rf /\n", 415, "unacceptable-file"),
            (WORDS[:1001], 413, "file-too-large"),
        ],
    )
    async def test_what_is_no_file_for_us_ends_its_upload(
        self, ada: AsyncClient, begin: Begin, stored: Stored, content: bytes, status: int, code: str
    ) -> None:
        url = await begin(len(content))
        await send(ada, url, 0, content[:10])

        answer = await send(ada, url, 10, content[10:])

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await ada.head(url, headers=TUS)).status_code == 404
        assert await stored() == {}

    async def test_a_quota_that_was_used_up_meanwhile_ends_it_too(
        self, ada: AsyncClient, begin: Begin, upload: Upload
    ) -> None:
        url = await begin(900)
        for number in range(3):
            await upload(WORDS[: 800 + number], "a.txt")

        answer = await send(ada, url, 0, WORDS[:900])

        assert (answer.status_code, answer.json()["code"]) == (507, "quota-exceeded")
        assert (await ada.head(url, headers=TUS)).status_code == 404

    async def test_uploads_under_way_count_on_the_quota(
        self, ada: AsyncClient, begin: Begin
    ) -> None:
        url = await begin(2000)

        headers = TUS | {"Upload-Length": "1001"}
        answer = await ada.post(UPLOADS, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (507, "quota-exceeded")

        await ada.delete(url, headers=TUS)
        assert (await ada.post(UPLOADS, headers=headers)).status_code == 201

    async def test_finished_twice_it_is_one_file(
        self, ada: AsyncClient, begin: Begin, cms_app: CMS, stored: Stored
    ) -> None:
        url = await begin(1000)
        await send(ada, url, 0, WORDS[:1000])
        last = await send(ada, url, 1000, b"")

        assert last.headers["media-location"].endswith(url.rpartition("/")[2])
        assert (await ada.get(MEDIA)).json()["items"][0]["size"] == 1000
        assert list((await stored()).values()) == [1000]

    async def test_several_who_finish_at_once_make_one_file(
        self,
        ada: AsyncClient,
        begin: Begin,
        cms_app: CMS,
        stored: Stored,
        cms_worker: WorkerDriver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def fail(*_: object) -> UUID:
            raise OSError("the server stops here")

        url = await begin(1000)
        with monkeypatch.context() as patched:
            patched.setattr(Assembly, "finish", fail)
            assert (await send(ada, url, 0, WORDS[:1000])).status_code == 500
        assert await offset_of(ada, url) == 1000

        answers = await asyncio.gather(*(send(ada, url, 1000, b"") for _ in range(4)))

        # Who finds the pieces gone before the file is there may be told to ask again.
        assert {each.status_code for each in answers} <= {204, 503}
        assert [each["size"] for each in (await ada.get(MEDIA)).json()["items"]] == [1000]
        assert list((await stored()).values()) == [1000]

    async def test_the_worker_finishes_what_a_stopped_server_has_left(
        self,
        ada: AsyncClient,
        begin: Begin,
        cms_app: CMS,
        cms_worker: WorkerDriver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def fail(*_: object) -> UUID:
            raise OSError("the server stops here")

        url = await begin(1000)
        with monkeypatch.context() as patched:
            patched.setattr(Assembly, "finish", fail)
            await send(ada, url, 0, WORDS[:1000])
        await cms_worker.run("media:uploads")
        assert (await ada.get(MEDIA)).json()["items"] == []

        monkeypatch.setattr("cms_media.service.expiry._WORKING", timedelta())
        await cms_worker.run("media:uploads")

        assert (await ada.get(MEDIA)).json()["items"][0]["size"] == 1000
        assert "media-location" in (await ada.head(url, headers=TUS)).headers


class TestEnding:
    async def test_an_ended_upload_is_gone_with_its_pieces(
        self, ada: AsyncClient, begin: Begin, stored: Stored
    ) -> None:
        url = await begin()
        await send(ada, url, 0, WORDS[:1000])

        answer = await ada.delete(url, headers=TUS)

        assert (answer.status_code, await stored()) == (204, {})
        assert (await send(ada, url, 1000, b"more")).status_code == 404

    async def test_the_file_stays_when_its_upload_is_ended(
        self, ada: AsyncClient, begin: Begin
    ) -> None:
        url = await begin()
        made = (await send(ada, url, 0, WORDS)).headers["media-location"]

        await ada.delete(url, headers=TUS)

        assert (await ada.get(made)).status_code == 200

    async def test_an_expired_upload_is_gone_and_the_worker_takes_its_pieces(
        self,
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
        self, ada: AsyncClient, begin: Begin, cms_app: CMS, stored: Stored
    ) -> None:
        async def words() -> AsyncIterator[bytes]:
            yield b"Words"

        url = await begin()
        await send(ada, url, 0, WORDS[:1000])
        await storage_of(cms_app).put(f"parts/aa/{uuid4().hex}", words())

        swept = await sweep(cms_app, storage_of(cms_app), timedelta())

        assert (swept.orphans, swept.bytes) == (1, 5)
        assert list((await stored()).values()) == [1000]


class TestBreaks:
    @pytest.fixture
    async def address(self, cms_app: CMS, cms_api: FastAPI) -> AsyncIterator[tuple[str, int]]:
        """Where a real server answers for the same CMS."""
        listener = socket.create_server(("127.0.0.1", 0))
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = serve_api(cms_api, cms_app.settings, listener, stop=stop, on_ready=ready.set)
        task = asyncio.create_task(serving)
        await ready.wait()
        yield listener.getsockname()
        stop.set()
        await task

    async def leave_amid(
        self, client: AsyncClient, address: tuple[str, int], url: str, offset: int, sent: bytes
    ) -> None:
        path = url.removeprefix("http://test")
        head = (
            f"PATCH {path} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"
            "Content-Type: application/offset+octet-stream\r\n"
            f"Authorization: {client.headers['Authorization']}\r\n"
            f"Upload-Offset: {offset}\r\nContent-Length: {len(sent) + 1}\r\n\r\n"
        )
        _, writer = await asyncio.open_connection(*address)
        writer.write(head.encode() + sent)
        await writer.drain()
        await asyncio.sleep(0.3)  # what the server has not read yet is lost with the connection
        writer.close()
        await writer.wait_closed()

    async def goes_on_after(self, client: AsyncClient, url: str, offset: int) -> int:
        for _ in range(200):
            if (kept := await offset_of(client, url)) > offset:
                return kept
            await asyncio.sleep(0.05)
        return offset

    @pytest.mark.parametrize("size", [1000, 20_000_000])
    async def test_what_arrived_before_a_break_is_kept_and_the_upload_goes_on(
        self, ada: AsyncClient, begin: Begin, address: tuple[str, int], size: int
    ) -> None:
        content = (b"Words, and more words.\n" * (size // 23 + 9))[: size + 100]
        url = await begin(len(content))

        await self.leave_amid(ada, address, url, 0, content[: size // 2])
        half = await self.goes_on_after(ada, url, 0)
        await self.leave_amid(ada, address, url, half, content[half:size])
        most = await self.goes_on_after(ada, url, half)
        assert 0 < half <= size // 2 < most <= size
        last = await send(ada, url, most, content[most:])

        made = (await ada.get(last.headers["media-location"])).json()
        back = (await ada.get(made["signed_url"])).content
        assert hashlib.sha256(back).digest() == hashlib.sha256(content).digest()

    async def test_a_cancelled_request_keeps_what_arrived(
        self, ada: AsyncClient, begin: Begin, cms_app: CMS
    ) -> None:
        arrived = asyncio.Event()

        async def chunks() -> AsyncIterator[bytes]:
            yield WORDS[:1000]
            arrived.set()
            await asyncio.sleep(60)

        url = await begin()
        sending = asyncio.create_task(send(ada, url, 0, chunks()))
        await arrived.wait()
        await asyncio.sleep(0.1)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await background_of(cms_app).settle()

        assert await offset_of(ada, url) == 1000

    async def test_a_broken_piece_with_a_checksum_is_not_kept(
        self, ada: AsyncClient, begin: Begin, cms_app: CMS, stored: Stored
    ) -> None:
        async def chunks() -> AsyncIterator[bytes]:
            yield WORDS[:1000]
            await asyncio.sleep(60)

        url = await begin()
        sending = asyncio.create_task(send(ada, url, 0, chunks(), **checksum(WORDS)))
        await asyncio.sleep(0.3)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await background_of(cms_app).settle()

        assert (await offset_of(ada, url), await stored()) == (0, {})
