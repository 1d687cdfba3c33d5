"""Files that come with an import of posts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from cms_core import CMS, Principal, new_id
from cms_media.errors import FileTooLarge, MediaExists, UnacceptableFile, UnreadableImage
from cms_media.service.importing import LibraryImporter
from cms_media.workshop import workshop_of
from cms_posts import FileImporter, ForeignFile

from ..images.pictures import encoded, quarters

if TYPE_CHECKING:
    from tests.library.conftest import Upload

MEDIA = "/api/v1/admin/media"
MADE, CHANGED = datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC), datetime(2021, 6, 7, tzinfo=UTC)
PICTURE = encoded(quarters(40, 30))
Stored = Callable[[], Awaitable[dict[str, int]]]


@pytest.fixture
def importer(cms_app: CMS, cms_api: FastAPI) -> FileImporter:
    return LibraryImporter(cms_app, workshop_of(cms_app))


@pytest.fixture
def file(cms_principal: Callable[..., Principal]) -> ForeignFile:
    """A file that Ada had elsewhere."""
    return ForeignFile(
        id=new_id(),
        owner_id=cms_principal("author", name="Ada").id,
        filename="sea.png",
        folder="wordpress/2020/05",
        title="The sea",
        alt="Waves",
        created_at=MADE,
        updated_at=CHANGED,
    )


async def shown(ada: AsyncClient, file: ForeignFile) -> dict[str, Any]:
    answer = await ada.get(f"{MEDIA}/{file.id}")
    assert answer.status_code == 200, answer.text
    media: dict[str, Any] = answer.json()
    return media


async def test_a_file_comes_with_what_was_said_of_it(
    importer: FileImporter, file: ForeignFile, ada: AsyncClient
) -> None:
    await importer.import_file(file, BytesIO(PICTURE))

    media = await shown(ada, file)
    same = ("filename", "folder", "title", "alt")
    assert {name: media[name] for name in same} == {name: getattr(file, name) for name in same}
    assert (media["type"], media["size"], media["credit"]) == ("image/png", len(PICTURE), "")
    assert media["uploaded_by"]["id"] == str(file.owner_id)
    assert (media["created_at"], media["updated_at"]) == (
        "2020-05-06T07:08:09Z",
        "2021-06-07T00:00:00Z",
    )
    assert media["public"] is False


async def test_texts_that_are_too_long_are_cut(
    importer: FileImporter, file: ForeignFile, ada: AsyncClient
) -> None:
    long = replace(file, title="A " * 400, alt="b\n" * 4000, folder="wordpress/" + "c/" * 200)

    await importer.import_file(long, BytesIO(PICTURE))

    media = await shown(ada, file)
    assert media["title"] == ("A " * 150).rstrip()
    assert media["alt"] == ("b " * 500).rstrip()
    assert media["folder"] == ("wordpress/" + "c/" * 95).rstrip("/")


async def test_the_same_file_again_is_the_same_file(
    importer: FileImporter, file: ForeignFile, ada: AsyncClient, stored: Stored
) -> None:
    await importer.import_file(file, BytesIO(PICTURE))
    await ada.patch(f"{MEDIA}/{file.id}", json={"alt": "Sea"})
    before = (await shown(ada, file), await stored())

    await importer.import_file(file, BytesIO(PICTURE))

    assert (await shown(ada, file), await stored()) == before


async def test_bytes_that_are_there_are_stored_once(
    importer: FileImporter, file: ForeignFile, upload: Upload, stored: Stored
) -> None:
    await upload(PICTURE)
    before = await stored()

    await importer.import_file(file, BytesIO(PICTURE))

    assert await stored() == before


async def test_another_file_of_that_id_stays_as_it_is(
    importer: FileImporter, file: ForeignFile, ada: AsyncClient, stored: Stored
) -> None:
    await importer.import_file(file, BytesIO(PICTURE))
    before = (await shown(ada, file), await stored())

    with pytest.raises(MediaExists):
        await importer.import_file(file, BytesIO(encoded(quarters(30, 40))))

    assert (await shown(ada, file), await stored()) == before


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"<html>", UnacceptableFile),
        (PICTURE[:60], UnreadableImage),
        (b"Words. " * 1000, FileTooLarge),
    ],
    ids=["html", "broken", "large"],
)
class TestWithSmallLimits:
    @pytest.fixture
    def media_settings(self) -> dict[str, Any]:
        return {"max_document_bytes": 1000}

    async def test_what_is_no_upload_is_no_import_either(
        self,
        importer: FileImporter,
        file: ForeignFile,
        stored: Stored,
        ada: AsyncClient,
        content: bytes,
        fault: type[Exception],
    ) -> None:
        with pytest.raises(fault):
            await importer.import_file(file, BytesIO(content))

        assert await stored() == {}
        assert (await ada.get(f"{MEDIA}/{file.id}")).status_code == 404


class TestWithAQuota:
    @pytest.fixture
    def media_settings(self) -> dict[str, Any]:
        return {"quota_bytes": 10}

    async def test_it_does_not_hold_for_imports_which_count_all_the_same(
        self, importer: FileImporter, file: ForeignFile, ada: AsyncClient
    ) -> None:
        await importer.import_file(file, BytesIO(PICTURE))

        assert (await shown(ada, file))["size"] > 10
        refused = await ada.post(MEDIA, files={"file": ("a.txt", b"a")})
        assert refused.json()["code"] == "quota-exceeded"
