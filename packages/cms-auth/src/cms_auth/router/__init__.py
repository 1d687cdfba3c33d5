"""The routes of cms-auth: signing in, one's own account, all accounts, roles."""

from __future__ import annotations

from collections.abc import Sequence

from cms_auth.context import AuthContext
from cms_auth.router.authentication import authentication_router
from cms_auth.router.own_account import own_account_router
from cms_auth.router.roles import roles_router
from cms_auth.router.users import users_router
from cms_core import CMS, AdminRouter, OpenRouter


def auth_routers(cms: CMS) -> Sequence[AdminRouter | OpenRouter]:
    """Return all routers of a CMS; they share one password hasher."""
    auth = AuthContext.of(cms)
    return [
        authentication_router(auth),
        own_account_router(auth),
        users_router(auth),
        roles_router(auth),
    ]
