from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cms_auth import PasswordChanged, UserChanged
from cms_core.testing.recorders import EventRecorder

if TYPE_CHECKING:
    from tests.conftest import Account, Register, Tokens, Visitor

ME = "/api/v1/admin/me"
NEW = "violet-harbour-51-compass"


@pytest.fixture
async def ada(register: Register) -> Account:
    return await register("reader", "lovelace@example.com", "Ada")


@pytest.fixture
async def tokens(ada: Account, visitor: Visitor) -> Tokens:
    return await visitor.sign_in(ada)


async def test_the_account_shows_what_it_may_do(tokens: Tokens, visitor: Visitor) -> None:
    answer = await visitor.client.get(ME, headers=tokens.headers)

    me = answer.json()
    assert (me["role"], me["state"], me["permissions"]) == (
        "reader",
        "active",
        ["auth:own-account"],
    )
    assert answer.headers["etag"].startswith('"1-')
    assert "password" not in {key for key in me if me[key] is not True}
    assert "digest" not in answer.text


async def test_the_name_can_be_changed(
    cms_events: EventRecorder, ada: Account, tokens: Tokens, visitor: Visitor
) -> None:
    answer = await visitor.client.patch(ME, json={"name": " Ada L. "}, headers=tokens.headers)

    assert (answer.status_code, answer.json()["name"]) == (200, "Ada L.")
    (event,) = cms_events.having(UserChanged)
    assert event == UserChanged(ada.id, ada.id, ("name",))
    assert (await visitor.client.get(ME, headers=tokens.headers)).json()["name"] == "Ada L."


async def test_a_stale_change_is_refused(tokens: Tokens, visitor: Visitor) -> None:
    seen = (await visitor.client.get(ME, headers=tokens.headers)).headers["etag"]
    headers = {**tokens.headers, "If-Match": seen}
    await visitor.client.patch(ME, json={"name": "First"}, headers=headers)

    answer = await visitor.client.patch(ME, json={"name": "Second"}, headers=headers)

    assert (answer.status_code, answer.headers["etag"]) == (412, '"2"')


async def test_a_change_that_changes_nothing_keeps_the_version(
    cms_events: EventRecorder, tokens: Tokens, visitor: Visitor
) -> None:
    answer = await visitor.client.patch(ME, json={"name": "Ada"}, headers=tokens.headers)

    assert answer.headers["etag"].startswith('"1-')
    assert cms_events.having(UserChanged) == []


async def test_another_address_takes_the_password(
    ada: Account, tokens: Tokens, visitor: Visitor
) -> None:
    for sent in ({}, {"current_password": "a-guess-at-it"}):
        body = {"email": "Countess@Example.com", **sent}
        answer = await visitor.client.patch(ME, json=body, headers=tokens.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "wrong-password")

    body = {"email": "Countess@Example.com", "current_password": ada.password}
    answer = await visitor.client.patch(ME, json=body, headers=tokens.headers)

    assert (answer.status_code, answer.json()["email"]) == (200, "countess@example.com")
    assert (await visitor.login(ada)).status_code == 401
    assert (await visitor.login(ada, email="countess@example.com")).status_code == 200


async def test_the_address_of_another_account_is_taken(
    register: Register, ada: Account, tokens: Tokens, visitor: Visitor
) -> None:
    await register(email="eve@example.com")

    body = {"email": "EVE@example.com", "current_password": ada.password}
    answer = await visitor.client.patch(ME, json=body, headers=tokens.headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "email-taken")


