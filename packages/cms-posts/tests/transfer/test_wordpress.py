"""A site that comes from WordPress."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest
from httpx2 import AsyncClient

from cms_posts.transfer.importing import SYSTEM
from cms_posts.transfer.report import Outcome, Report
from cms_posts.wordpress.reader import BadExport

Import = Callable[..., Awaitable[Report]]
Export = Callable[[], Awaitable[list[dict[str, Any]]]]

ACTIVE = re.compile(r"<script|\son\w+\s*=|javascript:", re.IGNORECASE)


@pytest.fixture
async def report(import_wordpress: Import, wordpress_export: bytes) -> Report:
    """What the first import said."""
    return await import_wordpress(wordpress_export)


async def by_slug(export: Export) -> dict[str, dict[str, Any]]:
    return {post["revisions"][-1]["slug"]: post for post in await export()}


async def test_every_post_and_page_comes_in_and_the_rest_is_told(
    report: Report, cms_client: AsyncClient
) -> None:
    assert report.outcomes == {Outcome.IMPORTED: 9}
    assert report.live == 4
    assert report.left_out == {"attachment": 1, "nav_menu_item": 1, "comment": 2}
    live = (await cms_client.get("/api/v1/posts")).json()["items"]
    assert [post["slug"] for post in live] == ["hello-world", "ep", "hello-world-2", "about"]


async def test_a_post_keeps_its_dates_author_and_terms(
    report: Report, cms_client: AsyncClient
) -> None:
    post = (await cms_client.get("/api/v1/posts/hello-world")).json()

    assert post["title"] == "Hello World & all"
    assert post["published_at"] == "2024-05-06T07:08:09Z"
    assert post["updated_at"] == "2024-06-07T08:09:10Z"
    assert post["author"] == {
        "id": str(uuid5(NAMESPACE_DNS, "Ada Lovelace")),
        "name": "Ada Lovelace",
    }
    assert [tag["name"] for tag in post["tags"]] == ["Art & Craft", "Zoo"]
    assert post["excerpt"] == "The first post."
    assert post["revision"] == 1


async def test_a_page_is_a_post_with_a_tag(report: Report, cms_client: AsyncClient) -> None:
    page = (await cms_client.get("/api/v1/posts/about")).json()

    assert page["tags"] == [{"slug": "page", "name": "page"}]
    assert page["body_html"].strip() == "<p>About us.</p>"
    assert (page["excerpt"], page["author"]["name"]) == ("Who we are", "somebody")


async def test_nothing_active_is_delivered(report: Report, cms_client: AsyncClient) -> None:
    posts = (await cms_client.get("/api/v1/posts?fields=body,body_html,title,excerpt")).text
    feed = (await cms_client.get("/feed.atom")).text

    assert "first" in posts
    assert not ACTIVE.search(posts)
    assert not ACTIVE.search(feed)


async def test_galleries_show_the_files_of_the_old_site(
    report: Report, cms_client: AsyncClient
) -> None:
    post = (await cms_client.get("/api/v1/posts/hello-world")).json()

    assert 'src="https://blog.example/photo.jpg"' in post["body_html"]


async def test_what_was_not_public_becomes_a_draft_and_is_told(
    report: Report, export: Export
) -> None:
    posts = await by_slug(export)
    told = {note.title: note.message for note in report.notes}

    for slug in ("for-friends", "for-me", "later"):
        assert posts[slug]["state"] == "draft"
    assert told["For friends"] == "It was protected by a password; it is a draft."
    assert told["For me"] == "It was private; it is a draft."
    assert told["Later"] == "It is planned for 2030-01-01T19:00:18Z, as it was."
    (planned,) = posts["later"]["plan"]
    assert (planned["action"], planned["revision"]) == ("publish", 1)
    assert planned["due_at"] == "2030-01-01T19:00:18Z"
    assert posts["later"]["created_at"] == "2024-03-03T00:00:00Z"


async def test_what_was_in_the_trash_is_there_again(report: Report, export: Export) -> None:
    assert (await by_slug(export))["gone-trashed"]["trashed_at"] == "2024-03-04T00:00:00Z"


async def test_what_wordpress_left_out_is_made_up_and_told(report: Report, export: Export) -> None:
    draft = (await by_slug(export))["words-without-a-title"]
    told = [note.message for note in report.notes if note.title == "Words without a title"]

    assert draft["revisions"][0]["title"] == "Words without a title"
    assert draft["created_at"] == "2026-11-22T12:00:00Z"
    assert draft["revisions"][0]["author"]["id"] == str(SYSTEM)
    assert told == [
        "It has no title; it got the beginning of its text.",
        "It has no slug; it got one made from its title.",
    ]


async def test_what_a_post_loses_is_told(report: Report) -> None:
    told = [(note.place, note.message) for note in report.notes]

    assert ("line 18", "It was sticky; posts here have no such state.") in told
    assert ("line 58", "The slug 'hello-world' was taken; the post is 'hello-world-2'.") in told


async def test_an_import_again_adds_nothing(
    report: Report, import_wordpress: Import, wordpress_export: bytes, export: Export
) -> None:
    before = await export()

    again = await import_wordpress(wordpress_export)

    assert again.outcomes == {Outcome.ALREADY_THERE: 9}
    assert again.complete
    assert await export() == before


async def test_two_imports_at_once_bring_every_post_in_once(
    import_wordpress: Import, wordpress_export: bytes, export: Export
) -> None:
    reports = await asyncio.gather(*(import_wordpress(wordpress_export) for _ in range(3)))

    assert sum(report.outcomes[Outcome.IMPORTED] for report in reports) == 9
    assert all(report.complete for report in reports)
    assert len(await export()) == 9


async def test_what_precedes_a_fault_stays_and_the_next_import_goes_on(
    import_wordpress: Import, wordpress_export: bytes, export: Export
) -> None:
    cut = wordpress_export[: wordpress_export.index(b"For friends")]
    report = Report()

    with pytest.raises(BadExport):
        await import_wordpress(cut, report)

    assert report.outcomes == {Outcome.IMPORTED: 5}
    assert len(await export()) == 5
    rest = await import_wordpress(wordpress_export)
    assert rest.outcomes == {Outcome.ALREADY_THERE: 5, Outcome.IMPORTED: 4}


async def test_a_post_that_cannot_be_kept_is_told_and_spoils_no_other(
    import_wordpress: Import, wordpress_export: bytes
) -> None:
    huge = wordpress_export.replace(b"About us.", b"x" * 600_000)

    report = await import_wordpress(huge)

    assert report.outcomes == {Outcome.IMPORTED: 8, Outcome.FAILED: 1}
    assert [note.title for note in report.notes if "more characters" in note.message] == ["About"]


async def test_an_author_edits_and_the_next_import_leaves_the_edit_alone(
    report: Report,
    import_wordpress: Import,
    wordpress_export: bytes,
    cms_client: AsyncClient,
    cms_login: Callable[..., dict[str, str]],
) -> None:
    post = (await cms_client.get("/api/v1/posts/about")).json()
    address = f"/api/v1/admin/posts/{post['id']}"
    headers = cms_login("editor")
    await cms_client.patch(address, json={"title": "Mine"}, headers=headers)

    again = await import_wordpress(wordpress_export)

    assert again.complete
    assert (await cms_client.get(address, headers=headers)).json()["title"] == "Mine"
