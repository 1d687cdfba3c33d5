"""Where the files of attachments are in a copy of a site's uploads."""

from pathlib import Path

import pytest

from cms_posts.wordpress.items import WxrItem
from cms_posts.wordpress.uploads import Uploads


def attachment(address: str = "", place: str = "") -> WxrItem:
    return WxrItem(
        id="7",
        kind="attachment",
        status="inherit",
        guid="",
        link="",
        title="",
        slug="",
        author="",
        content="",
        excerpt="",
        date=None,
        modified=None,
        meta={"_wp_attached_file": place} if place else {},
        file=address,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of uploads, beside a file that belongs to nobody else."""
    for name in ("uploads/2020/05/a b.jpg", "uploads/logo.png", "uploads/sites/2/x.pdf", "secret"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "uploads"


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (attachment(place="2020/05/a b.jpg"), "2020/05/a b.jpg"),
        (attachment("https://x.example/wp-content/uploads/logo.png", "gone.png"), "logo.png"),
        (attachment("https://x.example/uploads/sites/2/x.pdf?v=1"), "sites/2/x.pdf"),
        (attachment("//files.example/blog/2020/05/a%20b.jpg"), "2020/05/a b.jpg"),
        (attachment("https://x.example/files/logo.png"), "logo.png"),
        (attachment("https://x.example/uploads/logo.png", "/srv/www/logo.png"), "logo.png"),
    ],
)
def test_a_file_is_found_by_its_place_else_by_its_address(
    folder: Path, item: WxrItem, found: str
) -> None:
    assert Uploads(folder).find(item) == folder / found


@pytest.mark.parametrize(
    "item",
    [
        attachment(),
        attachment(place="2020/05"),
        attachment("https://x.example/uploads/2021/07/logo.png"),
        attachment("https://x.example"),
        attachment(place="x" * 5000),
        attachment("https://x.example/uploads/%00"),
        attachment("logo.png"),
    ],
)
def test_what_is_not_there_is_not_found(folder: Path, item: WxrItem) -> None:
    assert Uploads(folder).find(item) is None


@pytest.mark.parametrize(
    "item",
    [
        attachment(place="../secret"),
        attachment(place="2020/05/../../../secret"),
        attachment("https://x.example/uploads/..%2Fsecret"),
        attachment(place="link"),
        attachment(place="elsewhere/secret"),
        attachment(place="loop"),
    ],
)
def test_nothing_outside_of_the_folder_is_found(folder: Path, item: WxrItem) -> None:
    (folder / "link").symlink_to(folder.parent / "secret")
    (folder / "elsewhere").symlink_to(folder.parent)
    (folder / "loop").symlink_to("loop")

    assert Uploads(folder).find(item) is None


def test_an_absolute_place_outside_of_the_folder_is_not_found(folder: Path) -> None:
    assert Uploads(folder).find(attachment(place=str(folder.parent / "secret"))) is None


def test_a_link_within_the_folder_leads_to_its_file(folder: Path) -> None:
    (folder / "link.png").symlink_to("logo.png")

    assert Uploads(folder).find(attachment(place="link.png")) == folder / "logo.png"
