"""The first administrator: made where there is none, so that somebody can let the others in."""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass

from cms_auth.context import password_hasher
from cms_auth.errors import EmailTaken
from cms_auth.naming import parse_email
from cms_auth.password_policy import hash_new_password
from cms_auth.queries import has_administrator
from cms_auth.rights import ADMIN
from cms_auth.service.accounts import NewUser, create_user
from cms_core import CMS, Invalid, Transaction

DEFAULT_EMAIL = "admin@example.com"


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who was made; `password` is set when it is random and must be told, once."""

    email: str
    password: str | None


async def ensure_administrator(
    cms: CMS, *, email: str | None = None, name: str | None = None, password: str | None = None
) -> FirstAdministrator | None:
    """Make the first administrator; None, with nothing done, where there is one already.

    What is not given comes from CMS_ADMIN_EMAIL and CMS_ADMIN_PASSWORD; without the latter the
    password is random. Raises `Invalid`, `WeakPassword`, or `EmailTaken` by another account.
    """
    if await _is_there(cms):
        return None
    email = email or _parsed(cms.settings.admin_email or DEFAULT_EMAIL)
    name = name or email.partition("@")[0]
    password = password or cms.settings.admin_password.get_secret_value() or None
    generated = None if password else new_password()
    with closing(password_hasher(cms)) as hasher:
        digest = await hash_new_password(
            hasher, password or generated or "", email=email, name=name
        )
    new = NewUser(email, name, ADMIN, digest)

    async def work(session: Transaction) -> bool:
        if await has_administrator(session):
            return False
        await create_user(session, new, by=None, now=await session.now())
        return True

    try:
        made = await cms.db.run(work)
    except EmailTaken:
        # By a process that does the same at the same time, or by an account of another role.
        if not await _is_there(cms):
            raise
        made = False
    return FirstAdministrator(email, generated) if made else None


def new_password() -> str:
    """Return a random password (144 bits)."""
    return secrets.token_urlsafe(18)


async def _is_there(cms: CMS) -> bool:
    async with cms.db.snapshot() as session:
        return await has_administrator(session)


def _parsed(email: str) -> str:
    try:
        return parse_email(email)
    except ValueError as error:
        raise Invalid(f"CMS_ADMIN_EMAIL: {error}") from None
