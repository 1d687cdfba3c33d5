"""`If-Match`, `Idempotency-Key`, and many authors at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from cms_core import Settings

Write = Callable[..., Awaitable[dict[str, Any]]]

CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"title": "New"}),
    ("POST", "/publish", None),
    ("POST", "/unpublish", None),
    ("POST", "/revisions/1/restore", None),
    ("POST", "/untrash", None),
    ("DELETE", "", None),
]


async def change(
    client: AsyncClient, post: dict[str, Any], method: str, path: str, body: Any, **headers: str
) -> Response:
    return await client.request(method, f"/posts/{post['id']}{path}", json=body, headers=headers)


async def etag_of(client: AsyncClient, post: dict[str, Any]) -> str:
    etag: str = (await client.get(f"/posts/{post['id']}")).headers["etag"]
    return etag


async def test_a_change_of_what_one_has_read_is_made(ada: AsyncClient, write: Write) -> None:
    for method, path, body in CHANGES:
        post = await write(ada)
        etag = await etag_of(ada, post)

        answer = await change(ada, post, method, path, body, **{"If-Match": etag})

        assert answer.status_code in (200, 204), path


async def test_a_change_of_what_has_changed_since_is_refused(
    ada: AsyncClient, write: Write
) -> None:
    post = await write(ada)
    stale = await etag_of(ada, post)
    await ada.patch(f"/posts/{post['id']}", json={"excerpt": "changed"})
    current = await ada.get(f"/posts/{post['id']}")

    for method, path, body in CHANGES:
        refused = await change(ada, post, method, path, body, **{"If-Match": stale})

        assert (refused.status_code, refused.json()["code"]) == (412, "precondition-failed"), path
        assert refused.headers["etag"] == '"2"'
    assert (await ada.get(f"/posts/{post['id']}")).json() == current.json()


async def test_a_purge_of_what_has_changed_since_is_refused(
    ada: AsyncClient, eve: AsyncClient, write: Write
) -> None:
    post = await write(ada)
    stale = await etag_of(ada, post)
    await ada.delete(f"/posts/{post['id']}")

    refused = await change(eve, post, "POST", "/purge", None, **{"If-Match": stale})

    assert refused.status_code == 412


async def test_a_new_name_of_the_author_does_not_fail_a_change(
    ada: AsyncClient, write: Write
) -> None:
    """What is merely shown is part of the ETag, but not of the version that changes compare."""
    post = await write(ada)
    version = (await etag_of(ada, post)).strip('"').split("-")[0]

    answer = await change(
        ada, post, "PATCH", "", {"title": "New"}, **{"If-Match": f'"{version}-other"'}
    )

    assert answer.status_code == 200


class TestWhereIfMatchIsRequired:
    @pytest.fixture
    def cms_settings(self, cms_settings: Settings) -> Settings:
        return cms_settings.model_copy(update={"require_if_match": True})

    async def test_a_change_without_it_is_refused(self, ada: AsyncClient) -> None:
        post = (await ada.post("/posts", json={"title": "T"})).json()

        for method, path, body in CHANGES:
            refused = await change(ada, post, method, path, body)

            assert (refused.status_code, refused.json()["code"]) == (428, "precondition-required")


async def test_edits_at_the_same_time_are_all_kept(ada: AsyncClient, write: Write) -> None:
    post = await write(ada)
    turn = asyncio.Semaphore(8)

    async def edit(number: int) -> int:
        async with turn:
            answer = await ada.patch(f"/posts/{post['id']}", json={"title": f"Title {number}"})
            assert answer.status_code == 200, answer.text
            revision: int = answer.json()["revision"]
            return revision

    made = await asyncio.gather(*(edit(number) for number in range(200)))

    assert sorted(made) == list(range(2, 202))
    assert (await ada.get(f"/posts/{post['id']}")).json()["revision"] == 201


async def test_of_edits_of_one_version_one_is_made(ada: AsyncClient, write: Write) -> None:
    post = await write(ada)
    etag = await etag_of(ada, post)

    async def edit(number: int) -> int:
        body = {"title": f"Title {number}"}
        return (await change(ada, post, "PATCH", "", body, **{"If-Match": etag})).status_code

    answers = await asyncio.gather(*(edit(number) for number in range(10)))

    assert sorted(answers) == [200] + 9 * [412]


async def test_a_post_that_is_sent_many_times_is_made_once(ada: AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}

    answers = await asyncio.gather(
        *(ada.post("/posts", json={"title": "Once"}, headers=headers) for _ in range(20))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len((await ada.get("/posts")).json()["items"]) == 1


async def test_the_address_of_a_preview_is_told_only_once(ada: AsyncClient, write: Write) -> None:
    path = f"/posts/{(await write(ada))['id']}/preview-links"
    headers = {"Idempotency-Key": "one"}

    first = await ada.post(path, json={"expires_in": 60}, headers=headers)
    second = await ada.post(path, json={"expires_in": 60}, headers=headers)

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "already-created"
    assert len((await ada.get(path)).json()["items"]) == 1
