from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from httpx2 import ASGITransport, AsyncClient

from cms_core import CMS, Settings, build_cms
from cms_core.api import create_api
from cms_core.plugins.contributions import Plugin

if TYPE_CHECKING:
    from tests.conftest import Register, Visitor

LIMITS = {
    "login_attempts": 3,
    "login_attempts_per_address": 6,
    "login_attempts_per_account": 5,
    "password_memory": 19 * 1024,
}


@pytest.fixture
def cms_settings(cms_settings: Settings) -> Settings:
    # One process, whose share is the whole limit: a Redis that is late changes no count.
    return cms_settings.model_copy(update={"plugin_settings": {"auth": LIMITS}, "processes": 1})


def from_address(visitor: Visitor, cms: CMS, address: str) -> Visitor:
    """A visitor from elsewhere."""
    app = create_api(cms)
    client = AsyncClient(transport=ASGITransport(app, client=(address, 1)), base_url="http://test")
    return type(visitor)(client)


async def guesses(visitor: Visitor, email: str, times: int) -> list[int]:
    return [
        (await visitor.login(email=email, password=f"wrong-guess-{number}")).status_code
        for number in range(times)
    ]


async def test_guessing_one_password_from_one_address_is_stopped(
    register: Register, visitor: Visitor
) -> None:
    ada = await register()

    assert await guesses(visitor, ada.email, 5) == [401, 401, 401, 429, 429]
    answer = await visitor.login(ada)

    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert answer.headers["ratelimit-policy"] == '"login";q=3;w=900'
    assert answer.headers["ratelimit"].startswith('"login";r=0;t=')


async def test_a_sign_in_tells_what_is_left(register: Register, visitor: Visitor) -> None:
    answer = await visitor.login(await register())

    assert answer.headers["ratelimit"].startswith('"login";r=2;')


async def test_unknown_accounts_are_stopped_alike(visitor: Visitor) -> None:
    assert await guesses(visitor, "nobody@example.com", 5) == [401, 401, 401, 429, 429]


async def test_another_spelling_is_the_same_account(register: Register, visitor: Visitor) -> None:
    ada = await register(email="ada@example.com")
    await guesses(visitor, ada.email, 3)

    assert (await visitor.login(ada, email=" ADA@example.com")).status_code == 429


async def test_headers_do_not_make_another_client(register: Register, visitor: Visitor) -> None:
    ada = await register()
    await guesses(visitor, ada.email, 3)

    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        visitor.client.headers[name] = "192.0.2.77"
        assert (await visitor.login(ada)).status_code == 429


async def test_one_address_can_t_try_many_accounts(register: Register, visitor: Visitor) -> None:
    accounts = [await register() for _ in range(7)]

    found = [(await guesses(visitor, each.email, 1))[0] for each in accounts]

    assert found == [401] * 6 + [429]


async def test_many_addresses_can_t_try_one_account(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()

    found = [
        (await guesses(from_address(visitor, cms_app, f"192.0.2.{n}"), ada.email, 1))[0]
        for n in range(7)
    ]

    assert found == [401] * 5 + [429] * 2


async def test_who_was_stopped_does_not_keep_others_out(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    await guesses(visitor, ada.email, 20)

    assert (await from_address(visitor, cms_app, "192.0.2.9").login(ada)).status_code == 200


async def test_addresses_of_one_ipv6_network_are_one_client(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    hosts = [from_address(visitor, cms_app, f"2001:db8::{n:x}") for n in range(1, 5)]

    assert [(await guesses(each, ada.email, 1))[0] for each in hosts] == [401, 401, 401, 429]


async def test_two_processes_count_together(
    cms_engine: str, register: Register, visitor: Visitor, elsewhere: Visitor
) -> None:
    ada = await register()
    await guesses(visitor, ada.email, 3)

    found = await guesses(elsewhere, ada.email, 2)

    # Without any Redis, each process counts for itself; a late one may let a single guess through.
    assert found == [401, 401] if cms_engine == "sqlite" else 429 in found


async def test_without_redis_each_process_allows_its_share(
    cms_settings: Settings, cms_plugin_set: list[Plugin], register: Register, visitor: Visitor
) -> None:
    ada = await register()
    lost = cms_settings.model_copy(update={"cache_url": "redis://127.0.0.1:1/0", "processes": 3})
    cms = build_cms(lost, cms_plugin_set)
    try:
        assert await guesses(from_address(visitor, cms, "192.0.2.1"), ada.email, 3) == [
            401,
            429,
            429,
        ]
    finally:
        await cms.close()


async def test_the_own_password_can_t_be_guessed_with_a_stolen_session(
    register: Register, visitor: Visitor
) -> None:
    tokens = await visitor.sign_in(await register())

    found = [
        (
            await visitor.client.post(
                "/api/v1/admin/me/password",
                json={"current_password": f"guess-{n}", "new_password": "violet-harbour-51-sea"},
                headers=tokens.headers,
            )
        ).status_code
        for n in range(5)
    ]

    assert found == [422, 422, 422, 429, 429]


async def test_refreshing_and_signing_out_are_limited_by_address(visitor: Visitor) -> None:
    found = [(await visitor.refresh("x")).status_code for _ in range(121)]

    assert found == [401] * 120 + [429]
    answer = await visitor.client.post("/api/v1/auth/logout")
    assert answer.status_code == 429
