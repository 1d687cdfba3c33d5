"""Pieces come in, each where the last has ended."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from httpx2 import AsyncClient

from .sending import TUS, WORDS, Begin, Stored, checksum, offset_of, send

if TYPE_CHECKING:
    from tests.library.conftest import SignIn


async def test_pieces_become_a_file_with_what_was_said_of_it(
    ada: AsyncClient, begin: Begin, stored: Stored
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


async def test_many_megabytes_come_back_as_they_were(ada: AsyncClient, begin: Begin) -> None:
    content = b"".join(f"Line {number}\n".encode() for number in range(2_000_000))
    url, size = await begin(len(content)), 9_000_000

    for start in range(0, len(content), size):
        last = await send(ada, url, start, content[start : start + size])

    made = (await ada.get(last.headers["media-location"])).json()
    back = await ada.get(made["signed_url"])
    assert hashlib.sha256(back.content).digest() == hashlib.sha256(content).digest()


async def test_a_piece_for_another_place_is_refused(ada: AsyncClient, begin: Begin) -> None:
    url = await begin()
    await send(ada, url, 0, WORDS[:1000])

    for offset in (0, 999, 1001):
        answer = await send(ada, url, offset, b"words")
        assert (answer.status_code, answer.json()["code"]) == (409, "upload-offset-conflict")
    assert await offset_of(ada, url) == 1000


async def test_of_two_pieces_at_once_one_is_kept(
    ada: AsyncClient, begin: Begin, stored: Stored
) -> None:
    url = await begin()

    answers = await asyncio.gather(*(send(ada, url, 0, WORDS[:1000]) for _ in range(4)))

    assert sorted(each.status_code for each in answers) == [204, 409, 409, 409]
    assert list((await stored()).values()) == [1000]


@pytest.mark.parametrize("announced", [True, False])
async def test_more_than_was_announced_is_refused(
    ada: AsyncClient, begin: Begin, stored: Stored, announced: bool
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
    ada: AsyncClient, begin: Begin, stored: Stored, algorithm: str
) -> None:
    url, piece = await begin(), WORDS[:1000]

    wrong = await send(ada, url, 0, piece, **checksum(b"other", algorithm))
    assert (wrong.status_code, wrong.json()["code"]) == (460, "piece-checksum-mismatch")
    assert (await offset_of(ada, url), await stored()) == (0, {})

    right = await send(ada, url, 0, piece, **checksum(piece, algorithm))
    assert (right.status_code, right.headers["upload-offset"]) == (204, "1000")


async def test_only_pieces_are_taken(ada: AsyncClient, begin: Begin) -> None:
    answer = await send(ada, await begin(), 0, WORDS, **{"Content-Type": "text/plain"})

    assert (answer.status_code, answer.json()["code"]) == (415, "wrong-piece-type")


async def test_others_have_no_part_in_an_upload(
    ada: AsyncClient, begin: Begin, cms_sign_in: SignIn
) -> None:
    url, editor = await begin(), await cms_sign_in("editor", name="Eve")

    answers = [
        await editor.head(url, headers=TUS),
        await send(editor, url, 0, WORDS),
        await editor.delete(url, headers=TUS),
    ]

    assert [each.status_code for each in answers] == [404, 404, 404]
    assert await offset_of(ada, url) == 0
