from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cms_auth import RoleChanged, RoleDeleted
from cms_auth.service.accounts import update_user
from cms_auth.service.roles import delete_role
from cms_core import CMS, Permission, hookimpl
from cms_core.testing.recorders import EventRecorder

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response
    from tests.conftest import Register, Tokens, Visitor

ROLES = "/api/v1/admin/roles"


class Shop:
    """A plugin that brings permissions of its own."""

    @staticmethod
    @hookimpl
    def register_permissions() -> list[Permission]:
        return [
            Permission("shop:browse", "Look around", frozenset({"reader", "editor"})),
            Permission("shop:close", "Close it"),
        ]


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["auth", Shop]


@pytest.fixture
async def admin(register: Register, visitor: Visitor) -> Tokens:
    return await visitor.sign_in(await register("admin", "root@example.com"))


async def put(client: AsyncClient, by: Tokens, name: str, *permissions: str) -> Response:
    body = {"description": "Translates", "permissions": permissions}
    return await client.put(f"{ROLES}/{name}", json=body, headers=by.headers)


async def permissions_of(visitor: Visitor, tokens: Tokens) -> list[str]:
    answer = await visitor.client.get("/api/v1/admin/me", headers=tokens.headers)
    permissions: list[str] = answer.json()["permissions"]
    return permissions


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("reader", ["auth:own-account", "shop:browse"]),
        ("author", ["auth:own-account"]),
        ("editor", ["auth:own-account", "shop:browse"]),
        (
            "admin",
            [
                "auth:manage-roles",
                "auth:manage-users",
                "auth:own-account",
                "core:manage-deliveries",
                "core:system",
                "shop:browse",
                "shop:close",
            ],
        ),
    ],
)
async def test_built_in_roles_may_what_the_plugins_say(
    role: str, expected: list[str], register: Register, visitor: Visitor
) -> None:
    tokens = await visitor.sign_in(await register(role))

    assert await permissions_of(visitor, tokens) == expected


async def test_roles_and_permissions_are_listed(admin: Tokens, visitor: Visitor) -> None:
    await put(visitor.client, admin, "translator", "auth:own-account")

    answer = await visitor.client.get(ROLES, headers=admin.headers)

    found = answer.json()
    assert [each["name"] for each in found["items"]] == [
        *("reader", "author", "editor", "admin"),
        "translator",
    ]
    assert [each["built_in"] for each in found["items"]] == [True] * 4 + [False]
    assert {"key": "shop:close", "description": "Close it"} in found["permissions"]


async def test_an_added_role_has_its_permissions_at_once(
    cms_events: EventRecorder,
    admin: Tokens,
    register: Register,
    visitor: Visitor,
    elsewhere: Visitor,
) -> None:
    made = await put(visitor.client, admin, "translator", "shop:close", "auth:own-account")
    tokens = await visitor.sign_in(await register("translator"))

    assert (made.status_code, made.headers["location"]) == (201, f"http://test{ROLES}/translator")
    assert await permissions_of(elsewhere, tokens) == ["auth:own-account", "shop:close"]

    changed = await put(visitor.client, admin, "translator", "auth:own-account")

    assert changed.status_code == 200
    assert await permissions_of(elsewhere, tokens) == ["auth:own-account"]
    assert [each.role for each in cms_events.having(RoleChanged)] == ["translator"] * 2


async def test_a_stale_change_is_refused(admin: Tokens, visitor: Visitor) -> None:
    first = await put(visitor.client, admin, "translator", "auth:own-account")
    await put(visitor.client, admin, "translator")
    stale = {**admin.headers, "If-Match": first.headers["etag"]}
    body = {"permissions": ["shop:close"]}

    answers = [
        await visitor.client.put(f"{ROLES}/translator", json=body, headers=stale),
        await visitor.client.delete(f"{ROLES}/translator", headers=stale),
    ]

    assert [each.status_code for each in answers] == [412, 412]


@pytest.mark.parametrize("name", ["reader", "author", "editor", "admin"])
async def test_built_in_roles_stay_as_they_are(name: str, admin: Tokens, visitor: Visitor) -> None:
    answers = [
        await put(visitor.client, admin, name, "auth:own-account"),
        await visitor.client.delete(f"{ROLES}/{name}", headers=admin.headers),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (409, "built-in-role")
    ] * 2


async def test_an_unknown_permission_is_refused(admin: Tokens, visitor: Visitor) -> None:
    answer = await put(visitor.client, admin, "translator", "shop:burn")

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-permission")


@pytest.mark.parametrize("name", ["Upper", "a b", "-a", "ä", "x" * 51])
async def test_what_is_no_name_of_a_role_is_refused(
    name: str, admin: Tokens, visitor: Visitor
) -> None:
    assert (await put(visitor.client, admin, name)).status_code == 422


async def test_a_role_in_use_is_not_deleted(
    cms_events: EventRecorder, admin: Tokens, register: Register, visitor: Visitor
) -> None:
    await put(visitor.client, admin, "translator")
    ada = await register("translator")
    role = f"{ROLES}/translator"

    answer = await visitor.client.delete(role, headers=admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "role-in-use")

    await visitor.client.delete(f"/api/v1/admin/users/{ada.id}", headers=admin.headers)
    assert (await visitor.client.delete(role, headers=admin.headers)).status_code == 204
    assert (await visitor.client.get(role, headers=admin.headers)).status_code == 404
    assert len(cms_events.having(RoleDeleted)) == 1


async def test_a_role_that_is_being_given_is_not_deleted(
    cms_app: CMS, admin: Tokens, register: Register, visitor: Visitor
) -> None:
    await put(visitor.client, admin, "translator")
    ada = await register()

    async with cms_app.db.transaction() as session:
        now = await session.now()
        await update_user(session, ada.id, {"role": "translator"}, by=None, now=now)
        role = f"{ROLES}/translator"
        deletion = asyncio.create_task(visitor.client.delete(role, headers=admin.headers))
        await asyncio.sleep(0.2)

    assert (await deletion).json()["code"] == "role-in-use"


async def test_a_role_that_is_being_deleted_is_given_to_nobody(
    cms_app: CMS, admin: Tokens, register: Register, visitor: Visitor
) -> None:
    await put(visitor.client, admin, "translator")
    ada = await register()

    async with cms_app.db.transaction() as session:
        await delete_role(session, "translator", by=None)
        user, body = f"/api/v1/admin/users/{ada.id}", {"role": "translator"}
        giving = asyncio.create_task(visitor.client.patch(user, json=body, headers=admin.headers))
        await asyncio.sleep(0.2)

    assert (await giving).json()["code"] == "unknown-role"


async def test_roles_made_at_once_are_one(
    admin: Tokens, visitor: Visitor, elsewhere: Visitor
) -> None:
    answers = await asyncio.gather(
        *(put(each.client, admin, "translator") for each in (visitor, elsewhere) * 3)
    )

    assert {each.status_code for each in answers} <= {200, 201, 409}
    assert [each.status_code for each in answers].count(201) == 1


@pytest.mark.parametrize("role", ["reader", "author", "editor"])
async def test_only_administrators_see_roles(
    role: str, register: Register, visitor: Visitor
) -> None:
    tokens = await visitor.sign_in(await register(role))

    assert (await visitor.client.get(ROLES, headers=tokens.headers)).status_code == 403
    assert (await put(visitor.client, tokens, "mine", "shop:close")).status_code == 403
