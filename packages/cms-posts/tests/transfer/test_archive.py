"""What is exported comes back as it was."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest
from httpx2 import AsyncClient
from sqlalchemy import select

from cms_core import CMS, Principal, ReferencesChanged
from cms_core.db.generations import Generation
from cms_core.testing.recorders import EventRecorder
from cms_posts.content import PostContent
from cms_posts.events import PostCreated, PostPublished
from cms_posts.models import TransitionAction
from cms_posts.service.drafts import create_post, edit_post
from cms_posts.service.plan import PlannedMoment, plan_transition
from cms_posts.service.publication import publish_post, unpublish_post
from cms_posts.service.tags import merge_tag
from cms_posts.service.trash import trash_post
from cms_posts.transfer.archive import BadArchive
from cms_posts.transfer.report import Outcome, Report

Import = Callable[..., Awaitable[Report]]
Export = Callable[[], Awaitable[list[dict[str, Any]]]]
Wipe = Callable[[], Awaitable[None]]

SIMPLE = {
    "n": 7,
    "title": "Hello World",
    "slug": "hello-world",
    "body": "Some *words*",
    "author": "Ada",
    "tags": ["Art", "Zoo"],
    "status": "published",
    "created_at": "2026-03-01T12:00:00Z",
    "published_at": "2026-03-02T13:00:00+01:00",
}


@pytest.fixture
def editor(cms_principal: Callable[..., Principal]) -> Principal:
    return cms_principal("editor")


@pytest.fixture
async def site(cms_app: CMS, editor: Principal) -> None:
    """Posts in every state, with history, former names, plans and merged tags."""
    async with cms_app.db.transaction() as session:
        now, by = await session.now(), editor
        ids = {}
        for name in ("draft", "live", "edited", "moved", "down", "trashed"):
            content = PostContent(
                name.title(), "en", body=f"*{name}*", tags=["Old", "Z", "A"], note="first"
            )
            ids[name] = (await create_post(session, content, by=by, now=now)).post.id
        for name in ("live", "edited", "moved", "down", "trashed"):
            await publish_post(session, ids[name], by=by, now=now)
        seo, parts = {"title": "T"}, {"absent": {"price": [1, None]}}
        await edit_post(session, ids["edited"], {"seo": seo, "extensions": parts}, by=by, now=now)
        await edit_post(session, ids["moved"], {"slug": "there", "tags": []}, by=by, now=now)
        await publish_post(session, ids["moved"], by=by, now=now)
        await unpublish_post(session, ids["down"], by=by, now=now)
        later = PlannedMoment(
            datetime(2050, 7, 1, 8, tzinfo=UTC), "2050-07-01T10:00:00", "Europe/Paris"
        )
        for name, action in (("down", "publish"), ("live", "unpublish")):
            await plan_transition(session, ids[name], TransitionAction(action), later, by=by)
        await trash_post(session, ids["trashed"], by=by, now=now)
        await merge_tag(session, "old", "a", by=by)


async def test_nothing_is_lost_between_an_export_and_an_import(
    site: None, export: Export, import_lines: Import, wipe: Wipe
) -> None:
    before = await export()
    await wipe()

    report = await import_lines(*before)

    assert report.outcomes == {Outcome.IMPORTED: 6}
    assert report.live == 3
    assert await export() == before


async def test_readers_see_what_they_saw(
    site: None, cms_client: AsyncClient, export: Export, import_lines: Import, wipe: Wipe
) -> None:
    paths = ["posts", "posts/edited", "posts/there", "posts/moved", "tags", "posts?tag=a"]
    paths += ["posts/down", "posts/trashed", "posts/draft"]
    before = {path: (await cms_client.get(f"/api/v1/{path}")) for path in paths}
    lines = await export()
    await wipe()
    assert (await cms_client.get("/api/v1/posts")).json()["items"] == []

    await import_lines(*lines)

    for path, answer in before.items():
        again = await cms_client.get(f"/api/v1/{path}")
        assert (again.status_code, again.headers.get("location")) == (
            answer.status_code,
            answer.headers.get("location"),
        )
        assert again.status_code != 200 or again.json() == answer.json()


async def test_an_import_again_adds_nothing(
    site: None, export: Export, import_lines: Import
) -> None:
    before = await export()

    report = await import_lines(*before)

    assert report.outcomes == {Outcome.ALREADY_THERE: 6}
    assert await export() == before


async def test_a_post_in_another_state_is_a_conflict_and_stays(
    site: None, export: Export, import_lines: Import
) -> None:
    before = await export()
    changed = {**before[0], "version": before[0]["version"] + 1}

    report = await import_lines(changed)

    assert report.outcomes == {Outcome.CONFLICT: 1}
    assert not report.complete
    assert await export() == before


async def test_a_slug_of_another_post_is_a_conflict_and_spoils_no_other(
    site: None, export: Export, import_lines: Import
) -> None:
    before = await export()
    ids = [str(UUID(int=number)) for number in range(3)]
    others = [{**before[0], "id": id} for id in ids]
    for other, slug in zip(others, ("one", before[0]["revisions"][0]["slug"], "two"), strict=True):
        other["revisions"] = [{**before[0]["revisions"][0], "slug": slug}]

    report = await import_lines(*others)

    assert report.outcomes == {Outcome.IMPORTED: 2, Outcome.CONFLICT: 1}
    assert [note.place for note in report.notes] == ["line 2"]
    assert {post["id"] for post in await export()} >= {ids[0], ids[2]}


async def test_html_is_rendered_anew_and_so_sanitised(
    site: None, cms_client: AsyncClient, export: Export, import_lines: Import, wipe: Wipe
) -> None:
    (post,) = [each for each in await export() if each["revisions"][-1]["slug"] == "live"]
    post["revisions"][0]["body"] = "<script>alert(1)</script><b onclick='x()'>bold</b>"
    await wipe()

    await import_lines(post)

    html = (await cms_client.get("/api/v1/posts/live")).json()["body_html"]
    assert "bold" in html
    assert "script" not in html
    assert "onclick" not in html


async def test_simple_lines_become_posts(
    cms_client: AsyncClient, export: Export, import_lines: Import
) -> None:
    report = await import_lines(SIMPLE, {**SIMPLE, "n": 8, "slug": "", "status": "draft"})

    assert report.outcomes == {Outcome.IMPORTED: 2}
    post = (await cms_client.get("/api/v1/posts/hello-world")).json()
    assert post["body_html"].strip() == "<p>Some <em>words</em></p>"
    assert post["author"] == {"id": str(uuid5(NAMESPACE_DNS, "Ada")), "name": "Ada"}
    assert [tag["name"] for tag in post["tags"]] == ["Art", "Zoo"]
    assert post["published_at"] == "2026-03-02T12:00:00Z"
    drafts = [each for each in await export() if each["state"] == "draft"]
    assert [each["created_at"] for each in drafts] == ["2026-03-01T12:00:00Z"]


async def test_simple_lines_are_the_same_posts_when_they_come_again(
    export: Export, import_lines: Import
) -> None:
    lines = [SIMPLE, {**SIMPLE, "n": 8}, {**SIMPLE, "n": 9, "title": "Else", "slug": ""}]
    first = await import_lines(*lines)

    again = await import_lines(*lines)

    assert [note.message for note in first.notes] == [
        "The slug 'hello-world' was taken; the post is 'hello-world-2'."
    ]
    assert again.outcomes == {Outcome.ALREADY_THERE: 3}
    assert len(await export()) == 3


async def test_a_line_that_comes_twice_is_one_post(export: Export, import_lines: Import) -> None:
    report = await import_lines(SIMPLE, SIMPLE)

    assert report.outcomes == {Outcome.IMPORTED: 1, Outcome.ALREADY_THERE: 1}
    assert len(await export()) == 1


@pytest.mark.parametrize(
    "bad",
    [
        b"{not json",
        b"[1, 2]",
        b'{"title": ""}',
        {**SIMPLE, "created_at": "2026-03-01T12:00:00"},
        {**SIMPLE, "title": "x" * 301},
        {**SIMPLE, "body": "nul \x00"},
        {**SIMPLE, "body": "lone \ud800"},
        {**SIMPLE, "body": "x" * 600_000},
        {**SIMPLE, "status": "scheduled"},
        {"id": "x", "revisions": []},
    ],
)
async def test_a_bad_line_is_told_and_spoils_no_other(import_lines: Import, bad: Any) -> None:
    report = await import_lines(SIMPLE, bad, {**SIMPLE, "n": 8, "slug": "other"})

    assert report.outcomes == {Outcome.IMPORTED: 2, Outcome.FAILED: 1}
    assert [note.place for note in report.notes] == ["line 2"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "published"},
        {"published_revision": 2},
        {"published_revision": 1},
        {"revisions": []},
        {"surprise": 1},
    ],
)
async def test_a_line_that_contradicts_itself_is_refused(
    site: None, export: Export, import_lines: Import, wipe: Wipe, change: dict[str, Any]
) -> None:
    (draft,) = [each for each in await export() if each["revisions"][-1]["slug"] == "draft"]
    await wipe()

    report = await import_lines({**draft, **change})

    assert report.outcomes == {Outcome.FAILED: 1}
    assert await export() == []


async def test_a_file_of_another_kind_is_refused_as_a_whole(import_lines: Import) -> None:
    with pytest.raises(BadArchive):
        await import_lines(b"<rss>", SIMPLE)


async def test_imported_posts_are_announced_and_renew_what_shows_them(
    cms_app: CMS, cms_events: EventRecorder, import_lines: Import
) -> None:
    await import_lines(SIMPLE, {**SIMPLE, "n": 8, "slug": "other", "status": "draft"})

    assert len(cms_events.having(PostCreated)) == 2
    (published,) = cms_events.having(PostPublished)
    assert (published.slug, published.revision) == ("hello-world", 1)
    people = [each for each in cms_events.having(ReferencesChanged) if each.kind == "principal"]
    assert [each.published for each in people].count(True) == 1
    author, post = uuid5(NAMESPACE_DNS, "Ada"), published.post_id
    async with cms_app.db.snapshot() as session:
        scopes = set((await session.execute(select(Generation.scope))).scalars())
    assert scopes == {
        "posts",
        "tags",
        "tag:art",
        "tag:zoo",
        "month:2026-03",
        f"author:{author}",
        f"post:{post}",
        "post:hello-world",
    }


async def test_an_unknown_account_is_looked_for_by_its_name(
    site: None, export: Export, import_lines: Import, wipe: Wipe
) -> None:
    (post,) = [each for each in await export() if each["revisions"][-1]["slug"] == "draft"]
    known = str(uuid5(NAMESPACE_DNS, "Ada"))
    post["revisions"][0]["author"] = {"id": str(UUID(int=1)), "name": "Ada"}
    post["revisions"][0]["created_by"] = {"id": str(UUID(int=2)), "name": None}
    await wipe()

    await import_lines(post)

    (revision,) = (await export())[0]["revisions"]
    assert revision["author"] == {"id": known, "name": "Ada"}
    assert revision["created_by"]["id"] == str(UUID(int=2))
