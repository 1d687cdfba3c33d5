from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cms_auth.context import access_tokens
from cms_core import CMS

if TYPE_CHECKING:
    from tests.conftest import Register, Visitor

ME = "/api/v1/admin/me"


async def test_a_request_costs_one_read_for_identity(
    cms_query_count: Callable[[], AbstractContextManager[list[str]]],
    register: Register,
    visitor: Visitor,
) -> None:
    tokens = await visitor.sign_in(await register("admin"))

    with cms_query_count() as statements:
        await visitor.client.get("/api/v1/admin/users", headers=tokens.headers)

    identity, listing = statements
    assert "sessions" in identity
    assert "sessions" not in listing


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "..", "a.b.c.d", "test-0123456789abcdef", "é.é.é"]
)
async def test_forged_tokens_cost_no_read(
    cms_query_count: Callable[[], AbstractContextManager[list[str]]], visitor: Visitor, token: str
) -> None:
    with cms_query_count() as statements:
        header = (b"authorization", f"Bearer {token}".encode("latin-1"))
        answer = await visitor.client.get(ME, headers=[header])

    assert answer.status_code == 401
    assert statements == []


async def test_tokens_of_other_authenticators_are_left_to_them(
    visitor: Visitor, cms_login: Callable[..., dict[str, str]]
) -> None:
    answer = await visitor.client.get("/api/v1/admin/users", headers=cms_login("admin"))

    assert answer.status_code == 200


async def test_a_genuine_token_of_no_session_is_refused(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    async with cms_app.db.snapshot() as session:
        now = (await session.now()).timestamp()
    token = access_tokens(cms_app).issue(str(ada.id), str(uuid4()), now=now)

    answer = await visitor.client.get(ME, headers={"Authorization": f"Bearer {token}"})

    assert (answer.status_code, answer.json()["code"]) == (401, "token-refused")


async def test_the_session_of_another_account_is_refused(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada, eve = await register(), await register()
    claims = access_tokens(cms_app).open((await visitor.sign_in(ada)).access)
    token = access_tokens(cms_app).issue(str(eve.id), claims.sid, now=claims.iat)

    answer = await visitor.client.get(ME, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


async def test_an_access_token_expires_by_the_clock_of_the_database(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    claims = access_tokens(cms_app).open((await visitor.sign_in(await register())).access)
    tokens = access_tokens(cms_app)
    long_ago = tokens.issue(claims.sub, claims.sid, now=claims.iat - tokens.lifetime - 60)

    answer = await visitor.client.get(ME, headers={"Authorization": f"Bearer {long_ago}"})

    assert answer.status_code == 401


async def test_delivery_ignores_credentials(visitor: Visitor) -> None:
    answer = await visitor.client.get("/api/v1/nothing", headers={"Authorization": "Bearer a.b.c"})

    assert answer.status_code == 404
