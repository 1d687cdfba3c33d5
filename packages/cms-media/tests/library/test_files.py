"""Files go out: whole, in ranges, and to nobody who may not have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest
from httpx2 import AsyncClient

from cms_core import CMS
from cms_media.workshop import workshop_of

if TYPE_CHECKING:
    from tests.library.conftest import Publish, Upload

MEDIA = "/api/v1/admin/media"
WORDS = bytes(range(65, 91)) * 20_000


@pytest.fixture
async def words(upload: Upload, publish: Publish) -> dict[str, Any]:
    """A public file of 520,000 bytes."""
    made = await upload(WORDS, "words.txt")
    await publish(cover=made["id"])
    return made


async def test_a_published_file_is_anybodys(cms_client: AsyncClient, words: dict[str, Any]) -> None:
    answer = await cms_client.get(words["url"])

    assert (answer.status_code, answer.content) == (200, WORDS)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "public, max-age=2592000, immutable"
    assert answer.headers["surrogate-key"] == f"media:{words['id']}"


async def test_whatever_a_file_holds_browsers_run_nothing_of_it(
    cms_client: AsyncClient, words: dict[str, Any]
) -> None:
    headers = (await cms_client.get(words["url"])).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in headers["content-security-policy"]
    assert headers["content-disposition"] == 'attachment; filename="words.txt"'


async def test_images_are_shown_in_place(
    cms_client: AsyncClient, upload: Upload, publish: Publish, png: bytes
) -> None:
    made = await upload(png, "sea.png")
    await publish(cover=made["id"])

    headers = (await cms_client.get(made["url"])).headers

    assert headers["content-disposition"] == 'inline; filename="sea.png"'
    assert headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("asked", "part", "told"),
    [
        ("bytes=0-9", slice(0, 10), "bytes 0-9/520000"),
        ("bytes=519990-", slice(519_990, None), "bytes 519990-519999/520000"),
        ("bytes=-5", slice(519_995, None), "bytes 519995-519999/520000"),
        ("bytes=300000-600000", slice(300_000, None), "bytes 300000-519999/520000"),
    ],
)
async def test_a_range_is_answered_with_its_bytes(
    cms_client: AsyncClient, words: dict[str, Any], asked: str, part: slice, told: str
) -> None:
    answer = await cms_client.get(words["url"], headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, WORDS[part])
    assert answer.headers["content-range"] == told


async def test_a_range_beyond_the_end_is_refused(
    cms_client: AsyncClient, words: dict[str, Any]
) -> None:
    answer = await cms_client.get(words["url"], headers={"Range": "bytes=520000-"})

    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */520000"


async def test_a_range_of_another_version_is_the_whole_file(
    cms_client: AsyncClient, words: dict[str, Any]
) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"of another"'}

    answer = await cms_client.get(words["url"], headers=headers)

    assert (answer.status_code, len(answer.content)) == (200, len(WORDS))


async def test_who_has_the_file_is_told_so(cms_client: AsyncClient, words: dict[str, Any]) -> None:
    etag = (await cms_client.get(words["url"])).headers["etag"]

    answer = await cms_client.get(words["url"], headers={"If-None-Match": etag})

    assert (answer.status_code, answer.content) == (304, b"")


async def test_head_tells_the_size_alone(cms_client: AsyncClient, words: dict[str, Any]) -> None:
    answer = await cms_client.head(words["url"])

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "520000"


async def test_another_name_leads_to_the_present_one(
    cms_client: AsyncClient, ada: AsyncClient, words: dict[str, Any]
) -> None:
    await ada.patch(f"{MEDIA}/{words['id']}", json={"filename": "letters.txt"})

    answer = await cms_client.get(words["url"])

    assert answer.status_code == 308
    assert answer.headers["location"] == f"http://test/media/{words['id']}/letters.txt"


class TestPrivateFiles:
    async def test_what_only_drafts_use_is_not_there_for_outsiders(
        self, cms_client: AsyncClient, ada: AsyncClient, upload: Upload, png: bytes
    ) -> None:
        made = await upload(png)
        await ada.post("/api/v1/admin/posts", json={"title": "Draft", "cover": made["id"]})

        assert (await cms_client.get(made["url"])).status_code == 404

    async def test_its_signed_address_opens_it(
        self, cms_client: AsyncClient, upload: Upload, png: bytes
    ) -> None:
        made = await upload(png)

        answer = await cms_client.get(made["signed_url"])

        assert (answer.status_code, answer.content) == (200, png)
        assert answer.headers["cache-control"] == "private, no-store"

    @pytest.mark.parametrize("forge", [lambda s: s[:-2] + "AA", lambda s: "", lambda s: s + "x"])
    async def test_a_forged_signature_does_not(
        self, cms_client: AsyncClient, upload: Upload, forge: Any
    ) -> None:
        parts = urlsplit((await upload())["signed_url"])

        answer = await cms_client.get(parts.path, params={"s": forge(parts.query[2:])})

        assert answer.status_code == 404

    async def test_a_signature_opens_no_other_file(
        self, cms_client: AsyncClient, upload: Upload
    ) -> None:
        one, other = await upload(b"One", "1.txt"), await upload(b"Two", "2.txt")
        query = urlsplit(one["signed_url"]).query

        answer = await cms_client.get(f"{other['url']}?{query}")

        assert answer.status_code == 404

    async def test_it_is_public_from_publishing_to_unpublishing(
        self, cms_client: AsyncClient, ada: AsyncClient, upload: Upload, publish: Publish
    ) -> None:
        made = await upload()
        post = await publish(cover=made["id"])
        assert (await cms_client.get(made["url"])).status_code == 200

        await ada.post(f"/api/v1/admin/posts/{post['id']}/unpublish")

        assert (await cms_client.get(made["url"])).status_code == 404

    async def test_the_cover_of_a_draft_shows_its_signed_address_to_authors(
        self, cms_client: AsyncClient, ada: AsyncClient, upload: Upload
    ) -> None:
        made = await upload()
        content = {"title": "Draft", "cover": made["id"]}

        draft = (await ada.post("/api/v1/admin/posts", json=content)).json()

        assert (await cms_client.get(draft["cover"]["url"])).status_code == 200

    async def test_a_preview_shows_what_a_draft_holds(
        self, cms_client: AsyncClient, ada: AsyncClient, upload: Upload
    ) -> None:
        made = await upload()
        body = f"![The sea]({made['url']})"
        posts = "/api/v1/admin/posts"
        draft = (await ada.post(posts, json={"title": "Draft", "body": body})).json()
        link = await ada.post(f"{posts}/{draft['id']}/preview-links", json={"expires_in": 60})

        preview = (await cms_client.get(link.json()["url"])).json()

        address = preview["body_html"].partition('src="')[2].partition('"')[0]
        assert (await cms_client.get(address)).status_code == 200

    async def test_readers_get_plain_addresses(
        self, cms_client: AsyncClient, upload: Upload, publish: Publish
    ) -> None:
        made = await upload()
        post = await publish(cover=made["id"], body=f"![The sea]({made['url']})")

        shown = (await cms_client.get(f"/api/v1/posts/{post['slug']}")).json()

        assert shown["cover"]["url"] == made["url"]
        assert f'src="{made["url"]}"' in shown["body_html"]


async def test_a_deleted_file_is_gone_at_once(
    cms_client: AsyncClient, ada: AsyncClient, words: dict[str, Any]
) -> None:
    await ada.delete(f"{MEDIA}/{words['id']}", params={"force": "true"})

    assert (await cms_client.get(words["url"])).status_code == 404


async def test_a_file_whose_bytes_are_missing_is_no_answer_cut_off(
    cms_app: CMS, cms_client: AsyncClient, words: dict[str, Any]
) -> None:
    storage = workshop_of(cms_app).storage
    for key in [each.key async for each in storage.objects()]:
        await storage.delete(key)

    answer = await cms_client.get(words["url"])

    assert (answer.status_code, answer.json()["code"]) == (503, "storage-unavailable")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.txt",
        "..\\..\\boot.txt",
        'a"; filename="evil.html".txt',
        "line\r\nX-Evil: 1.txt",
        "photo\u202egnp.txt",
        "CON.txt",
        "x" * 4000 + ".txt",
        "%2e%2e%2fx.txt",
        ".",
        "",
    ],
    ids=ascii,
)
async def test_names_are_inert(ada: AsyncClient, name: str) -> None:
    disposition = f"form-data; name=\"file\"; filename*=UTF-8''{quote(name, safe='')}"
    body = f"--x\r\nContent-Disposition: {disposition}\r\n\r\nWords\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    made = (await ada.post(MEDIA, content=body.encode(), headers=headers)).json()

    answer = await ada.get(made["signed_url"])

    told = answer.headers["content-disposition"]
    assert (answer.status_code, answer.content) == (200, b"Words")
    assert told.startswith('attachment; filename="')
    assert told.count('"') == 2
    assert "x-evil" not in answer.headers
    assert urlsplit(made["url"]).path.count("/") == 3


async def test_an_unknown_file_is_not_found(cms_client: AsyncClient) -> None:
    assert (await cms_client.get(f"/media/{uuid4()}/a.png")).status_code == 404
