from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cms_auth import UserSignedIn
from cms_auth.context import AuthContext
from cms_auth.errors import InvalidCredentials
from cms_auth.models import RefreshToken, User, UserState
from cms_auth.passwords import Argon2Cost, PasswordHasher, Verified
from cms_auth.service.sessions import Client
from cms_auth.sign_in import sign_in
from cms_core import CMS
from cms_core.testing.recorders import EventRecorder

if TYPE_CHECKING:
    from tests.conftest import Account, Register, Visitor

WRONG = "a-wholly-different-88-phrase"


class CountingHasher(PasswordHasher):
    """Counts the digests that are computed."""

    def __init__(self) -> None:
        super().__init__()
        self.digests = 0

    async def verify(self, password: str, digest: str) -> Verified:
        self.digests += 1
        return await super().verify(password, digest)


class InterruptedHasher(PasswordHasher):
    """Lets something happen after the first password was verified, before anybody acts on it."""

    def __init__(self, interrupt: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._interrupts = [interrupt]

    async def verify(self, password: str, digest: str) -> Verified:
        verified = await super().verify(password, digest)
        while self._interrupts:
            await self._interrupts.pop()()
        return verified


def context_with(cms: CMS, hasher: PasswordHasher) -> AuthContext:
    return replace(AuthContext.of(cms), hasher=hasher)


async def set_digest(cms: CMS, account: Account, digest: str | None) -> None:
    await _set(cms, account, password_digest=digest)


async def set_state(cms: CMS, account: Account, state: UserState) -> None:
    await _set(cms, account, state=state)


async def _set(cms: CMS, account: Account, **values: object) -> None:
    async with cms.db.transaction() as session:
        await session.execute(update(User).where(User.id == account.id).values(**values))


async def test_who_signs_in_gets_an_account_s_rights(register: Register, visitor: Visitor) -> None:
    ada = await register(name="Ada")

    answer = await visitor.login(ada)

    pair = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 600)
    headers = {"Authorization": f"bearer {pair['access_token']}"}
    me = (await visitor.client.get("/api/v1/admin/me", headers=headers)).json()
    assert (me["id"], me["name"], me["email"]) == (str(ada.id), "Ada", ada.email)


@pytest.mark.parametrize("typed", [" USER1@Example.COM ", "user1@example.com"])
async def test_an_address_may_be_typed_in_any_case(
    register: Register, visitor: Visitor, typed: str
) -> None:
    assert (await visitor.login(await register(), email=typed)).status_code == 200


async def test_a_password_may_be_typed_on_any_keyboard(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    await set_digest(cms_app, ada, await PasswordHasher().hash("caf\u00e9-lantern-92-meadow"))

    answer = await visitor.login(ada, password="cafe\u0301-lantern-92-meadow")

    assert answer.status_code == 200


async def refusals(
    visitor: Visitor, ada: Account, disabled: Account
) -> list[tuple[int, dict[str, object], list[str]]]:
    answers = [
        await visitor.login(ada, password=WRONG),
        await visitor.login(ada, email="nobody@example.com"),
        await visitor.login(ada, email="no address at all"),
        await visitor.login(ada, password=""),
        await visitor.login(disabled),
        await visitor.login(disabled, password=WRONG),
    ]
    return [
        (each.status_code, {**each.json(), "request_id": None}, sorted(each.headers))
        for each in answers
    ]


async def test_every_wrong_part_is_answered_alike(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada, disabled = await register(), await register()
    await set_state(cms_app, disabled, UserState.DISABLED)

    found = await refusals(visitor, ada, disabled)

    status, body, _ = found[0]
    assert (status, body["code"]) == (401, "invalid-credentials")
    assert all(each == found[0] for each in found)


async def test_an_account_without_a_password_can_t_be_signed_in_to(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    await set_digest(cms_app, ada, None)

    assert (await visitor.login(ada)).json()["code"] == "invalid-credentials"


async def test_unknown_accounts_cost_the_same_work(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    hasher = CountingHasher()
    auth = context_with(cms_app, hasher)

    for email in (ada.email, "nobody@example.com"):
        with pytest.raises(InvalidCredentials):
            await sign_in(auth, email, WRONG, Client("192.0.2.1", ""))

    assert hasher.digests == 2


async def test_a_body_with_anything_else_is_refused(register: Register, visitor: Visitor) -> None:
    answer = await visitor.login(await register(), remember="me")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/remember"


async def test_a_refused_body_is_not_echoed(register: Register, visitor: Visitor) -> None:
    answer = await visitor.client.post(
        "/api/v1/auth/login", json={"email": 1, "password": {"raw": "hunter2-canary"}}
    )

    assert answer.status_code == 422
    assert "hunter2-canary" not in answer.text


async def test_signing_in_is_told(
    cms_events: EventRecorder, register: Register, visitor: Visitor
) -> None:
    ada = await register()

    await visitor.sign_in(ada)

    (event,) = cms_events.having(UserSignedIn)
    assert (event.user_id, event.address) == (ada.id, "127.0.0.1")


async def test_only_digests_of_refresh_tokens_are_stored(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())

    async with cms_app.db.snapshot() as session:
        (stored,) = (await session.execute(select(RefreshToken))).scalars()
    assert tokens.refresh.encode() not in stored.digest
    assert len(stored.digest) == 32


async def test_a_digest_of_another_cost_is_renewed(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    old = await PasswordHasher(Argon2Cost(memory=8 * 1024, passes=1)).hash(ada.password)
    await set_digest(cms_app, ada, old)

    await visitor.sign_in(ada)

    async with cms_app.db.snapshot() as session:
        user = await session.get_one(User, ada.id)
    assert user.password_digest is not None
    assert "m=19456,t=2" in user.password_digest
    assert user.version == 1
    assert user.last_login_at is not None


async def test_two_at_once_may_renew_it(cms_app: CMS, register: Register, visitor: Visitor) -> None:
    ada = await register()
    old = await PasswordHasher(Argon2Cost(memory=8 * 1024, passes=1)).hash(ada.password)
    await set_digest(cms_app, ada, old)

    answers = await asyncio.gather(visitor.login(ada), visitor.login(ada))

    assert [each.status_code for each in answers] == [200, 200]


async def test_a_password_changed_while_the_old_one_is_verified_wins(
    cms_app: CMS, register: Register
) -> None:
    ada = await register()
    new = await PasswordHasher().hash(WRONG)
    auth = context_with(cms_app, InterruptedHasher(lambda: set_digest(cms_app, ada, new)))

    with pytest.raises(InvalidCredentials):
        await sign_in(auth, ada.email, ada.password, Client("192.0.2.1", ""))


async def test_an_account_disabled_while_its_password_is_verified_stays_out(
    cms_app: CMS, register: Register
) -> None:
    ada = await register()
    auth = context_with(
        cms_app, InterruptedHasher(lambda: set_state(cms_app, ada, UserState.DISABLED))
    )

    with pytest.raises(InvalidCredentials):
        await sign_in(auth, ada.email, ada.password, Client("192.0.2.1", ""))
