"""Files that come along with the posts of a WordPress site."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Conflict, Resolved, Resolver, Settings, Unavailable, build_cms, hookimpl
from cms_core.faults import PluginFaults
from cms_core.plugins.contributions import Plugin
from cms_core.testing.plugins import plugins_of
from cms_posts import ForeignFile
from cms_posts.transfer.attachments import AttachmentImporter, FilesNotKept
from cms_posts.transfer.importing import Importer
from cms_posts.transfer.report import FileOutcome, Outcome, Report
from cms_posts.transfer.wordpress import read_wordpress

from .conftest import NOW, Accounts
from .exports import UPLOADS, attachment, export_of, post

Bring = Callable[..., Awaitable[Report]]
#: What no disk gives back.
BAD = b"bad"


class Unwanted(Conflict):
    """Empty files are not wanted."""


class Library:
    """Stands in for the package that keeps files: not those that are empty or on a bad disk."""

    def __init__(self) -> None:
        self.files: dict[UUID, ForeignFile] = {}
        self.is_open = True

    async def import_file(self, file: ForeignFile, content: BinaryIO) -> None:
        if not self.is_open and self.files:
            raise Unavailable
        read = await asyncio.to_thread(content.read)
        if not read:
            raise Unwanted
        if read == BAD:
            raise OSError(5, "Input/output error")
        self.files[file.id] = file

    async def resolve(self, _: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
        known = {id: self.files[id] for id in ids if id in self.files}
        return {id: Resolved({"url": _address(file)}) for id, file in known.items()}

    @hookimpl
    def register_resolvers(self) -> list[Resolver]:
        return [Resolver("media", self.resolve)]

    @hookimpl(optionalhook=True)
    def register_file_importer(self) -> Library:
        return self

    def named(self, filename: str) -> ForeignFile:
        """The file of that name."""
        (file,) = [file for file in self.files.values() if file.filename == filename]
        return file

    def address(self, filename: str) -> str:
        """Where that file is now."""
        return _address(self.named(filename))


def _address(file: ForeignFile) -> str:
    return f"http://test/media/{file.id}/{file.filename}"


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def cms_plugins(library: Library) -> list[object]:
    return ["posts", Accounts, Plugin("library", library, "", "0")]


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """A copy of the uploads: two files, and an empty one."""
    for name, content in {
        "sea-scaled.jpg": b"sea",
        "rates.pdf": b"rates",
        "empty.png": b"",
    }.items():
        path = tmp_path / "uploads" / "2020" / "05" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "uploads"


@pytest.fixture
def bring(cms_app: CMS, uploads: Path) -> Bring:
    """``await bring(item, …, report=…)``: what comes of an export with its uploads."""

    async def bring(*items: str, report: Report | None = None) -> Report:
        report = report or Report()
        stream = BytesIO(export_of(*items))
        files = AttachmentImporter(cms_app, report, uploads, NOW)
        attachments = await files.run(stream, lambda: None)
        stream.seek(0)
        posts = read_wordpress(stream, report, language="en", now=NOW, attachments=attachments)
        await Importer(cms_app, report).run(posts, lambda: None)
        return report

    return bring


SEA = attachment(7, "2020/05/sea-scaled.jpg", alt="Waves", caption="The <b>sea</b>")
RATES = attachment(8, "2020/05/rates.pdf", title="All rates")
GONE, EMPTY = attachment(9, "2020/05/gone.jpg"), attachment(10, "2020/05/empty.png", title="None")
ITEMS = (post(1, f'<img src="{UPLOADS}/2020/05/sea-300x200.jpg">', 7), SEA, RATES)


async def body_of(client: AsyncClient, number: int) -> str:
    return str((await client.get(f"/api/v1/posts/item-{number}")).json()["body_html"])


async def test_files_that_are_in_the_folder_come_in_and_the_others_are_told(bring: Bring) -> None:
    report = await bring(post(1, "Words"), SEA, GONE, EMPTY, RATES)

    assert report.files == {
        FileOutcome.IMPORTED: 2,
        FileOutcome.MISSING: 1,
        FileOutcome.REFUSED: 1,
    }
    assert report.left_out == {}
    assert [(note.place, note.title, note.message) for note in report.notes] == [
        ("line 9", "gone", "Not in the folder: 2020/05/gone.jpg"),
        ("line 10", "None", "empty.png was refused: Empty files are not wanted."),
    ]


async def test_a_file_that_is_missing_does_no_harm_and_one_that_is_refused_does(
    bring: Bring,
) -> None:
    assert (await bring(SEA, GONE)).complete
    assert not (await bring(EMPTY)).complete


async def test_a_file_that_cannot_be_read_is_told(bring: Bring, uploads: Path) -> None:
    (uploads / "2020" / "05" / "rates.pdf").write_bytes(BAD)

    report = await bring(RATES)

    assert [note.message for note in report.notes] == ["rates.pdf was refused: Input/output error"]


async def test_a_file_keeps_what_is_said_of_it(bring: Bring, library: Library) -> None:
    await bring(SEA, RATES)

    sea, rates = library.named("sea-scaled.jpg"), library.named("rates.pdf")
    assert (sea.title, sea.alt, rates.title, rates.alt) == ("The sea", "Waves", "All rates", "")
    assert sea.folder == "wordpress/2020/05"
    assert sea.owner_id == uuid5(NAMESPACE_DNS, "Ada Lovelace")
    assert sea.created_at == datetime(2020, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert sea.updated_at == datetime(2021, 6, 7, 8, 9, 10, tzinfo=UTC)


async def test_a_file_beside_the_folders_of_months_is_in_the_folder_of_the_site(
    bring: Bring, library: Library, uploads: Path
) -> None:
    (uploads / "logo.png").write_bytes(b"logo")
    await bring(attachment(7, "logo.png"))

    assert library.named("logo.png").folder == "wordpress"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({"title": "sea"}, "sea"),
        ({"title": "Sea", "caption": "Waves"}, "Waves"),
        ({"title": "", "caption": "Waves"}, "Waves"),
        ({"title": "High &amp; low", "caption": "Waves"}, "High & low"),
    ],
)
async def test_a_caption_is_the_title_of_a_file_that_has_no_other(
    bring: Bring, library: Library, said: dict[str, str], title: str
) -> None:
    await bring(attachment(7, "2020/05/sea-scaled.jpg", **said))

    assert library.named("sea-scaled.jpg").title == title


async def test_bodies_and_covers_refer_to_the_files(
    bring: Bring, library: Library, cms_client: AsyncClient
) -> None:
    gallery = post(2, '[gallery ids="7"] <a href="/wp-content/uploads/2020/05/rates.pdf">R</a>')
    await bring(*ITEMS, gallery)

    sea, rates = library.address("sea-scaled.jpg"), library.address("rates.pdf")
    shown = (await cms_client.get("/api/v1/posts/item-1")).json()
    assert shown["cover"] == {"url": sea}
    assert f'src="{sea}"' in shown["body_html"]
    assert (shown["body"], "harbour.example" in shown["body"]) == (shown["body_html"], False)
    body = await body_of(cms_client, 2)
    assert f'src="{sea}"' in body
    assert f'href="{rates}"' in body


async def test_bodies_go_on_showing_the_other_files_where_they_were(
    bring: Bring, cms_client: AsyncClient
) -> None:
    gone, empty = f"{UPLOADS}/2020/05/gone.jpg", f"{UPLOADS}/2020/05/empty.png"
    await bring(post(1, f'<img src="{gone}"><img src="{empty}">', 9), GONE, EMPTY)

    shown = (await cms_client.get("/api/v1/posts/item-1")).json()
    assert f'src="{gone}"' in shown["body_html"]
    assert f'src="{empty}"' in shown["body_html"]
    assert shown["cover"] is None


async def test_an_import_again_adds_nothing_and_needs_no_folder(
    bring: Bring, library: Library, uploads: Path
) -> None:
    await bring(*ITEMS)
    files = dict(library.files)
    for path in (uploads / "2020" / "05").iterdir():
        path.unlink()

    again = await bring(*ITEMS)

    assert again.files == {FileOutcome.ALREADY_THERE: 2}
    assert library.files == files


async def test_a_post_that_comes_later_refers_to_files_that_are_there(
    bring: Bring, library: Library, cms_client: AsyncClient
) -> None:
    await bring(SEA)

    await bring(*ITEMS)

    assert library.address("sea-scaled.jpg") in await body_of(cms_client, 1)


async def test_two_attachments_with_one_number_and_name_are_two_files(
    bring: Bring, library: Library
) -> None:
    twin = attachment(7, "2020/05/rates.pdf")

    await bring(SEA, twin)

    assert {file.filename for file in library.files.values()} == {"sea-scaled.jpg", "rates.pdf"}


async def test_what_is_no_fault_of_a_file_ends_the_import_and_the_next_goes_on(
    bring: Bring, library: Library, cms_client: AsyncClient
) -> None:
    library.is_open = False
    report = Report()

    with pytest.raises(Unavailable):
        await bring(*ITEMS, report=report)

    assert (report.files, report.outcomes) == ({FileOutcome.IMPORTED: 1}, {})
    library.is_open = True
    rest = await bring(*ITEMS)
    assert rest.files == {FileOutcome.ALREADY_THERE: 1, FileOutcome.IMPORTED: 1}
    assert rest.outcomes == {Outcome.IMPORTED: 1}
    assert library.address("sea-scaled.jpg") in await body_of(cms_client, 1)


class TestWithoutAPluginThatKeepsFiles:
    @pytest.fixture
    def cms_plugins(self) -> list[object]:
        return ["posts"]

    def test_files_cannot_be_imported(self, cms_app: CMS, uploads: Path) -> None:
        with pytest.raises(FilesNotKept, match="install cms-media"):
            AttachmentImporter(cms_app, Report(), uploads, NOW)


def test_two_plugins_that_keep_files_are_a_fault_of_the_set(
    cms_settings: Settings, library: Library
) -> None:
    class Depot:
        @staticmethod
        @hookimpl(optionalhook=True)
        def register_file_importer() -> Library:
            return library

    plugins = plugins_of(["posts", Plugin("library", library, "", "0"), Depot])

    with pytest.raises(PluginFaults, match="library and depot both keep the files of imports"):
        build_cms(cms_settings, plugins)
