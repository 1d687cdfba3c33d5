"""Whose posts one may see and change: what is not there for somebody is a 404, not a 403."""

from collections.abc import Awaitable, Callable
from typing import Any

from httpx2 import AsyncClient, Response

Write = Callable[..., Awaitable[dict[str, Any]]]
SignIn = Callable[..., Awaitable[AsyncClient]]

ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/visibility", None),
    ("GET", "/revisions", None),
    ("GET", "/revisions/1", None),
    ("GET", "/revisions/1/diff", None),
    ("GET", "/preview-links", None),
    ("PATCH", "", {"title": "Mine"}),
    ("DELETE", "", None),
    ("POST", "/untrash", None),
    ("POST", "/publish", None),
    ("POST", "/unpublish", None),
    ("POST", "/revisions/1/restore", None),
    ("POST", "/preview-links", {"expires_in": 60}),
]


async def ask(client: AsyncClient, id: str, method: str, path: str, body: Any = None) -> Response:
    return await client.request(method, f"/posts/{id}{path}", json=body)


async def ask_everything(client: AsyncClient, id: str) -> dict[str, int]:
    return {
        f"{method} {path}": (await ask(client, id, method, path, body)).status_code
        for method, path, body in ROUTES
    }


async def test_another_author_finds_nothing(
    ada: AsyncClient, bob: AsyncClient, write: Write
) -> None:
    post = await write(ada, live=True)

    answers = await ask_everything(bob, post["id"])

    assert answers == dict.fromkeys(answers, 404)
    assert (await ada.get(f"/posts/{post['id']}")).json() == post


async def test_a_reader_is_refused(ada: AsyncClient, sign_in: SignIn, write: Write) -> None:
    post = await write(ada)

    answers = await ask_everything(await sign_in("reader", name="Rob"), post["id"])

    assert answers == dict.fromkeys(answers, 403)


async def test_nobody_is_asked_to_sign_in(
    ada: AsyncClient, cms_client: AsyncClient, write: Write
) -> None:
    post = await write(ada)
    cms_client.base_url = ada.base_url

    answers = await ask_everything(cms_client, post["id"])

    assert answers == dict.fromkeys(answers, 401)


async def test_an_editor_is_served(ada: AsyncClient, eve: AsyncClient, write: Write) -> None:
    post = await write(ada)

    answers = await ask_everything(eve, post["id"])

    assert set(answers.values()) == {200, 201, 204}


async def test_an_author_lists_only_own_posts(
    ada: AsyncClient, bob: AsyncClient, eve: AsyncClient, write: Write, ids: dict[str, str]
) -> None:
    own, other = await write(ada), await write(bob)

    assert [post["id"] for post in (await ada.get("/posts")).json()["items"]] == [own["id"]]
    assert (await ada.get(f"/posts?author={ids['Bob']}")).json()["items"] == []
    all_of_them = (await eve.get("/posts")).json()["items"]
    assert {post["id"] for post in all_of_them} == {own["id"], other["id"]}


async def test_an_author_can_write_for_nobody_else(
    ada: AsyncClient, write: Write, ids: dict[str, str]
) -> None:
    post = await write(ada)
    for_bob = {"title": "T", "author_id": ids["Bob"]}

    assert (await ada.post("/posts", json=for_bob)).status_code == 403
    assert (await ada.patch(f"/posts/{post['id']}", json=for_bob)).status_code == 403


async def test_an_author_can_name_oneself(ada: AsyncClient, ids: dict[str, str]) -> None:
    created = await ada.post("/posts", json={"title": "T", "author_id": ids["Ada"]})

    assert created.status_code == 201


async def test_an_editor_hands_a_post_to_another_author(
    ada: AsyncClient, bob: AsyncClient, eve: AsyncClient, write: Write, ids: dict[str, str]
) -> None:
    post = await write(ada)

    handed = await eve.patch(f"/posts/{post['id']}", json={"author_id": ids["Bob"]})

    assert handed.json()["author"] == {"id": ids["Bob"], "name": "Bob"}
    assert (await bob.get(f"/posts/{post['id']}")).status_code == 200
    assert (await ada.get(f"/posts/{post['id']}")).status_code == 404


async def test_an_account_that_does_not_exist_is_no_author(eve: AsyncClient, cover: str) -> None:
    refused = await eve.post("/posts", json={"title": "T", "author_id": cover})

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-reference")
    assert refused.json()["errors"][0]["pointer"] == "/author_id"


async def test_a_cover_that_does_not_exist_is_refused(
    ada: AsyncClient, ids: dict[str, str]
) -> None:
    refused = await ada.post("/posts", json={"title": "T", "cover": ids["Ada"]})

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-reference")
    assert refused.json()["errors"][0]["pointer"] == "/cover"


async def test_who_publishes_for_all_but_writes_only_own_posts_sees_but_can_not_change_others(
    ada: AsyncClient, sign_in: SignIn, write: Write
) -> None:
    post = await write(ada)
    rights = ["posts:write", "posts:publish", "posts:publish-any"]
    chief = await sign_in(permissions=rights, name="Chief")

    assert (await ask(chief, post["id"], "GET", "")).status_code == 200
    assert (await ask(chief, post["id"], "PATCH", "", {"title": "N"})).status_code == 403
    assert (await ask(chief, post["id"], "POST", "/publish")).status_code == 200


async def test_who_writes_for_all_but_publishes_only_own_posts_can_not_publish_others(
    ada: AsyncClient, sign_in: SignIn, write: Write
) -> None:
    post = await write(ada, live=True)
    rights = ["posts:write", "posts:write-any", "posts:publish"]
    helper = await sign_in(permissions=rights, name="Helper")

    assert (await ask(helper, post["id"], "PATCH", "", {"title": "N"})).status_code == 200
    assert (await ask(helper, post["id"], "POST", "/publish")).status_code == 403
    assert (await ask(helper, post["id"], "POST", "/unpublish")).status_code == 403


async def test_who_can_not_publish_can_not_trash_what_is_live(
    ada: AsyncClient, sign_in: SignIn, write: Write
) -> None:
    live, draft = await write(ada, live=True), await write(ada)
    trainee = await sign_in(permissions=["posts:write"], name="Ada")

    assert (await ask(trainee, live["id"], "DELETE", "")).status_code == 403
    assert (await ask(trainee, draft["id"], "DELETE", "")).status_code == 204


async def test_an_author_can_not_purge(ada: AsyncClient, write: Write) -> None:
    post = await write(ada)
    await ada.delete(f"/posts/{post['id']}")

    assert (await ask(ada, post["id"], "POST", "/purge")).status_code == 403
