"""What the routes of one CMS share: keys, the password hasher, rights, limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cms_auth.passwords import Argon2Cost, PasswordHasher
from cms_auth.rights import Rights
from cms_auth.service.sessions import SessionLife
from cms_auth.settings import AuthSettings
from cms_auth.throttling import SignInLimits
from cms_auth.tokens import AccessTokens
from cms_core import CMS


@dataclass(frozen=True, slots=True)
class AuthContext:
    """Built once per CMS; it opens nothing, and the hasher's threads end with it."""

    cms: CMS
    tokens: AccessTokens
    hasher: PasswordHasher
    rights: Rights
    limits: SignInLimits
    session_life: SessionLife

    @classmethod
    def of(cls, cms: CMS) -> AuthContext:
        """Return what the settings of a CMS ask for."""
        settings = cms.plugin_settings(AuthSettings)
        return cls(
            cms=cms,
            tokens=access_tokens(cms),
            hasher=password_hasher(cms),
            rights=Rights(cms.contributions.permissions),
            limits=SignInLimits.of(settings),
            session_life=SessionLife(
                idle=timedelta(seconds=settings.session_idle),
                longest=timedelta(seconds=settings.session_lifetime),
            ),
        )


def access_tokens(cms: CMS) -> AccessTokens:
    """Return what issues the access tokens of a CMS, and verifies those of its former keys too."""
    keys = (cms.settings.secret_key, *cms.settings.previous_secret_keys)
    return AccessTokens(
        [key.get_secret_value() for key in keys],
        issuer=cms.settings.public_url,
        audience="cms",
        lifetime=cms.plugin_settings(AuthSettings).access_token_lifetime,
    )


def password_hasher(cms: CMS) -> PasswordHasher:
    """Return a hasher of the cost that the operator has set."""
    settings = cms.plugin_settings(AuthSettings)
    return PasswordHasher(Argon2Cost(settings.password_memory, settings.password_passes))
