"""What authors see and say of files, and what protects these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from httpx2 import AsyncClient

if TYPE_CHECKING:
    from tests.library.conftest import Publish, SignIn, Upload

MEDIA, POSTS = "/api/v1/admin/media", "/api/v1/admin/posts"


async def names(ada: AsyncClient, **filters: Any) -> list[str]:
    answer = await ada.get(MEDIA, params={"sort": "filename", **filters})
    assert answer.status_code == 200, answer.text
    return [each["filename"] for each in answer.json()["items"]]


@pytest.fixture
async def shelf(upload: Upload, publish: Publish, png: bytes) -> None:
    await upload(png, "sea.png", alt="Waves", folder="2026/covers")
    await upload(b"Words", "notes.txt", title="About waves", folder="2026")
    used = await upload(b"More words", "used.txt", folder="2025")
    await publish(cover=used["id"])


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["notes.txt", "sea.png", "used.txt"]),
        ({"q": "WAVES"}, ["notes.txt", "sea.png"]),
        ({"q": "%"}, []),
        ({"type": "image"}, ["sea.png"]),
        ({"type": "text/plain"}, ["notes.txt", "used.txt"]),
        ({"folder": "2026"}, ["notes.txt", "sea.png"]),
        ({"folder": "2026/covers"}, ["sea.png"]),
        ({"used": "true"}, ["used.txt"]),
        ({"used": "false"}, ["notes.txt", "sea.png"]),
    ],
    ids=str,
)
async def test_files_are_found(
    shelf: None, ada: AsyncClient, filters: dict[str, str], expected: list[str]
) -> None:
    assert await names(ada, **filters) == expected


async def test_what_is_said_of_a_file_changes_under_its_version(
    ada: AsyncClient, upload: Upload
) -> None:
    made = await upload()
    address = f"{MEDIA}/{made['id']}"
    seen = (await ada.get(address)).headers["etag"]

    changed = await ada.patch(address, json={"alt": "Sea"}, headers={"If-Match": seen})
    late = await ada.patch(address, json={"alt": "See"}, headers={"If-Match": seen})

    assert (changed.status_code, changed.json()["alt"]) == (200, "Sea")
    assert late.status_code == 412


async def test_readers_see_a_changed_alt_text_at_once(
    cms_client: AsyncClient, ada: AsyncClient, upload: Upload, publish: Publish
) -> None:
    made = await upload(alt="Old")
    post = await publish(cover=made["id"])
    address = f"/api/v1/posts/{post['slug']}"
    await cms_client.get(address)
    await cms_client.get("/api/v1/posts")

    await ada.patch(f"{MEDIA}/{made['id']}", json={"alt": "New"})

    one = (await cms_client.get(address)).json()
    listed = (await cms_client.get("/api/v1/posts")).json()["items"][0]
    assert (one["cover"]["alt"], listed["cover"]["alt"]) == ("New", "New")


async def test_files_of_others_can_be_shown_but_not_changed(
    cms_sign_in: SignIn, upload: Upload
) -> None:
    made = await upload()
    bob = await cms_sign_in("author", name="Bob")
    address = f"{MEDIA}/{made['id']}"

    answers = [await bob.get(address), await bob.patch(address, json={"alt": "Mine"})]
    answers.append(await bob.delete(address))

    assert [each.status_code for each in answers] == [200, 403, 403]


async def test_a_renamed_file_keeps_the_ending_of_its_type(
    ada: AsyncClient, upload: Upload
) -> None:
    made = await upload()

    changed = await ada.patch(f"{MEDIA}/{made['id']}", json={"filename": "../evil.html"})

    assert changed.json()["filename"].endswith(".png")
    assert "/" not in changed.json()["filename"]


class TestUses:
    async def test_they_are_told_apart(
        self, ada: AsyncClient, upload: Upload, publish: Publish
    ) -> None:
        made, other = await upload(), await upload(b"Other", "other.txt")
        live = await publish(cover=made["id"])
        draft = (await ada.post(POSTS, json={"title": "D", "cover": made["id"]})).json()
        past = (await ada.post(POSTS, json={"title": "P", "cover": made["id"]})).json()
        await ada.patch(f"{POSTS}/{past['id']}", json={"cover": other["id"]})

        uses = (await ada.get(f"{MEDIA}/{made['id']}")).json()["uses"]

        assert uses == [
            {"source": f"post:{live['id']}", "published": True, "working": True},
            {"source": f"post:{draft['id']}", "published": False, "working": True},
            {"source": f"post:{past['id']}", "published": False, "working": False},
        ]

    async def test_addresses_in_bodies_count(
        self, ada: AsyncClient, upload: Upload, publish: Publish
    ) -> None:
        made = await upload()
        post = await publish(body=f"See ![it]({made['url']}).")

        uses = (await ada.get(f"{MEDIA}/{made['id']}")).json()["uses"]

        assert [each["source"] for each in uses] == [f"post:{post['id']}"]

    async def test_they_protect_from_deletion(
        self, ada: AsyncClient, upload: Upload, publish: Publish
    ) -> None:
        made = await upload()
        post = await publish(cover=made["id"])
        address = f"{MEDIA}/{made['id']}"

        refused = await ada.delete(address)

        assert (refused.status_code, refused.json()["code"]) == (409, "media-in-use")
        assert post["id"] in refused.json()["detail"]
        assert (await ada.get(address)).status_code == 200

    async def test_a_forced_deletion_leaves_no_cover(
        self, cms_client: AsyncClient, ada: AsyncClient, upload: Upload, publish: Publish
    ) -> None:
        made = await upload()
        post = await publish(cover=made["id"])
        await cms_client.get(f"/api/v1/posts/{post['slug']}")

        await ada.delete(f"{MEDIA}/{made['id']}", params={"force": "true"})

        shown = await cms_client.get(f"/api/v1/posts/{post['slug']}")
        assert shown.json()["cover"] is None

    async def test_a_purged_post_protects_nothing(
        self, ada: AsyncClient, cms_sign_in: SignIn, upload: Upload
    ) -> None:
        made = await upload()
        post = (await ada.post(POSTS, json={"title": "P", "cover": made["id"]})).json()
        editor = await cms_sign_in("editor")
        await editor.delete(f"{POSTS}/{post['id']}")
        await editor.post(f"{POSTS}/{post['id']}/purge")

        assert (await ada.delete(f"{MEDIA}/{made['id']}")).status_code == 204

    async def test_a_cover_that_does_not_exist_is_refused(self, ada: AsyncClient) -> None:
        nobody = "01890a5d-ac96-774b-bcce-b302099a8057"

        answer = await ada.post(POSTS, json={"title": "P", "cover": nobody})

        assert (answer.status_code, answer.json()["code"]) == (422, "unknown-reference")
