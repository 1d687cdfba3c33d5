"""Other plugins scan files too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import pytest
from httpx2 import AsyncClient

from cms_core import CMS, Forbidden, hookimpl
from cms_core.plugins.contributions import Plugin
from cms_media import Scanner
from cms_media.workshop import workshop_of

if TYPE_CHECKING:
    from tests.library.conftest import Upload

MEDIA = "/api/v1/admin/media"
WORDS = b"Words, and more words.\n" * 30_000
Stored = Callable[[], Awaitable[dict[str, int]]]


class NotOnSundays(Forbidden):
    """Nothing is uploaded on Sundays."""


class Office:
    """A plugin with two scanners; what they have seen, it remembers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.read: list[bytes] = []
        self.begun = asyncio.Event()

    @hookimpl
    def register_scanners(self, cms: CMS) -> Sequence[Scanner]:
        site = cms.settings.public_url
        return [Scanner("doorman", self.look_at_the_beginning), Scanner(site, self.read_all)]

    async def look_at_the_beginning(self, chunks: AsyncIterator[bytes]) -> str | None:
        self.asked.append("doorman")
        beginning = await anext(chunks)
        if beginning.startswith(b"Sunday"):
            raise NotOnSundays
        if beginning.startswith(b"Broken"):
            raise ZeroDivisionError
        if beginning.startswith(b"Slow"):
            self.begun.set()
            await asyncio.Event().wait()
        return None

    async def read_all(self, chunks: AsyncIterator[bytes]) -> str | None:
        self.asked.append("reader")
        self.read.append(b"".join([chunk async for chunk in chunks]))
        return "bad language" if b"Damn" in self.read[-1] else None


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def cms_plugins(office: Office) -> list[object]:
    return ["posts", "media", Plugin("office", office, "", "0", requires=("media",))]


async def test_every_scanner_gets_the_whole_file(upload: Upload, office: Office) -> None:
    await upload(WORDS, "words.txt")

    assert office.asked == ["doorman", "reader"]
    assert office.read == [WORDS]


async def test_what_a_scanner_finds_refuses_the_file(ada: AsyncClient, stored: Stored) -> None:
    answer = await ada.post(MEDIA, files={"file": ("a.txt", WORDS + b"Damn!")})

    assert (answer.status_code, answer.json()["code"]) == (422, "unwanted-file")
    assert answer.json()["detail"] == "http://test found bad language."
    assert await stored() == {}


async def test_a_scanner_refuses_with_an_answer_of_its_own(
    ada: AsyncClient, stored: Stored, office: Office
) -> None:
    answer = await ada.post(MEDIA, files={"file": ("a.txt", b"Sunday" + WORDS)})

    assert (answer.status_code, answer.json()["code"]) == (403, "not-on-sundays")
    assert await stored() == {}
    assert office.asked == ["doorman"]


async def test_where_a_scanner_fails_nothing_is_let_in(ada: AsyncClient, stored: Stored) -> None:
    answer = await ada.post(MEDIA, files={"file": ("a.txt", b"Broken" + WORDS)})

    assert (answer.status_code, answer.json()["code"]) == (503, "scanner-unavailable")
    assert await stored() == {}


async def test_who_leaves_while_a_file_is_scanned_leaves_nothing(
    ada: AsyncClient, stored: Stored, office: Office, cms_app: CMS
) -> None:
    sending = asyncio.create_task(ada.post(MEDIA, files={"file": ("a.txt", b"Slow" + WORDS)}))
    await office.begun.wait()
    sending.cancel()
    await asyncio.wait([sending])
    await workshop_of(cms_app).background.settle()

    assert await stored() == {}


async def test_a_set_without_clamd_has_no_check_of_it(cms_app: CMS) -> None:
    checks = [check.name for check in cms_app.contributions.health_checks]

    assert "clamd" not in checks
