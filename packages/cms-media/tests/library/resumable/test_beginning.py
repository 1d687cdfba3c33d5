"""Uploads in pieces begin."""

from __future__ import annotations

import pytest
from httpx2 import AsyncClient

from .sending import PIECE, TUS, UPLOADS, WORDS, Stored, checksum, metadata, offset_of


async def test_an_upload_begins_empty_and_says_until_when_it_is_there(ada: AsyncClient) -> None:
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


async def test_the_first_piece_may_come_with_it(ada: AsyncClient) -> None:
    headers = PIECE | {"Upload-Length": str(len(WORDS))}

    made = await ada.post(UPLOADS, headers=headers, content=WORDS[:1000])

    assert (made.status_code, made.headers["upload-offset"]) == (201, "1000")
    assert await offset_of(ada, made.headers["location"]) == 1000


async def test_a_whole_file_may_come_with_it(ada: AsyncClient, stored: Stored) -> None:
    sent = metadata(filename="words.txt")
    headers = PIECE | {"Upload-Length": str(len(WORDS)), "Upload-Metadata": sent}

    made = await ada.post(UPLOADS, headers=headers, content=WORDS)

    assert (await ada.get(made.headers["media-location"])).json()["size"] == len(WORDS)
    assert list((await stored()).values()) == [len(WORDS)]


async def test_with_an_idempotency_key_it_begins_once(ada: AsyncClient) -> None:
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
    ada: AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await ada.post(UPLOADS, headers=TUS | headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"


async def test_a_first_piece_that_is_refused_leaves_no_upload(
    ada: AsyncClient, stored: Stored
) -> None:
    headers = PIECE | {"Upload-Length": "10"} | checksum(b"other")

    answer = await ada.post(UPLOADS, headers=headers, content=b"words")

    assert (answer.status_code, answer.json()["status"]) == (460, 460)
    assert await stored() == {}
