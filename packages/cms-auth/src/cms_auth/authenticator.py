"""Who a request comes from, by its access token and one read of the database."""

from __future__ import annotations

from uuid import UUID

import structlog
from starlette.requests import HTTPConnection

from cms_auth.errors import TokenRefused
from cms_auth.queries import SIGNED_IN
from cms_auth.rights import Rights
from cms_auth.tokens import AccessTokens
from cms_core import CMS, Principal

log = structlog.get_logger(__name__)


class SessionAuthenticator:
    """Knows access tokens of living sessions.

    The signature costs no query, so forged tokens never reach the database. What a genuine one
    says of its session, account and role is read anew on each request: whatever was ended,
    disabled or demoted is so at once, in every process.
    """

    def __init__(self, cms: CMS, tokens: AccessTokens, rights: Rights) -> None:
        self._db = cms.db
        self._tokens = tokens
        self._rights = rights

    async def authenticate(self, connection: HTTPConnection) -> Principal | None:
        """Return who signed in; None where there is no JWT, which may be known to others.

        Raises `TokenRefused`.
        """
        token = _bearer_token(connection)
        if token is None or token.count(".") != 2:
            return None
        try:
            return await self._principal(token)
        except TokenRefused:
            log.info("token_refused", path=connection.url.path)
            raise

    async def _principal(self, token: str) -> Principal:
        claims = self._tokens.open(token)
        user_id, session_id = UUID(claims.sub), UUID(claims.sid)
        rows = await self._db.ask(SIGNED_IN, session=session_id, user=user_id)
        if not rows:
            raise TokenRefused
        (found,) = rows
        self._tokens.check_validity(claims, now=found.now.timestamp())
        permissions = self._rights.of(found.role, found.granted)
        return Principal(user_id, found.name, permissions, session_id)


def _bearer_token(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
