"""The calendar of all posts that one may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from httpx2 import AsyncClient

if TYPE_CHECKING:
    from tests.conftest import Plan, SignIn, Write


MARCH, APRIL, MAY = (f"2036-0{month}-01T08:00:00Z" for month in (3, 4, 5))


async def _at(client: AsyncClient, query: str = "", path: str = "/schedule") -> list[str]:
    answer = await client.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    return [item["at"] for item in answer.json()["items"]]


async def test_it_shows_the_posts_of_everybody_to_editors(
    ada: AsyncClient, bob: AsyncClient, eve: AsyncClient, write: Write, plan: Plan
) -> None:
    await plan(bob, await write(bob), at=APRIL)
    await plan(ada, await write(ada), at=MARCH)

    assert await _at(eve) == [MARCH, APRIL]
    assert await _at(eve, "sort=-at") == [APRIL, MARCH]


async def test_it_shows_authors_their_own_posts_alone(
    ada: AsyncClient, bob: AsyncClient, eve: AsyncClient, write: Write, plan: Plan
) -> None:
    await plan(bob, await write(bob), at=APRIL)
    await plan(eve, await write(eve), at=MAY)
    await plan(ada, await write(ada), at=MARCH)

    assert await _at(ada) == [MARCH]


async def test_what_others_planned_for_ones_post_is_shown_with_their_name(
    ada: AsyncClient, eve: AsyncClient, write: Write, plan: Plan
) -> None:
    await plan(eve, await write(ada, title="Mine", slug="mine"), at=MARCH)

    (item,) = (await ada.get("/schedule")).json()["items"]

    assert item["created_by"]["name"] == "Eve"
    assert (item["post"]["title"], item["post"]["slug"]) == ("Mine", "mine")


async def test_a_range_begins_with_its_first_instant_and_ends_before_its_last(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    for at in (MARCH, APRIL, MAY):
        await plan(ada, await write(ada), at=at)

    assert await _at(ada, f"from={APRIL}") == [APRIL, MAY]
    assert await _at(ada, f"to={APRIL}") == [MARCH]
    assert await _at(ada, f"from={MARCH}&to={MAY}") == [MARCH, APRIL]
    assert await _at(ada, f"from={MAY}&to={MARCH}") == []


async def test_what_is_cancelled_shows_only_when_asked_for(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    await plan(ada, post, at=MARCH)
    cancelled = await plan(ada, post, at=APRIL)
    await ada.delete(f"/posts/{post['id']}/schedule/{cancelled['id']}")
    lists = ("/schedule", f"/posts/{post['id']}/schedule")

    for path in lists:
        assert await _at(ada, path=path) == [MARCH]
        assert await _at(ada, "state=cancelled", path) == [APRIL]
        assert await _at(ada, "state=cancelled&state=planned", path) == [MARCH, APRIL]


async def test_it_comes_in_pages(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    days = [f"2036-03-{day:02d}T08:00:00Z" for day in range(1, 6)]
    for at in days:
        await plan(ada, post, at=at)

    seen, url = [], "/schedule?limit=2&count=exact&fields=at,id"
    while url:
        page = await ada.get(url)
        seen += [item["at"] for item in page.json()["items"]]
        assert page.json()["total"] == 5
        url = page.links["next"]["url"] if "next" in page.links else ""

    assert seen == days


async def test_posts_in_the_trash_are_left_out(ada: AsyncClient, write: Write, plan: Plan) -> None:
    post = await write(ada)
    await plan(ada, post, at=MARCH)

    await ada.delete(f"/posts/{post['id']}")

    assert await _at(ada, "state=cancelled&state=planned") == []


@pytest.mark.parametrize(
    "query",
    [
        "state=unknown",
        "from=2036-03-01T08:00:00",
        "to=yesterday",
        "sort=title",
        "from=2036-03-01&from=2036-04-01",
        "limit=101",
        "since=2036-03-01T08:00:00Z",
        "cursor=abc",
    ],
)
async def test_queries_that_mean_nothing_are_refused(ada: AsyncClient, query: str) -> None:
    refused = await ada.get(f"/schedule?{query}")

    assert refused.status_code == 422
    assert refused.json()["errors"]


async def test_a_list_that_has_not_changed_is_not_sent_again(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    await plan(ada, await write(ada), at=MARCH)
    tag = (await ada.get("/schedule")).headers["etag"]

    again = await ada.get("/schedule", headers={"If-None-Match": tag})

    assert again.status_code == 304


async def test_the_plan_of_anothers_post_does_not_exist(
    ada: AsyncClient, bob: AsyncClient, write: Write, plan: Plan
) -> None:
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule"
    transition = await plan(ada, post, at=MARCH)
    missing = "/posts/01980d6e-7c5f-7d5a-9d0c-2f6f0e7a5b11/schedule"

    for url in (path, missing):
        one = f"{url}/{transition['id']}"
        answers: list[Any] = [
            await bob.get(url),
            await bob.post(url, json={"action": "publish", "at": APRIL}),
            await bob.get(one),
            await bob.patch(one, json={"at": APRIL}),
            await bob.delete(one),
            await bob.post(f"{one}/retry"),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert {answer.json()["code"] for answer in answers} == {"post-not-found"}


async def test_a_transition_of_another_post_is_not_found(
    ada: AsyncClient, write: Write, plan: Plan
) -> None:
    transition = await plan(ada, await write(ada), at=MARCH)
    one = f"/posts/{(await write(ada))['id']}/schedule/{transition['id']}"

    answers = [
        await ada.get(one),
        await ada.patch(one, json={"at": APRIL}),
        await ada.delete(one),
        await ada.post(f"{one}/retry"),
    ]

    assert {answer.json()["code"] for answer in answers} == {"transition-not-found"}
    assert await _at(ada) == [MARCH]


async def test_who_may_not_publish_may_look_but_not_plan(
    ada: AsyncClient, sign_in: SignIn, write: Write, plan: Plan
) -> None:
    rights = ["posts:write", "posts:write-any"]
    corrector = await sign_in(permissions=rights, name="Corrector")
    post = await write(ada)
    path = f"/posts/{post['id']}/schedule"
    one = f"{path}/{(await plan(ada, post, at=MARCH))['id']}"

    assert await _at(corrector) == [MARCH]
    assert (await corrector.get(one)).status_code == 200
    answers = [
        await corrector.post(path, json={"action": "publish", "at": APRIL}),
        await corrector.patch(one, json={"at": APRIL}),
        await corrector.delete(one),
        await corrector.post(f"{one}/retry"),
    ]
    assert {answer.status_code for answer in answers} == {403}
