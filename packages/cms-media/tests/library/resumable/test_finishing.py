"""Uploads whose last piece is here become files."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from cms_core import CMS
from cms_media.service.assembling import Assembly

from .sending import MEDIA, TUS, UPLOADS, WORDS, Begin, Stored, offset_of, send

if TYPE_CHECKING:
    from tests.library.conftest import Upload

    from cms_core.testing.drivers import WorkerDriver


@pytest.fixture
def media_settings() -> dict[str, Any]:
    return {"max_document_bytes": 1000, "quota_bytes": 3000}


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"#!/bin/sh\nrm -rf /\n", 415, "unacceptable-file"),
        (WORDS[:1001], 413, "file-too-large"),
    ],
)
async def test_what_is_no_file_for_us_ends_its_upload(
    ada: AsyncClient, begin: Begin, stored: Stored, content: bytes, status: int, code: str
) -> None:
    url = await begin(len(content))
    await send(ada, url, 0, content[:10])

    answer = await send(ada, url, 10, content[10:])

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await ada.head(url, headers=TUS)).status_code == 404
    assert await stored() == {}


async def test_a_quota_that_was_used_up_meanwhile_ends_it_too(
    ada: AsyncClient, begin: Begin, upload: Upload
) -> None:
    url = await begin(900)
    for number in range(3):
        await upload(WORDS[: 800 + number], "a.txt")

    answer = await send(ada, url, 0, WORDS[:900])

    assert (answer.status_code, answer.json()["code"]) == (507, "quota-exceeded")
    assert (await ada.head(url, headers=TUS)).status_code == 404


async def test_uploads_under_way_count_on_the_quota(ada: AsyncClient, begin: Begin) -> None:
    url = await begin(2000)

    headers = TUS | {"Upload-Length": "1001"}
    answer = await ada.post(UPLOADS, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (507, "quota-exceeded")

    await ada.delete(url, headers=TUS)
    assert (await ada.post(UPLOADS, headers=headers)).status_code == 201


async def test_finished_twice_it_is_one_file(
    ada: AsyncClient, begin: Begin, cms_app: CMS, stored: Stored
) -> None:
    url = await begin(1000)
    await send(ada, url, 0, WORDS[:1000])
    last = await send(ada, url, 1000, b"")

    assert last.headers["media-location"].endswith(url.rpartition("/")[2])
    assert (await ada.get(MEDIA)).json()["items"][0]["size"] == 1000
    assert list((await stored()).values()) == [1000]


async def test_several_who_finish_at_once_make_one_file(
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
