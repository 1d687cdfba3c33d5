"""Settings of cms-auth."""

from pydantic import Field

from cms_core import PluginSettings

_DAY = 24 * 3600


class AuthSettings(PluginSettings):
    """Environment variables ``CMS_AUTH__…``; times are in seconds."""

    access_token_lifetime: int = Field(
        600, ge=60, le=3600, description="Seconds until an access token must be refreshed."
    )
    session_idle: int = Field(
        7 * _DAY, ge=3600, description="Seconds after which a session ends that is not refreshed."
    )
    session_lifetime: int = Field(
        30 * _DAY, ge=3600, description="Seconds after which a session ends in any case."
    )
    login_attempts: int = Field(
        10,
        ge=1,
        description="Sign-ins to one account from one address, at once and per 15 minutes.",
    )
    login_attempts_per_address: int = Field(
        100, ge=1, description="Sign-ins from one address to any accounts, likewise."
    )
    login_attempts_per_account: int = Field(
        200, ge=1, description="Sign-ins to one account from any addresses, likewise."
    )
    password_memory: int = Field(
        32 * 1024, ge=19 * 1024, le=1024 * 1024, description="KiB that hashing a password takes."
    )
    password_passes: int = Field(
        2, ge=2, le=20, description="Passes over this memory that hashing a password takes."
    )
