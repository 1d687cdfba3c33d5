from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from httpx2 import AsyncClient

Write = Callable[..., Awaitable[dict[str, Any]]]


async def test_a_link_shows_the_working_copy_to_whoever_has_it(
    ada: AsyncClient, write: Write, cms_client: AsyncClient
) -> None:
    path = f"/posts/{(await write(ada, title='One'))['id']}"
    await ada.patch(path, json={"title": "Two"})

    created = await ada.post(f"{path}/preview-links", json={"expires_in": 60})

    link = created.json()
    assert created.status_code == 201
    assert (
        created.headers["location"] == f"http://test/api/v1/admin{path}/preview-links/{link['id']}"
    )
    assert (await cms_client.get(link["url"])).json()["title"] == "Two"


async def test_a_link_lasts_as_long_as_was_asked_for(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}/preview-links"

    link = (await ada.post(path, json={"expires_in": 3600})).json()

    listed = (await ada.get(path)).json()["items"][0]
    start, end = (datetime.fromisoformat(listed[name]) for name in ("created_at", "expires_at"))
    assert (end - start).total_seconds() == 3600
    assert listed["expires_at"] == link["expires_at"]


async def test_a_revoked_link_shows_nothing(
    ada: AsyncClient, write: Write, cms_client: AsyncClient
) -> None:
    path = f"/posts/{(await write(ada))['id']}/preview-links"
    link, other = [(await ada.post(path, json={"expires_in": 60})).json() for _ in range(2)]

    revoked = await ada.delete(f"{path}/{link['id']}")

    assert revoked.status_code == 204
    assert (await cms_client.get(link["url"])).status_code == 404
    assert (await cms_client.get(other["url"])).status_code == 200
    assert (await ada.get(f"{path}/{link['id']}")).json()["revoked_at"] is not None


async def test_revoking_twice_keeps_the_first_date(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}/preview-links"
    link = (await ada.post(path, json={"expires_in": 60})).json()
    await ada.delete(f"{path}/{link['id']}")
    first = (await ada.get(f"{path}/{link['id']}")).json()

    assert (await ada.delete(f"{path}/{link['id']}")).status_code == 204

    assert (await ada.get(f"{path}/{link['id']}")).json() == first


async def test_links_are_listed_without_their_addresses(
    ada: AsyncClient, write: Write, ids: dict[str, str]
) -> None:
    path = f"/posts/{(await write(ada))['id']}/preview-links"
    link = (await ada.post(path, json={"expires_in": 60})).json()

    listed = await ada.get(path)

    assert listed.json()["items"][0]["created_by"] == {"id": ids["Ada"], "name": "Ada"}
    assert link["url"].rpartition("/")[2] not in listed.text


async def test_a_link_of_another_post_is_not_found(ada: AsyncClient, write: Write) -> None:
    first, second = [f"/posts/{(await write(ada))['id']}/preview-links" for _ in range(2)]
    link = (await ada.post(first, json={"expires_in": 60})).json()

    answers = [await ada.get(f"{second}/{link['id']}"), await ada.delete(f"{second}/{link['id']}")]

    assert {answer.json()["code"] for answer in answers} == {"preview-link-not-found"}


async def test_a_link_can_not_last_for_ever(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}/preview-links"

    for seconds in (59, 30 * 24 * 3600 + 1, 10**12):
        refused = await ada.post(path, json={"expires_in": seconds})

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/expires_in"
