"""How often somebody may try: limits that are spent before any password is hashed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog

from cms_auth.naming import normalise_email
from cms_auth.settings import AuthSettings
from cms_core import Quota, RateLimit, RateLimiter, TooManyRequests, spend

log = structlog.get_logger(__name__)

PERIOD = 15 * 60


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """The limits of guessing, from the narrowest to the widest.

    The one per account, whatever the address, bounds those who command many addresses. It is wide,
    because it also keeps out the owner; but who is refused by the narrow one no longer counts
    against it, so a single address can't use it up.
    """

    account_from_address: RateLimit
    address: RateLimit
    account: RateLimit
    #: Of confirming the password of the account that is signed in.
    own_password: RateLimit
    #: Of refreshing and signing out, from one address.
    sessions: RateLimit

    @classmethod
    def of(cls, settings: AuthSettings) -> SignInLimits:
        """The limits that the operator has set."""
        return cls(
            _limit("login", settings.login_attempts),
            _limit("login-address", settings.login_attempts_per_address),
            _limit("login-account", settings.login_attempts_per_account),
            _limit("own-password", settings.login_attempts),
            _limit("sessions", 20 * settings.login_attempts_per_address),
        )


async def spend_login(
    limiter: RateLimiter, limits: SignInLimits, email: str, address: str
) -> Quota:
    """Count an attempt to sign in and return what is left. Raises `TooManyRequests`.

    Known and unknown accounts are counted alike.
    """
    account = normalise_email(email)
    try:
        quota = await spend(limiter, limits.account_from_address, f"{account} {address}")
        await spend(limiter, limits.address, address)
        await spend(limiter, limits.account, account)
    except TooManyRequests as refusal:
        log.warning(
            "sign_in_throttled", address=address, limit=refusal.quota and refusal.quota.name
        )
        raise
    return quota


async def spend_password_check(limiter: RateLimiter, limits: SignInLimits, user_id: UUID) -> None:
    """Count an attempt to confirm one's password: a stolen session must not guess it either."""
    await spend(limiter, limits.own_password, str(user_id))


def _limit(name: str, attempts: int) -> RateLimit:
    return RateLimit(name, attempts, PERIOD, attempts)
