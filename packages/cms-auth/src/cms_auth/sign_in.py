"""Signing in and confirming one's password: Argon2 runs before the transaction, never inside."""

from __future__ import annotations

from uuid import UUID

import structlog

from cms_auth.context import AuthContext
from cms_auth.errors import InvalidCredentials, WrongPassword
from cms_auth.models import User, UserState
from cms_auth.naming import normalise_email
from cms_auth.passwords import PasswordHasher, Verified
from cms_auth.queries import Credentials, credentials_of_email, credentials_of_user, locked_holder
from cms_auth.service.sessions import Client, Grant, open_session
from cms_auth.throttling import spend_password_check
from cms_core import FieldError, Transaction

log = structlog.get_logger(__name__)


async def sign_in(auth: AuthContext, email: str, password: str, client: Client) -> Grant:
    """Begin a session. Raises `InvalidCredentials`, after the same work, whatever is wrong."""
    grant = None
    # Each further turn means that the account was changed while its password was being verified.
    while grant is None:
        async with auth.cms.db.snapshot() as snapshot:
            credentials = await credentials_of_email(snapshot, normalise_email(email))
        verified = await _verify(auth.hasher, credentials, password)
        if credentials is None or credentials.state != UserState.ACTIVE or not verified.ok:
            # Never what was typed as the address: it may be a password in the wrong field.
            user_id = str(credentials.user_id) if credentials else None
            log.info("sign_in_failed", user_id=user_id, address=client.address)
            raise InvalidCredentials
        grant = await _open(auth, credentials, client, verified.new_digest)
    return grant


async def _open(
    auth: AuthContext, credentials: Credentials, client: Client, new_digest: str | None
) -> Grant | None:
    async def work(session: Transaction) -> Grant | None:
        now, life = await session.now(), auth.session_life
        return await open_session(
            session, credentials, client, life, now=now, new_digest=new_digest
        )

    return await auth.cms.db.run(work)


async def confirm_password(auth: AuthContext, user_id: UUID, password: str) -> Credentials | None:
    """Return the credentials that the account's password fits; None for a wrong password.

    Raises `TooManyRequests`. Pass the result to `holder_of` in the transaction that follows.
    """
    await spend_password_check(auth.cms.limiter, auth.limits, user_id)
    async with auth.cms.db.snapshot() as snapshot:
        credentials = await credentials_of_user(snapshot, user_id)
    verified = await _verify(auth.hasher, credentials, password)
    return credentials if verified.ok else None


async def holder_of(session: Transaction, confirmed: Credentials | None) -> User:
    """Return the account, locked. Raises `WrongPassword`, also if it was changed meanwhile."""
    user = await locked_holder(session, confirmed) if confirmed else None
    if user is None:
        raise WrongPassword(errors=[FieldError("/current_password", "wrong")])
    return user


async def _verify(
    hasher: PasswordHasher, credentials: Credentials | None, password: str
) -> Verified:
    if credentials is None or credentials.password_digest is None:
        return await hasher.dummy_verify(password)
    return await hasher.verify(password, credentials.password_digest)
