"""``/api/v1/admin/me``: one's own account, password and sessions."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request, Response

from cms_auth.context import AuthContext
from cms_auth.errors import SessionNotFound, UserNotFound
from cms_auth.events import EndReason
from cms_auth.models import User
from cms_auth.password_policy import hash_new_password
from cms_auth.permissions import OWN_ACCOUNT
from cms_auth.queries import SESSION_SORTS, find_user, live_sessions
from cms_auth.schemas import ListedSession, NewPassword, OwnAccount, OwnPatch, ShownUser
from cms_auth.service.accounts import UserChanges, update_user
from cms_auth.service.sessions import end_session
from cms_auth.sign_in import confirm_password, holder_of
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
    may_answer,
    requires,
    transact,
)

Owner = Annotated[Principal, requires(OWN_ACCOUNT)]
SessionListing = Annotated[Listing, Depends(listing(ListedSession, SESSION_SORTS, "-refreshed_at"))]


def own_account_router(auth: AuthContext) -> AdminRouter:
    """Return the router of the account that is signed in."""
    router = AdminRouter("/me")
    _add_account(router, auth)
    _add_password(router, auth)
    _add_sessions(router)
    return router


def _add_account(router: AdminRouter, auth: AuthContext) -> None:
    @router.get("", response_model=OwnAccount, responses=may_answer(404))
    async def read(session: Snapshot, by: Owner) -> Response:
        """Read one's own account and what it may do."""
        user = await find_user(session, by.id)
        if user is None:
            raise UserNotFound
        return _answer(user, by)

    @router.patch("", response_model=OwnAccount, responses=may_answer(404, 429))
    async def edit(request: Request, body: OwnPatch, by: Owner, if_match: IfMatch) -> Response:
        """Change one's name, or with `current_password` one's e-mail address."""
        fields = body.model_dump(exclude_unset=True, exclude={"current_password"})
        password = body.current_password.get_secret_value()
        needed = "email" in fields
        confirmed = await confirm_password(auth, by.id, password) if needed else None

        async def work(session: Transaction) -> Response:
            if needed:
                await holder_of(session, confirmed)
            changes, now = cast(UserChanges, fields), await session.now()
            user = await update_user(
                session, by.id, changes, by=by.id, now=now, precondition=if_match
            )
            return _answer(user, by)

        return await transact(request, work)


def _add_password(router: AdminRouter, auth: AuthContext) -> None:
    @router.post("/password", status_code=204, responses=may_answer(404, 429))
    async def change_password(request: Request, body: NewPassword, by: Owner) -> Response:
        """Change one's password; all other sessions end."""
        confirmed = await confirm_password(auth, by.id, body.current_password.get_secret_value())
        new_digest = await _new_digest(auth, by.id, body.new_password.get_secret_value())

        async def work(session: Transaction) -> Response:
            user = await holder_of(session, confirmed)
            changes: UserChanges = {"password_digest": new_digest}
            now = await session.now()
            await update_user(
                session, user.id, changes, by=by.id, now=now, keep_session=by.session_id
            )
            return Response(status_code=204)

        return await transact(request, work)


async def _new_digest(auth: AuthContext, user_id: UUID, password: str) -> str:
    async with auth.cms.db.snapshot() as session:
        user = await find_user(session, user_id)
    if user is None:
        raise UserNotFound
    return await hash_new_password(auth.hasher, password, email=user.email or "", name=user.name)


def _add_sessions(router: AdminRouter) -> None:
    @router.get("/sessions", response_model=Page[ListedSession])
    async def list_sessions(session: Snapshot, page: SessionListing, by: Owner) -> Response:
        """List one's own sessions, the one last refreshed first."""
        found = await page.rows(session, live_sessions(by.id))
        items = [ListedSession.model_validate(row[0]) for row in found.rows]
        for item in items:
            item.current = item.id == by.session_id
        return page.answer(items, found)

    @router.delete("/sessions/{id}", status_code=204)
    async def end(session: Transaction, id: UUID, by: Owner) -> Response:
        """End one of one's own sessions at once."""
        now = await session.now()
        if not await end_session(session, id, user_id=by.id, reason=EndReason.REVOKED, now=now):
            raise SessionNotFound
        return Response(status_code=204)


def _answer(user: User, by: Principal) -> Response:
    shown = ShownUser.model_validate(user).model_dump()
    account = OwnAccount(**shown, permissions=sorted(by.permissions))
    return answer(account, version=user.version)
