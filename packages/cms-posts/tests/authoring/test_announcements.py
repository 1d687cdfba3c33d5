"""What posts tell the rest of the house: events, references, and scopes of cached answers."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from cms_core import Event, ReferencesChanged, ReferencesEnded
from cms_core.testing.recorders import EventRecorder
from cms_posts.events import (
    PostCreated,
    PostEdited,
    PostPublished,
    PostPurged,
    PostTrashed,
    PostUnpublished,
    PostUntrashed,
)

Write = Callable[..., Awaitable[dict[str, Any]]]
Generations = Callable[[], Awaitable[dict[str, UUID]]]
PICTURE = "0190a000-0000-7000-8000-0000000000c1"


@pytest.fixture
def touched(generations: Generations) -> Callable[[Awaitable[Any]], Awaitable[set[str]]]:
    """``await touched(ada.post(…))``: the scopes that this has renewed."""

    async def touched(doing: Awaitable[Any]) -> set[str]:
        before = await generations()
        assert (await doing).status_code < 300
        return {scope for scope, gen in (await generations()).items() if before.get(scope) != gen}

    return touched


Touched = Callable[[Awaitable[Any]], Awaitable[set[str]]]


def posts_events(events: EventRecorder) -> list[Event]:
    return [event for event in events.committed if not isinstance(event, ReferencesChanged)]


async def test_each_step_of_a_post_is_an_event(
    eve: AsyncClient, write: Write, cms_events: EventRecorder, ids: dict[str, str]
) -> None:
    post = await write(eve, live=True, slug="news")
    id, by, path = UUID(post["id"]), UUID(ids["Eve"]), f"/posts/{post['id']}"

    await eve.patch(path, json={"title": "New"})
    await eve.delete(path)
    await eve.post(f"{path}/untrash")
    await eve.delete(path)
    await eve.post(f"{path}/purge")

    happened = posts_events(cms_events)
    published_at = cms_events.having(PostPublished)[0].published_at
    assert happened == [
        PostCreated(id, by),
        PostPublished(id, by, 1, "news", published_at),
        PostEdited(id, by, 2),
        PostUnpublished(id, by, "news"),
        PostTrashed(id, by),
        PostUntrashed(id, by),
        PostTrashed(id, by),
        ReferencesEnded(f"post:{id}"),
        PostPurged(id, by),
    ]
    assert {event.aggregate for event in happened} == {f"post:{id}"}


async def test_what_changes_nothing_is_no_event(
    ada: AsyncClient, write: Write, cms_events: EventRecorder
) -> None:
    path = f"/posts/{(await write(ada, live=True, title='T'))['id']}"
    cms_events.clear()

    await ada.patch(path, json={"title": "T"})
    await ada.post(f"{path}/publish")
    await ada.post(f"{path}/untrash")
    await ada.post(f"{path}/revisions/1/restore")

    assert cms_events.committed == []


async def test_drafts_touch_nothing_that_readers_see(
    eve: AsyncClient, write: Write, generations: Generations
) -> None:
    path = f"/posts/{(await write(eve, tags=['t']))['id']}"

    await eve.patch(path, json={"title": "T", "slug": "t", "tags": ["u"]})
    await eve.post(f"{path}/preview-links", json={"expires_in": 60})
    await eve.delete(path)
    await eve.post(f"{path}/purge")

    assert await generations() == {}


async def test_publishing_touches_the_post_and_the_lists_that_show_it(
    ada: AsyncClient, write: Write, touched: Touched, ids: dict[str, str]
) -> None:
    post = await write(ada, slug="news", tags=["A", "B"])
    await write(ada, live=True, slug="other", tags=["C"])

    scopes = await touched(ada.post(f"/posts/{post['id']}/publish"))

    month = (await ada.get(f"/posts/{post['id']}")).json()["published_at"][:7]
    lists = {"posts", "tag:a", "tag:b", f"author:{ids['Ada']}", f"month:{month}"}
    assert scopes == {f"post:{post['id']}", "post:news", "tags", *lists}


async def test_publishing_a_new_body_leaves_other_names_and_the_list_of_tags_alone(
    ada: AsyncClient, write: Write, touched: Touched, ids: dict[str, str]
) -> None:
    path = f"/posts/{(await write(ada, live=True, slug='old', tags=['A']))['id']}"
    await ada.patch(path, json={"slug": "new"})
    await ada.post(f"{path}/publish")
    post = (await ada.patch(path, json={"body": "new"})).json()

    scopes = await touched(ada.post(f"{path}/publish"))

    month = post["published_at"][:7]
    lists = {"posts", "tag:a", f"author:{ids['Ada']}", f"month:{month}"}
    assert scopes == {f"post:{post['id']}", "post:new", *lists}


async def test_publishing_touches_the_lists_that_a_post_leaves(
    ada: AsyncClient,
    eve: AsyncClient,
    write: Write,
    touched: Touched,
    ids: dict[str, str],
) -> None:
    path = f"/posts/{(await write(ada, live=True, tags=['A', 'B']))['id']}"
    await eve.patch(path, json={"tags": ["B", "C"], "author_id": ids["Bob"]})

    scopes = await touched(eve.post(f"{path}/publish"))

    authors = {f"author:{ids['Ada']}", f"author:{ids['Bob']}"}
    assert scopes >= {"tag:a", "tag:b", "tag:c", "tags"} | authors


async def test_a_new_name_touches_the_former_ones(
    ada: AsyncClient, write: Write, touched: Touched
) -> None:
    path = f"/posts/{(await write(ada, live=True, slug='one'))['id']}"
    await ada.patch(path, json={"slug": "two"})
    await ada.post(f"{path}/publish")
    await ada.patch(path, json={"slug": "three"})

    scopes = await touched(ada.post(f"{path}/publish"))

    assert scopes >= {"post:one", "post:two", "post:three"}


async def test_taking_down_touches_all_that_showed_the_post(
    ada: AsyncClient, write: Write, touched: Touched, ids: dict[str, str]
) -> None:
    path = f"/posts/{(await write(ada, live=True, slug='one', tags=['A']))['id']}"
    await ada.patch(path, json={"slug": "two"})
    post = (await ada.post(f"{path}/publish")).json()

    scopes = await touched(ada.post(f"{path}/unpublish"))

    names = {f"post:{post['id']}", "post:one", "post:two"}
    month = f"month:{post['published_at'][:7]}"
    assert scopes == {*names, "posts", "tags", "tag:a", month, f"author:{ids['Ada']}"}


async def test_references_of_drafts_and_of_what_is_live_are_told_apart(
    ada: AsyncClient, write: Write, cms_events: EventRecorder, ids: dict[str, str], cover: str
) -> None:
    author, picture = (UUID(ids["Ada"]),), UUID(PICTURE)
    post = await write(ada, cover=cover, body=f"![](/media/{PICTURE}/hat.png)")
    source, path = f"post:{post['id']}", f"/posts/{post['id']}"

    def told() -> list[ReferencesChanged]:
        changes = cms_events.having(ReferencesChanged)
        cms_events.clear()
        return changes

    both = (UUID(cover), picture)
    assert told() == [
        ReferencesChanged(source, "principal", author, published=False),
        ReferencesChanged(source, "media", both, published=False),
    ]
    await ada.post(f"{path}/publish")
    assert told() == [
        ReferencesChanged(source, "principal", author, published=True),
        ReferencesChanged(source, "media", both, published=True),
    ]
    await ada.patch(path, json={"cover": None})
    assert told() == [ReferencesChanged(source, "media", (picture,), published=False)]
    await ada.post(f"{path}/publish")
    assert told() == [ReferencesChanged(source, "media", (picture,), published=True)]
    await ada.post(f"{path}/unpublish")
    assert told() == [
        ReferencesChanged(source, "principal", (), published=True),
        ReferencesChanged(source, "media", (), published=True),
    ]


async def test_a_purged_post_refers_to_nothing(
    eve: AsyncClient, write: Write, cms_events: EventRecorder, cover: str
) -> None:
    post = await write(eve, cover=cover)
    await eve.delete(f"/posts/{post['id']}")
    cms_events.clear()

    await eve.post(f"/posts/{post['id']}/purge")

    source = f"post:{post['id']}"
    assert cms_events.having(ReferencesChanged) == [
        ReferencesChanged(source, "principal", (), published=False),
        ReferencesChanged(source, "media", (), published=False),
    ]
