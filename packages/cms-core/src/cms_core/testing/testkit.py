"""A plugin for tests: signs principals in without accounts. No entry point names it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from starlette.requests import HTTPConnection

from cms_core.errors import Unauthenticated
from cms_core.hookspecs import hookimpl
from cms_core.security import Authenticator, Principal

_SCHEME = "Bearer test-"


class TestAuthenticator:
    """Knows the principals that this process signed in; nobody can forge one from outside."""

    __test__ = False

    def __init__(self) -> None:
        self._principals: dict[str, Principal] = {}

    def sign_in(self, principal: Principal) -> dict[str, str]:
        """Return the request headers that make a client this principal."""
        header = _SCHEME + secrets.token_hex(8)
        self._principals[header] = principal
        return {"Authorization": header}

    async def authenticate(self, connection: HTTPConnection) -> Principal | None:
        """Return who was signed in; leave every other kind of credentials to others."""
        header = connection.headers.get("authorization", "")
        if not header.startswith(_SCHEME):
            return None
        if header not in self._principals:
            raise Unauthenticated
        return self._principals[header]


@hookimpl
def register_authenticators() -> Sequence[Authenticator]:
    return [TestAuthenticator()]
