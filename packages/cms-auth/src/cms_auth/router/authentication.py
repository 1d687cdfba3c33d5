"""``/api/v1/auth``: sign in, refresh, sign out."""

from __future__ import annotations

import structlog
from fastapi import Request, Response

from cms_auth.context import AuthContext
from cms_auth.errors import InvalidRefreshToken
from cms_auth.events import EndReason
from cms_auth.schemas import Login, Refresh, TokenPair
from cms_auth.service.sessions import Client, Grant, end_session, refresh_session
from cms_auth.sign_in import sign_in
from cms_auth.throttling import spend_login
from cms_core import (
    CMS,
    OpenRouter,
    Principal,
    Transaction,
    authenticate,
    canonical_address,
    may_answer,
    rate_limit_headers,
    spend,
)

log = structlog.get_logger(__name__)

REASON = "Signing in is how one becomes somebody; every attempt is limited."


def authentication_router(auth: AuthContext) -> OpenRouter:
    """Return the router of sessions; its answers hold secrets and are never stored."""
    router = OpenRouter("/auth", reason=REASON, responses=may_answer(401))

    @router.post("/login")
    async def login(request: Request, response: Response, body: Login) -> TokenPair:
        """Sign in with a password; `invalid-credentials` (401) for whatever is wrong."""
        client = client_of(request)
        quota = await spend_login(auth.cms.limiter, auth.limits, body.email, client.address)
        response.headers.update(rate_limit_headers(quota))
        grant = await sign_in(auth, body.email, body.password.get_secret_value(), client)
        return _pair(auth, grant)

    @router.post("/refresh")
    async def refresh(request: Request, body: Refresh) -> TokenPair:
        """Exchange a refresh token for the next pair, once: sent again, it ends the session."""
        address = client_of(request).address
        await spend(auth.cms.limiter, auth.limits.sessions, address)
        grant = await _refresh(auth, body.refresh_token.get_secret_value())
        if grant is None:
            # Only now, after the commit: a reused token has just ended its session.
            log.info("refresh_refused", address=address)
            raise InvalidRefreshToken
        return _pair(auth, grant)

    @router.post("/logout", status_code=204)
    async def logout(request: Request) -> Response:
        """End the session of the access token: all its tokens are dead at once, everywhere."""
        await spend(auth.cms.limiter, auth.limits.sessions, client_of(request).address)
        principal = await authenticate(request, auth.cms.contributions.authenticators)
        await _sign_out(auth.cms, principal)
        return Response(status_code=204)

    return router


def client_of(request: Request) -> Client:
    """Where a request comes from; behind a proxy, the server has put in whom that one names."""
    address = canonical_address(request.client.host) if request.client else "unknown"
    agent = request.headers.get("user-agent", "")
    return Client(address, "".join(char for char in agent if char.isprintable()))


def _pair(auth: AuthContext, grant: Grant) -> TokenPair:
    sub, sid = str(grant.user_id), str(grant.session_id)
    return TokenPair(
        access_token=auth.tokens.issue(sub, sid, now=grant.now.timestamp()),
        expires_in=auth.tokens.lifetime,
        refresh_token=grant.refresh_token,
    )


async def _refresh(auth: AuthContext, token: str) -> Grant | None:
    async def work(session: Transaction) -> Grant | None:
        return await refresh_session(session, token, auth.session_life, now=await session.now())

    return await auth.cms.db.run(work)


async def _sign_out(cms: CMS, principal: Principal) -> None:
    """End the principal's session; who was authenticated in another way has none."""
    session_id = principal.session_id
    if session_id is None:
        return

    async def work(session: Transaction) -> None:
        reason, now = EndReason.SIGNED_OUT, await session.now()
        await end_session(session, session_id, user_id=principal.id, reason=reason, now=now)

    await cms.db.run(work)
