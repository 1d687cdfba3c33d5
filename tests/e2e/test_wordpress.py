"""A site of WordPress moves in, with its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from httpx2 import AsyncClient
from PIL import Image

from cms_core import Settings

SignIn = Callable[..., Awaitable[AsyncClient]]
MEDIA = "/api/v1/admin/media"
OLD = "https://harbour.example/wp-content/uploads/2020/05"
PDF = b"%PDF-1.4\n%%EOF\n"
HEAD = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="https://wordpress.org/export/1.2/">
<channel><title>Harbour</title><link>https://harbour.example</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>ada</wp:author_login>
<wp:author_display_name>Ada</wp:author_display_name></wp:author>
"""


def item(id: int, kind: str, status: str, content: str = "", file: str = "", **meta: str) -> str:
    noted = "".join(
        f"<wp:postmeta><wp:meta_key>_{key}</wp:meta_key>"
        f"<wp:meta_value>{value}</wp:meta_value></wp:postmeta>"
        for key, value in meta.items()
    )
    address = f"<wp:attachment_url>{OLD}/{file}</wp:attachment_url>" if file else ""
    return (
        f"<item><title>Item {id}</title><dc:creator>ada</dc:creator><guid>{id}</guid>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded><wp:post_id>{id}</wp:post_id>"
        f"<wp:post_date_gmt>2020-05-06 07:08:09</wp:post_date_gmt>"
        f"<wp:post_name>item-{id}</wp:post_name><wp:post_type>{kind}</wp:post_type>"
        f"<wp:status>{status}</wp:status>{address}{noted}</item>\n"
    )


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A live post that shows an image in two sizes and has a cover, and a draft with a link."""
    image = (
        f'<img src="{OLD}/sea-300x225.png" srcset="{OLD}/sea-300x225.png 300w, {OLD}/sea.png 400w">'
        f'<img src="{OLD}/gone.png"><img src="{OLD}/page.jpg">'
    )
    items = (
        item(1, "post", "publish", image, thumbnail_id="11"),
        item(2, "post", "draft", f'<a href="{OLD}/rates.pdf">Rates</a>'),
        item(10, "attachment", "inherit", file="sea.png", wp_attached_file="2020/05/sea.png"),
        item(11, "attachment", "inherit", file="ship.jpg", wp_attachment_image_alt="A ship"),
        item(12, "attachment", "inherit", file="rates.pdf"),
        item(13, "attachment", "inherit", file="gone.png"),
        item(14, "attachment", "inherit", file="page.jpg"),
    )
    path = tmp_path / "site.xml"
    path.write_text(f"{HEAD}{''.join(items)}</channel></rss>")
    return path


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    """A copy of the site's uploads, without one of the files."""
    folder = tmp_path / "copy" / "2020" / "05"
    folder.mkdir(parents=True)
    Image.new("RGB", (400, 300), "navy").save(folder / "sea.png")
    Image.new("RGB", (200, 100), "white").save(folder / "ship.jpg")
    (folder / "rates.pdf").write_bytes(PDF)
    (folder / "page.jpg").write_text("<html>")
    return tmp_path / "copy"


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["auth", "posts", "media"]


@pytest.fixture
def move_in(
    cms_settings: Settings, export: Path, uploads: Path
) -> Callable[..., CompletedProcess[str]]:
    """``move_in("--json")``: run the command as an operator does, on the database of the test."""
    chosen = {
        "CMS_CACHE_URL": cms_settings.cache_url,
        "CMS_DATA": str(cms_settings.data),
        "CMS_DATABASE_URL": cms_settings.database_url,
        "CMS_PLUGINS__ENABLED": "auth,posts,media",
        "CMS_PLUGINS__MODE": "allowlist",
        "CMS_PUBLIC_URL": cms_settings.public_url,
        "CMS_SECRET_KEY": cms_settings.secret_key.get_secret_value(),
    }
    cms = (sys.executable, "-c", "from cms_core.cli import main; main()")
    command = (*cms, "posts", "import-wordpress", str(export), "--uploads", str(uploads))

    def move_in(*options: str) -> CompletedProcess[str]:
        return subprocess.run(
            (*command, *options),
            env={"PATH": os.environ["PATH"], "COLUMNS": "120", **chosen},
            capture_output=True,
            text=True,
            check=False,
        )

    return move_in


async def test_posts_come_in_with_their_files(
    move_in: Callable[..., CompletedProcess[str]], cms_client: AsyncClient, cms_sign_in: SignIn
) -> None:
    ran = move_in("--json")
    report = json.loads(ran.stdout)

    assert (ran.returncode, report["imported"]) == (1, 2), ran.stderr
    assert report["files"] == {"imported": 3, "already_there": 0, "missing": 1, "refused": 1}
    assert [note["message"] for note in report["notes"][:2]] == [
        "Not in the folder: 2020/05/gone.png",
        "page.jpg was refused: Files of this kind are not accepted.",
    ]

    editor = await cms_sign_in("editor")
    files = (await editor.get(MEDIA, params={"folder": "wordpress/2020/05"})).json()["items"]
    sea, ship, rates = (
        next(file for file in files if file["filename"] == name)
        for name in ("sea.png", "ship.jpg", "rates.pdf")
    )
    post = (await cms_client.get("/api/v1/posts/item-1")).json()
    assert post["body_html"].strip() == (
        f'<p><img src="{sea["url"]}"><img src="{OLD}/gone.png"><img src="{OLD}/page.jpg"></p>'
    )
    assert (post["cover"]["id"], post["cover"]["alt"]) == (ship["id"], "A ship")
    assert ship["uploaded_by"] == {"id": post["author"]["id"], "name": "Ada"}
    assert ship["created_at"] == "2020-05-06T07:08:09Z"
    uses = (await editor.get(f"{MEDIA}/{sea['id']}")).json()["uses"]
    assert uses == [{"source": f"post:{post['id']}", "published": True, "working": True}]

    shown = await cms_client.get(sea["url"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert (await cms_client.get(rates["url"])).status_code == 404
    assert (await cms_client.get(rates["signed_url"])).content == PDF


async def test_a_second_time_adds_nothing(
    move_in: Callable[..., CompletedProcess[str]], cms_sign_in: SignIn
) -> None:
    move_in()
    editor = await cms_sign_in("editor")
    fields = {"fields": "id,filename,updated_at"}
    before = (await editor.get(MEDIA, params=fields)).json()

    ran = move_in()

    assert re.search(r"Files\s+─+\s+3 +there already", ran.stdout), ran.stdout
    assert (await editor.get(MEDIA, params=fields)).json() == before
    assert len(before["items"]) == 3