@pytest.mark.parametrize("field", ["role", "state", "password", "permissions", "id", "version"])
async def test_nothing_else_can_be_changed(field: str, tokens: Tokens, visitor: Visitor) -> None:
    answer = await visitor.client.patch(ME, json={field: "admin"}, headers=tokens.headers)

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "  "}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"email": "no address"}, "/email"),
        ({"email": "a@b@c"}, "/email"),
        ({"email": "@b.org"}, "/email"),
        ({"email": "a@b..org"}, "/email"),
        ({"email": f"{'x' * 250}@b.org"}, "/email"),
    ],
)
async def test_what_is_no_name_or_address_is_refused(
    body: dict[str, object], pointer: str, tokens: Tokens, visitor: Visitor
) -> None:
    answer = await visitor.client.patch(ME, json=body, headers=tokens.headers)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_the_password_can_be_changed(
    cms_events: EventRecorder, ada: Account, tokens: Tokens, visitor: Visitor
) -> None:
    body = {"current_password": ada.password, "new_password": NEW}
    answer = await visitor.client.post(f"{ME}/password", json=body, headers=tokens.headers)

    assert answer.status_code == 204
    assert (await visitor.login(ada)).status_code == 401
    assert (await visitor.login(ada, password=NEW)).status_code == 200
    assert cms_events.having(PasswordChanged) == [PasswordChanged(ada.id, ada.id)]


async def test_the_password_is_changed_once_when_sent_twice(
    ada: Account, tokens: Tokens, visitor: Visitor
) -> None:
    headers = {**tokens.headers, "Idempotency-Key": "change-1"}
    body = {"current_password": ada.password, "new_password": NEW}

    answers = [
        await visitor.client.post(f"{ME}/password", json=body, headers=headers) for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [204, 204]


@pytest.mark.parametrize(
    ("current", "new", "code"),
    [
        ("not-the-password-at-all", NEW, "wrong-password"),
        (None, "short", "password-too-short"),
        (None, "passwordpassword", "password-common"),
        (None, "lovelace-and-numbers-7", "password-names-account"),
        (None, "x" * 129, "password-too-long"),
    ],
)
async def test_a_password_that_may_not_be_chosen_is_refused(
    current: str | None, new: str, code: str, ada: Account, tokens: Tokens, visitor: Visitor
) -> None:
    body = {"current_password": current or ada.password, "new_password": new}
    answer = await visitor.client.post(f"{ME}/password", json=body, headers=tokens.headers)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await visitor.login(ada)).status_code == 200


async def test_the_own_sessions_are_listed(
    register: Register, ada: Account, tokens: Tokens, visitor: Visitor
) -> None:
    await visitor.sign_in(await register())
    await visitor.logout(await visitor.sign_in(ada))
    visitor.client.headers["User-Agent"] = "Browser/1.0 " + "x" * 300
    await visitor.sign_in(ada)

    answer = await visitor.client.get(f"{ME}/sessions", headers=tokens.headers)

    latest, current = answer.json()["items"]
    assert (latest["current"], current["current"]) == (False, True)
    assert latest["user_agent"] == ("Browser/1.0 " + "x" * 300)[:200]
    assert latest["address"] == "127.0.0.1"


async def test_an_own_session_can_be_ended(
    ada: Account, tokens: Tokens, visitor: Visitor, elsewhere: Visitor
) -> None:
    lost = await visitor.sign_in(ada)
    listed = await visitor.client.get(f"{ME}/sessions", headers=tokens.headers)
    (id,) = (each["id"] for each in listed.json()["items"] if not each["current"])

    answer = await visitor.client.delete(f"{ME}/sessions/{id}", headers=tokens.headers)

    assert answer.status_code == 204
    assert (await elsewhere.status(lost), await elsewhere.status(tokens)) == (401, 200)
    again = await visitor.client.delete(f"{ME}/sessions/{id}", headers=tokens.headers)
    assert (again.status_code, again.json()["code"]) == (404, "session-not-found")


async def test_another_s_session_can_t_be_ended(
    register: Register, tokens: Tokens, visitor: Visitor
) -> None:
    other = await visitor.sign_in(await register())
    listed = await visitor.client.get(f"{ME}/sessions", headers=other.headers)
    id = listed.json()["items"][0]["id"]

    answer = await visitor.client.delete(f"{ME}/sessions/{id}", headers=tokens.headers)

    assert answer.status_code == 404
    assert await visitor.status(other) == 200
