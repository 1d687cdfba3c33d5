"""Tags as such: renamed, merged and deleted everywhere at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from cms_core.testing.recorders import EventRecorder
from cms_posts.events import TagDeleted, TagMerged, TagRenamed

Write = Callable[..., Awaitable[dict[str, Any]]]
Generations = Callable[[], Awaitable[dict[str, UUID]]]
Count = Callable[[], AbstractContextManager[list[str]]]


async def titles_of(client: AsyncClient, tag: str) -> list[str]:
    answer = await client.get(f"/api/v1/posts?tag={tag}&sort=title")
    return [item["title"] for item in answer.json()["items"]]


async def shown_tags(client: AsyncClient, slug: str) -> Any:
    return (await client.get(f"/api/v1/posts/{slug}")).json()["tags"]


async def changed(
    generations: Generations, action: Awaitable[Any], *, expect: Sequence[str]
) -> None:
    before = await generations()
    await action
    after = await generations()
    assert set(expect) <= {scope for scope, gen in after.items() if before.get(scope) != gen}


async def test_the_list_counts_working_copies_and_live_posts(
    eve: AsyncClient, write: Write
) -> None:
    await write(eve, title="A", tags=["Art", "Zoo"], live=True)
    await write(eve, title="B", tags=["Art"])
    trashed = await write(eve, title="C", tags=["Art"])
    await eve.delete(f"/posts/{trashed['id']}")

    answer = await eve.get("/tags?count=exact")

    assert answer.json()["items"] == [
        {"slug": "art", "name": "Art", "posts": 2, "published_posts": 1},
        {"slug": "zoo", "name": "Zoo", "posts": 1, "published_posts": 1},
    ]
    assert answer.json()["total"] == 2


async def test_tags_are_found_by_a_part_of_their_name(eve: AsyncClient, write: Write) -> None:
    await write(eve, tags=["Fine Art", "Zoo", "100% wool"])

    for q, slugs in (("ART", ["fine-art"]), ("e-a", ["fine-art"]), ("0%25", ["100-wool"])):
        found = (await eve.get(f"/tags?q={q}")).json()["items"]
        assert [tag["slug"] for tag in found] == slugs


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/tags", None),
        ("GET", "/tags/art", None),
        ("PATCH", "/tags/art", {"name": "X"}),
        ("POST", "/tags/art/merge", {"into": "zoo"}),
        ("DELETE", "/tags/art", None),
    ],
)
async def test_only_editors_keep_tags(ada: AsyncClient, method: str, path: str, body: Any) -> None:
    assert (await ada.request(method, path, json=body)).status_code == 403


async def test_a_renamed_tag_has_its_new_name_on_every_post(
    eve: AsyncClient, cms_client: AsyncClient, write: Write
) -> None:
    post = await write(eve, title="A", tags=["Art"], live=True)

    answer = await eve.patch("/tags/art", json={"name": "Fine Art"})

    assert answer.json() == {"slug": "art", "name": "Fine Art", "posts": 1, "published_posts": 1}
    assert await shown_tags(cms_client, "a") == [{"slug": "art", "name": "Fine Art"}]
    working_copy = (await eve.get(f"/posts/{post['id']}")).json()
    assert working_copy["tags"] == [{"slug": "art", "name": "Fine Art"}]
    assert working_copy["revision"] == 1


async def test_a_former_slug_leads_to_the_tag(
    eve: AsyncClient, cms_client: AsyncClient, write: Write
) -> None:
    await write(eve, title="A", tags=["Art"], live=True)

    await eve.patch("/tags/art", json={"slug": "fine-art"})
    await eve.patch("/tags/fine-art", json={"slug": "finest-art"})

    for slug in ("art", "fine-art", "finest-art"):
        assert await titles_of(cms_client, slug) == ["A"]
    assert await shown_tags(cms_client, "a") == [{"slug": "finest-art", "name": "Art"}]
    assert len((await eve.get("/tags")).json()["items"]) == 1


async def test_a_tag_may_take_a_former_slug_back(
    eve: AsyncClient, cms_client: AsyncClient, write: Write
) -> None:
    await write(eve, title="A", tags=["Art"], live=True)
    await eve.patch("/tags/art", json={"slug": "fine-art"})

    answer = await eve.patch("/tags/fine-art", json={"slug": "art"})

    assert answer.json()["slug"] == "art"
    for slug in ("art", "fine-art"):
        assert await titles_of(cms_client, slug) == ["A"]


async def test_whoever_types_the_old_or_the_new_name_means_the_renamed_tag(
    eve: AsyncClient, write: Write
) -> None:
    await write(eve, tags=["Art"])
    await eve.patch("/tags/art", json={"name": "Painting"})

    for name in ("Art", "Painting", "painting"):
        post = await write(eve, tags=[name])
        assert post["tags"] == [{"slug": "art", "name": "Painting"}]


@pytest.mark.parametrize("body", [{"name": "Zoo"}, {"slug": "zoo"}, {"slug": "former"}])
async def test_a_name_of_another_tag_is_taken(eve: AsyncClient, write: Write, body: Any) -> None:
    await write(eve, tags=["Art", "Zoo", "Former"])
    await eve.patch("/tags/former", json={"slug": "latter"})

    answer = await eve.patch("/tags/art", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "tag-taken")
    assert (await eve.get("/tags/art")).json()["name"] == "Art"


async def test_a_merged_tag_leaves_its_posts_and_its_names_to_the_other(
    eve: AsyncClient, cms_client: AsyncClient, write: Write
) -> None:
    await write(eve, title="A", tags=["Art"], live=True)
    await write(eve, title="B", tags=["Arts", "Art"], live=True)
    await write(eve, title="C", tags=["Arts"])

    answer = await eve.post("/tags/arts/merge", json={"into": "art"})

    assert answer.json() == {"slug": "art", "name": "Art", "posts": 3, "published_posts": 2}
    for slug in ("art", "arts"):
        assert await titles_of(cms_client, slug) == ["A", "B"]
    assert await shown_tags(cms_client, "b") == [{"slug": "art", "name": "Art"}]
    assert len((await eve.get("/posts?tag=arts")).json()["items"]) == 3
    assert (await eve.get("/tags/arts")).status_code == 404


async def test_merged_tags_lead_to_the_last_one_in_one_step(
    eve: AsyncClient, cms_client: AsyncClient, cms_query_count: Count, write: Write
) -> None:
    await write(eve, title="A", tags=["One"], live=True)
    await write(eve, title="B", tags=["Two", "Three"])
    await eve.post("/tags/one/merge", json={"into": "two"})
    await eve.post("/tags/two/merge", json={"into": "three"})

    for slug in ("one", "two", "three"):
        assert await titles_of(cms_client, slug) == ["A"]
    assert await shown_tags(cms_client, "a") == [{"slug": "three", "name": "Three"}]


@pytest.mark.parametrize("into", ["art", "former-art", "unknown"])
async def test_a_tag_is_merged_into_another_that_exists(
    eve: AsyncClient, write: Write, into: str
) -> None:
    await write(eve, tags=["Former Art"])
    await eve.patch("/tags/former-art", json={"slug": "art"})

    answer = await eve.post("/tags/art/merge", json={"into": into})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-tag")


async def test_a_deleted_tag_is_gone_from_every_post(
    eve: AsyncClient, cms_client: AsyncClient, write: Write
) -> None:
    post = await write(eve, title="A", tags=["Art", "Zoo"], live=True)
    await write(eve, tags=["Arts"])
    await eve.post("/tags/arts/merge", json={"into": "art"})

    answer = await eve.delete("/tags/art")

    assert answer.status_code == 204
    assert await shown_tags(cms_client, "a") == [{"slug": "zoo", "name": "Zoo"}]
    assert (await eve.get(f"/posts/{post['id']}")).json()["tags"][0]["slug"] == "zoo"
    for slug in ("art", "arts"):
        assert await titles_of(cms_client, slug) == []
        assert (await eve.get(f"/tags/{slug}")).status_code == 404


async def test_a_deleted_tag_can_be_made_again(eve: AsyncClient, write: Write) -> None:
    await write(eve, tags=["Art"])
    await eve.delete("/tags/art")

    assert (await write(eve, tags=["ART"]))["tags"] == [{"slug": "art", "name": "ART"}]


async def test_a_change_is_refused_when_the_tag_has_changed_since(
    eve: AsyncClient, write: Write
) -> None:
    await write(eve, tags=["Art", "Zoo"])
    etag = (await eve.get("/tags/art")).headers["etag"]
    await eve.patch("/tags/art", json={"name": "Fine Art"}, headers={"If-Match": etag})

    stale = {"If-Match": etag}
    answers = [
        await eve.patch("/tags/art", json={"name": "X"}, headers=stale),
        await eve.post("/tags/art/merge", json={"into": "zoo"}, headers=stale),
        await eve.delete("/tags/art", headers=stale),
    ]

    assert [answer.status_code for answer in answers] == [412, 412, 412]


async def test_what_happens_to_tags_is_announced(
    eve: AsyncClient, write: Write, cms_events: EventRecorder, ids: dict[str, str]
) -> None:
    await write(eve, tags=["Art", "Zoo", "Sea"])
    cms_events.clear()

    await eve.patch("/tags/art", json={"name": "Fine Art", "slug": "fine-art"})
    await eve.post("/tags/fine-art/merge", json={"into": "zoo"})
    await eve.delete("/tags/sea")

    (renamed,) = cms_events.having(TagRenamed)
    assert (renamed.old_slug, renamed.slug, renamed.name) == ("art", "fine-art", "Fine Art")
    assert str(renamed.by) == ids["Eve"]
    (merged,) = cms_events.having(TagMerged)
    assert merged.tag_id == renamed.tag_id
    assert [event.slug for event in cms_events.having(TagDeleted)] == ["sea"]


async def test_what_shows_a_tag_is_renewed_when_the_tag_changes(
    eve: AsyncClient, write: Write, generations: Generations, cms_events: EventRecorder
) -> None:
    await write(eve, tags=["Art", "Zoo"], live=True)
    everywhere = ["tags", "tags:any"]

    rename = eve.patch("/tags/art", json={"slug": "arts"})
    await changed(generations, rename, expect=[*everywhere, "tag:art", "tag:arts"])
    art = f"tag:{cms_events.having(TagRenamed)[0].tag_id}"
    merge = eve.post("/tags/arts/merge", json={"into": "zoo"})
    await changed(generations, merge, expect=[*everywhere, "tag:arts", "tag:zoo", art])
    delete = eve.delete("/tags/zoo")
    await changed(generations, delete, expect=[*everywhere, "tag:arts", "tag:zoo", art])


async def test_a_merge_takes_as_many_statements_for_many_posts_as_for_one(
    eve: AsyncClient, write: Write, cms_query_count: Count
) -> None:
    counts = []
    for posts in (1, 6):
        for _ in range(posts):
            await write(eve, tags=[f"From {posts}"], live=True)
        await write(eve, tags=["Into"])
        with cms_query_count() as statements:
            await eve.post(f"/tags/from-{posts}/merge", json={"into": "into"})
        counts.append(len(statements))

    assert counts[0] == counts[1]


async def test_posts_published_while_their_tags_are_merged_end_up_with_the_survivor(
    eve: AsyncClient, cms_client: AsyncClient, write: Write
) -> None:
    posts = [await write(eve, title=f"P{n}", tags=["Old", "New"][n % 2 :]) for n in range(8)]

    answers = await asyncio.gather(
        *(eve.post(f"/posts/{post['id']}/publish") for post in posts[:4]),
        eve.post("/tags/old/merge", json={"into": "new"}),
        *(eve.post(f"/posts/{post['id']}/publish") for post in posts[4:]),
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await titles_of(cms_client, "old") == [f"P{n}" for n in range(8)]
