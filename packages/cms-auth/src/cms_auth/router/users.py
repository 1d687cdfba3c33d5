"""``/api/v1/admin/users``: all accounts."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Select

from cms_auth.context import AuthContext
from cms_auth.errors import UserNotFound
from cms_auth.models import MAX_ROLE, User, UserState
from cms_auth.naming import MAX_EMAIL
from cms_auth.password_policy import hash_new_password
from cms_auth.permissions import MANAGE_USERS
from cms_auth.queries import USER_SORTS, find_user, users
from cms_auth.schemas import ListedUser, NewUser, ShownUser, UserPatch
from cms_auth.service import accounts
from cms_auth.service.accounts import UserChanges
from cms_core import (
    AdminRouter,
    IfMatch,
    Listing,
    Page,
    Principal,
    Snapshot,
    Transaction,
    answer,
    listing,
    requires,
    transact,
)

Manager = Annotated[Principal, requires(MANAGE_USERS)]
UserListing = Annotated[Listing, Depends(listing(ListedUser, USER_SORTS, "-created_at"))]


async def _filtered(
    role: Annotated[str | None, Query(max_length=MAX_ROLE)] = None,
    state: UserState | None = None,
    q: Annotated[
        str | None,
        Query(min_length=1, max_length=MAX_EMAIL, description="Part of the name or address."),
    ] = None,
) -> Select[tuple[User]]:
    return users(role, state, q)


Filtered = Annotated[Select[tuple[User]], Depends(_filtered)]


def users_router(auth: AuthContext) -> AdminRouter:
    """Return the router of all accounts."""
    router = AdminRouter("/users")
    _add_reading(router)
    _add_creating(router, auth)
    _add_changing(router, auth)
    return router


def _add_reading(router: AdminRouter) -> None:
    @router.get("", response_model=Page[ListedUser])
    async def list_users(
        session: Snapshot, page: UserListing, filtered: Filtered, by: Manager
    ) -> Response:
        """List accounts, the newest first."""
        found = await page.rows(session, filtered)
        return page.answer([ListedUser.model_validate(row[0]) for row in found.rows], found)

    @router.get("/{id}", response_model=ShownUser)
    async def read(session: Snapshot, id: UUID, by: Manager) -> Response:
        """Read an account."""
        return _answer(_found(await find_user(session, id)))


def _add_creating(router: AdminRouter, auth: AuthContext) -> None:
    @router.post("", status_code=201, response_model=ShownUser)
    async def create(request: Request, body: NewUser, by: Manager) -> Response:
        """Create an account; `email-taken` (409) where another one has the address."""
        digest = None
        if body.password is not None:
            password = body.password.get_secret_value()
            digest = await hash_new_password(
                auth.hasher, password, email=body.email, name=body.name
            )
        new = accounts.NewUser(body.email, body.name, body.role, digest)

        async def work(session: Transaction) -> Response:
            now = await session.now()
            user = await accounts.create_user(session, new, by=by.id, now=now)
            location = f"{auth.cms.settings.public_url}{router.prefix}/{user.id}"
            return _answer(user, status=201, location=location)

        return await transact(request, work)


def _add_changing(router: AdminRouter, auth: AuthContext) -> None:
    @router.patch("/{id}", response_model=ShownUser)
    async def edit(
        request: Request, id: UUID, body: UserPatch, by: Manager, if_match: IfMatch
    ) -> Response:
        """Change an account, at once for its sessions; a new password or `disabled` ends them."""
        changes = await _changes(auth, id, body)

        async def work(session: Transaction) -> Response:
            now = await session.now()
            user = await accounts.update_user(
                session, id, changes, by=by.id, now=now, precondition=if_match
            )
            return _answer(user)

        return await transact(request, work)

    @router.delete("/{id}", status_code=204)
    async def delete(session: Transaction, id: UUID, by: Manager, if_match: IfMatch) -> Response:
        """Delete an account and its sessions; its posts stay, without the name of an author."""
        await accounts.delete_user(session, id, by=by.id, precondition=if_match)
        return Response(status_code=204)


async def _changes(auth: AuthContext, user_id: UUID, body: UserPatch) -> UserChanges:
    changes = cast(UserChanges, body.model_dump(exclude_unset=True, exclude={"password"}))
    if "password" in body.model_fields_set:
        async with auth.cms.db.snapshot() as session:
            user = _found(await find_user(session, user_id))
        email, name = changes.get("email", user.email or ""), changes.get("name", user.name)
        password = body.password.get_secret_value()
        changes["password_digest"] = await hash_new_password(
            auth.hasher, password, email=email, name=name
        )
    return changes


def _found(user: User | None) -> User:
    if user is None:
        raise UserNotFound
    return user


def _answer(user: User, *, status: int = 200, location: str | None = None) -> Response:
    shown = ShownUser.model_validate(user)
    return answer(shown, version=user.version, status=status, location=location)
