"""Files come in: as forms, and as plain bytes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from httpx2 import AsyncClient

if TYPE_CHECKING:
    from tests.library.conftest import SignIn, Upload

MEDIA = "/api/v1/admin/media"
Stored = Callable[[], Awaitable[dict[str, int]]]


async def test_what_was_uploaded_is_answered_with_its_address(
    ada: AsyncClient, upload: Upload, png: bytes
) -> None:
    made = await upload(png, "Sea view.PNG", alt="The sea", folder="/2026/ november/")

    assert made["type"] == "image/png"
    assert made["size"] == len(png)
    assert (made["alt"], made["folder"]) == ("The sea", "2026/november")
    assert made["url"] == f"http://test/media/{made['id']}/Sea%20view.png"
    assert made["public"] is False
    assert (await ada.get(f"{MEDIA}/{made['id']}")).json()["filename"] == "Sea view.png"


async def test_its_bytes_come_back(ada: AsyncClient, upload: Upload) -> None:
    content = "Wörter, viele.\n".encode() * 40_000
    made = await upload(content, "words.txt")

    answer = await ada.get(made["signed_url"])

    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(content).digest()


async def test_details_may_come_after_the_file(ada: AsyncClient, png: bytes) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + png
        + b'\r\n--x\r\nContent-Disposition: form-data; name="alt"\r\n\r\nLate\r\n--x--\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = await ada.post(MEDIA, content=body, headers=headers)

    assert answer.json()["alt"] == "Late"


async def test_equal_files_are_stored_once(upload: Upload, stored: Stored, png: bytes) -> None:
    first, second = await upload(png, "a.png"), await upload(png, "b.png")

    assert first["id"] != second["id"]
    assert list((await stored()).values()) == [len(png)]


async def test_plain_bytes_make_a_file_under_the_id_of_the_client(
    ada: AsyncClient, png: bytes
) -> None:
    id = uuid4()

    answer = await ada.put(f"{MEDIA}/{id}/sea.png", content=png, params={"alt": "The sea"})

    assert answer.status_code == 201
    assert (answer.json()["id"], answer.json()["alt"]) == (str(id), "The sea")


async def test_plain_bytes_sent_again_are_the_same_file(ada: AsyncClient, png: bytes) -> None:
    address = f"{MEDIA}/{uuid4()}/sea.png"
    await ada.put(address, content=png)

    again = await ada.put(address, content=png)

    assert (again.status_code, again.json()["filename"]) == (200, "sea.png")


async def test_an_id_cannot_get_other_bytes(ada: AsyncClient, stored: Stored, png: bytes) -> None:
    address = f"{MEDIA}/{uuid4()}/sea.png"
    await ada.put(address, content=png)

    other = await ada.put(address, content=b"Words")

    assert (other.status_code, other.json()["code"]) == (409, "media-exists")
    assert list((await stored()).values()) == [len(png)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("photo.png", b"MZ\x90\x00\x03\x00\x00\x00"),
        ("script.txt", b"#!/bin/sh\nrm -rf /\n"),
    ],
)
async def test_what_is_not_known_to_be_safe_is_refused(
    ada: AsyncClient, stored: Stored, name: str, content: bytes
) -> None:
    answer = await ada.post(MEDIA, files={"file": (name, content)})

    assert (answer.status_code, answer.json()["code"]) == (415, "unacceptable-file")
    assert await stored() == {}


async def test_an_empty_file_is_refused(ada: AsyncClient) -> None:
    answer = await ada.post(MEDIA, files={"file": ("a.txt", b"")})

    assert (answer.status_code, answer.json()["code"]) == (422, "empty-file")


async def test_bad_details_are_refused_and_nothing_is_kept(
    ada: AsyncClient, stored: Stored, png: bytes
) -> None:
    answer = await ada.post(MEDIA, files={"file": ("a.png", png)}, data={"alt": "x" * 2000})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/alt"
    assert await stored() == {}


async def test_a_form_that_ends_too_early_is_refused(
    ada: AsyncClient, stored: Stored, png: bytes
) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + png
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    answer = await ada.post(MEDIA, content=body, headers=headers)

    assert answer.status_code == 400
    assert await stored() == {}


async def test_with_an_idempotency_key_an_upload_makes_one_file(
    ada: AsyncClient, stored: Stored, png: bytes
) -> None:
    async def send(content: bytes) -> Any:
        headers = {"Idempotency-Key": "once"}
        return await ada.post(MEDIA, files={"file": ("a.png", content)}, headers=headers)

    first, again, other = await send(png), await send(png), await send(b"Words")

    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert list((await stored()).values()) == [len(png)]


class TestLimits:
    @pytest.fixture
    def media_settings(self) -> dict[str, Any]:
        return {"max_document_bytes": 1000, "quota_bytes": 1500}

    async def test_a_file_larger_than_its_kind_may_be_is_refused(
        self, ada: AsyncClient, stored: Stored
    ) -> None:
        answer = await ada.post(MEDIA, files={"file": ("a.txt", b"a" * 1001)})

        assert (answer.status_code, answer.json()["code"]) == (413, "file-too-large")
        assert await stored() == {}

    async def test_an_account_has_no_more_room_than_its_quota(
        self, ada: AsyncClient, upload: Upload
    ) -> None:
        await upload(b"a" * 900, "a.txt")

        answer = await ada.post(MEDIA, files={"file": ("b.txt", b"b" * 900)})

        assert (answer.status_code, answer.json()["code"]) == (507, "quota-exceeded")

    async def test_what_is_deleted_counts_no_more(self, ada: AsyncClient, upload: Upload) -> None:
        made = await upload(b"a" * 900, "a.txt")
        await ada.delete(f"{MEDIA}/{made['id']}")

        assert (await upload(b"b" * 900, "b.txt"))["size"] == 900

    async def test_everybody_has_a_quota_of_their_own(
        self, upload: Upload, cms_sign_in: SignIn
    ) -> None:
        await upload(b"a" * 900, "a.txt")
        bob = await cms_sign_in("author", name="Bob")

        answer = await bob.post(MEDIA, files={"file": ("b.txt", b"b" * 900)})

        assert answer.status_code == 201


async def test_who_may_not_upload_is_refused_before_the_body_is_read(cms_sign_in: SignIn) -> None:
    nobody = await cms_sign_in("reader")
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield b"a" * 65536

    answer = await nobody.put(f"{MEDIA}/{uuid4()}/a.txt", content=endless())

    assert (answer.status_code, read) == (403, 0)
