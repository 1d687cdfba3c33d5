from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from cms_auth.models import User
from cms_core import CMS, Invalid
from cms_core.db.generations import Generation

if TYPE_CHECKING:
    from tests.conftest import Register, Visitor

PRINCIPAL = "principal"


async def provide(cms: CMS, name: str) -> UUID:
    async with cms.db.transaction() as session:
        id = await cms.references.provide(session, PRINCIPAL, name)
    assert id is not None
    return id


async def scopes(cms: CMS) -> dict[str, UUID]:
    async with cms.db.snapshot() as session:
        rows = await session.execute(select(Generation.scope, Generation.gen))
        return {row.scope: row.gen for row in rows}


async def test_many_ids_are_resolved_in_one_read(
    cms_app: CMS,
    cms_query_count: Callable[[], AbstractContextManager[list[str]]],
    register: Register,
) -> None:
    ada, bob = await register(name="Ada"), await register(name="Bob")

    async with cms_app.db.snapshot() as session:
        with cms_query_count() as statements:
            found = await cms_app.references.resolve(session, PRINCIPAL, [ada.id, bob.id, uuid4()])

    assert {id: each.public for id, each in found.items()} == {
        ada.id: {"name": "Ada"},
        bob.id: {"name": "Bob"},
    }
    assert found[ada.id].scopes == {f"principal:{ada.id}"}
    assert len(statements) == 1


async def test_renaming_renews_what_shows_the_name(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)
    assert await scopes(cms_app) == {}

    await visitor.client.patch("/api/v1/admin/me", json={"name": "A."}, headers=tokens.headers)
    first = await scopes(cms_app)
    await visitor.client.patch("/api/v1/admin/me", json={"name": "B."}, headers=tokens.headers)

    assert set(first) == {f"principal:{ada.id}", "principal:any"}
    assert not set(first.values()) & set((await scopes(cms_app)).values())


async def test_deleting_renews_it_too_and_leaves_no_name(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(await register("admin"))

    await visitor.client.delete(f"/api/v1/admin/users/{ada.id}", headers=tokens.headers)

    assert set(await scopes(cms_app)) == {f"principal:{ada.id}", "principal:any"}
    async with cms_app.db.snapshot() as session:
        assert await cms_app.references.resolve(session, PRINCIPAL, [ada.id]) == {}


async def test_an_imported_name_is_an_account_that_nobody_can_sign_in_to(
    cms_app: CMS, visitor: Visitor
) -> None:
    id = await provide(cms_app, "Théa Müller")

    async with cms_app.db.snapshot() as session:
        user = await session.get_one(User, id)
    assert (user.name, user.role, user.email, user.password_digest) == (
        "Théa Müller",
        "author",
        None,
        None,
    )


async def test_equal_names_are_one_account(cms_app: CMS) -> None:
    first = await provide(cms_app, "Jose\u0301")

    assert await provide(cms_app, " Jos\u00e9 ") == first
    assert await provide(cms_app, "Jose") != first


async def test_imports_at_once_make_one_account(cms_app: CMS) -> None:
    ids = await asyncio.gather(*(provide(cms_app, "Théa") for _ in range(5)))

    assert len(set(ids)) == 1


async def test_an_imported_account_is_found_after_it_was_renamed(
    cms_app: CMS, register: Register, visitor: Visitor
) -> None:
    id = await provide(cms_app, "thea")
    tokens = await visitor.sign_in(await register("admin"))

    await visitor.client.patch(
        f"/api/v1/admin/users/{id}", json={"name": "Théa Müller"}, headers=tokens.headers
    )

    assert await provide(cms_app, "thea") == id


async def test_somebody_of_the_same_name_is_somebody_else(cms_app: CMS, register: Register) -> None:
    ada = await register(name="Ada")

    assert await provide(cms_app, "Ada") != ada.id


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b"])
async def test_what_is_no_name_is_refused(cms_app: CMS, name: str) -> None:
    with pytest.raises(Invalid):
        await provide(cms_app, name)
