"""What is ended, disabled or demoted on one process is so on the next request to any other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cms_auth import EndReason, SessionEnded
from cms_core.testing.recorders import EventRecorder

if TYPE_CHECKING:
    from tests.conftest import Account, Register, Tokens, Visitor

NEW = "violet-harbour-51-compass"


@pytest.fixture
async def admin(register: Register, visitor: Visitor) -> Tokens:
    """The session of an administrator."""
    return await visitor.sign_in(await register("admin", "root@example.com"))


async def test_a_session_is_good_in_every_process(
    register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())

    assert await elsewhere.status(tokens) == 200
    assert await visitor.status(await elsewhere.renew(tokens)) == 200


async def test_signing_out_ends_access_and_refresh_token_everywhere(
    cms_events: EventRecorder, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())

    answer = await visitor.logout(tokens)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert await elsewhere.status(tokens) == 401
    assert (await elsewhere.refresh(tokens.refresh)).status_code == 401
    assert [each.reason for each in cms_events.having(SessionEnded)] == [EndReason.SIGNED_OUT]


async def test_signing_out_twice_is_refused(register: Register, visitor: Visitor) -> None:
    tokens = await visitor.sign_in(await register())
    await visitor.logout(tokens)

    assert (await visitor.logout(tokens)).status_code == 401


async def test_nobody_can_t_sign_out(visitor: Visitor) -> None:
    assert (await visitor.client.post("/api/v1/auth/logout")).status_code == 401


async def test_signing_out_leaves_other_sessions(register: Register, visitor: Visitor) -> None:
    ada = await register()
    first, second = await visitor.sign_in(ada), await visitor.sign_in(ada)

    await visitor.logout(first)

    assert await visitor.status(second) == 200


async def change(visitor: Visitor, admin: Tokens, account: Account, **body: str) -> None:
    answer = await visitor.client.patch(
        f"/api/v1/admin/users/{account.id}", json=body, headers=admin.headers
    )
    assert answer.status_code == 200, answer.text


async def test_a_disabled_account_is_out_at_once(
    admin: Tokens, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)

    await change(visitor, admin, ada, state="disabled")

    assert await elsewhere.status(tokens) == 401
    assert (await elsewhere.refresh(tokens.refresh)).status_code == 401
    assert (await elsewhere.login(ada)).status_code == 401


async def test_enabling_an_account_revives_no_session(
    admin: Tokens, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)

    await change(visitor, admin, ada, state="disabled")
    await change(visitor, admin, ada, state="active")

    assert await elsewhere.status(tokens) == 401
    assert (await elsewhere.login(ada)).status_code == 200


async def test_a_demoted_account_lacks_its_rights_at_once(
    admin: Tokens, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    second = await register("admin")
    tokens = await visitor.sign_in(second)
    users = "/api/v1/admin/users"
    assert (await elsewhere.client.get(users, headers=tokens.headers)).status_code == 200

    await change(visitor, admin, second, role="editor")

    assert (await elsewhere.client.get(users, headers=tokens.headers)).status_code == 403


async def test_a_deleted_account_is_out_at_once(
    admin: Tokens, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)

    answer = await visitor.client.delete(f"/api/v1/admin/users/{ada.id}", headers=admin.headers)

    assert answer.status_code == 204
    assert await elsewhere.status(tokens) == 401
    assert (await elsewhere.refresh(tokens.refresh)).status_code == 401


async def test_a_password_set_by_an_administrator_ends_all_sessions(
    admin: Tokens, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)

    await change(visitor, admin, ada, password=NEW)

    assert await elsewhere.status(tokens) == 401
    assert (await elsewhere.login(ada)).status_code == 401
    assert (await elsewhere.login(ada, password=NEW)).status_code == 200


async def test_a_password_changed_by_its_owner_ends_all_other_sessions(
    cms_events: EventRecorder, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()
    present, other = await visitor.sign_in(ada), await visitor.sign_in(ada)

    answer = await visitor.client.post(
        "/api/v1/admin/me/password",
        json={"current_password": ada.password, "new_password": NEW},
        headers=present.headers,
    )

    assert answer.status_code == 204
    assert (await elsewhere.status(present), await elsewhere.status(other)) == (200, 401)
    assert (await elsewhere.refresh(other.refresh)).status_code == 401
    assert (await elsewhere.refresh(present.refresh)).status_code == 200
    assert (await elsewhere.login(ada)).status_code == 401
    assert [each.reason for each in cms_events.having(SessionEnded)] == [EndReason.PASSWORD_CHANGED]


async def test_a_sign_in_that_meets_the_disabling_leaves_no_session(
    admin: Tokens, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()

    disabling = asyncio.create_task(change(visitor, admin, ada, state="disabled"))
    answers = await asyncio.gather(*(elsewhere.login(ada) for _ in range(4)))
    await disabling

    for answer in answers:
        pair = answer.json()
        headers = {"Authorization": f"Bearer {pair.get('access_token', 'a.b.c')}"}
        me = await elsewhere.client.get("/api/v1/admin/me", headers=headers)
        assert me.status_code == 401
