"""Settings: read once from the environment into frozen objects."""

from __future__ import annotations

import secrets
from enum import StrEnum
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class PluginMode(StrEnum):
    ALL = "all"
    ALLOWLIST = "allowlist"


class OnFailure(StrEnum):
    ABORT = "abort"
    SKIP = "skip"


class _Lists(BaseModel):
    """Lets variables hold lists as comma-separated text."""

    @field_validator("*", mode="before")
    @classmethod
    def _split(cls, value: object, info: ValidationInfo) -> object:
        kind = get_origin(cls.model_fields[str(info.field_name)].annotation)
        if isinstance(value, str) and kind in (tuple, list, set, frozenset):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value


class PluginSet(_Lists):
    """Which plugins take part, who may claim their names, and what they may own beyond theirs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: PluginMode = Field(
        PluginMode.ALL, description="`all` that are installed, or the `allowlist`."
    )
    enabled: tuple[str, ...] = Field((), description="Plugins of the allowlist.")
    disabled: tuple[str, ...] = Field((), description="Plugins that are left out.")
    modules: tuple[str, ...] = Field((), description="Modules of this project that are plugins.")
    on_failure: OnFailure = Field(
        OnFailure.ABORT, description="What a fault does: `abort`, or `skip` the plugin."
    )
    lock: str = Field("plugins.lock", description="File that pins the set.")
    distributions: dict[str, str] = Field(
        default_factory=dict, description="Plugin → requirement on who may claim the name."
    )
    grants: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Plugin → tables and /paths it may own beyond its own."
    )


class PluginSettings(_Lists, BaseSettings):
    """Base of a plugin's settings: field ``x`` of plugin ``seo`` is ``CMS_SEO__X``."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", enable_decoding=False, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Only the loader knows the plugin's prefix: without it, a field `path` would be $PATH.
        return (init_settings,)


class Settings(_Lists, BaseSettings):
    """What an operator decides; every field is the environment variable ``CMS_<FIELD>``."""

    model_config = SettingsConfigDict(
        env_prefix="CMS_",
        env_nested_delimiter="__",
        enable_decoding=False,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
    )

    data: Path = Field(Path("var"), description="Folder of the embedded database and local files.")
    database_url: str = Field(
        "", description="SQLite or PostgreSQL URL; empty means the embedded database in CMS_DATA."
    )
    database_pool_size: int = Field(
        10,
        ge=1,
        le=200,
        description="PostgreSQL connections per process to read with; as many to write with.",
    )
    database_connect_timeout: float = Field(
        1.0,
        gt=0,
        le=10,
        description="Seconds that making a connection to PostgreSQL may take.",
    )
    cache_url: str = Field("memory://", description="`memory://` or `redis://host:port/db`.")
    cache_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="Bytes of published answers that each process keeps; 0 keeps none anywhere.",
    )
    cache_bounded_ms: int = Field(
        0,
        ge=0,
        le=60_000,
        description="Milliseconds that answers may be stale (PostgreSQL); 0: never.",
    )
    cdn_max_age: int = Field(
        0, ge=0, description="Seconds that CDNs may keep answers unasked; 0 makes them ask."
    )
    media_storage_url: str = Field(
        "", description="`file:DIR` or `s3://bucket`; empty means `uploads` in CMS_DATA."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs tokens, cursors and links; at least 32 characters."
    )
    previous_secret_keys: tuple[SecretStr, ...] = Field(
        (), description="Retired secret keys (comma-separated) whose access tokens are still good."
    )
    processes: int = Field(
        4, ge=1, description="API processes in all: their shares of a limit while Redis is away."
    )
    admin_email: str = Field(
        "", description="E-mail of the first administrator, where none exists."
    )
    admin_password: SecretStr = Field(
        SecretStr(""), description="Password of the first administrator; empty: a random one."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where readers reach this server; links start with it."
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Origins (comma-separated) whose scripts may use the authoring door."
    )
    require_if_match: bool = Field(
        False, description="Answer 428 to changes that come without `If-Match`."
    )
    log_format: LogFormat = Field(LogFormat.JSON, description="`json` or `console`.")
    trace_hooks: bool = Field(
        False, description="Log each hook that is called while the CMS is built, and its result."
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="Least severe level that is logged.")
    max_body_bytes: int = Field(
        2 * 1024 * 1024, ge=1024, description="Largest request body, uploads aside; beyond is 413."
    )
    request_timeout: float = Field(
        15.0, gt=0, description="Seconds until a request is given up with 503."
    )
    max_concurrent_requests: int = Field(
        500, ge=1, description="Requests that one process works on at once; beyond is 503."
    )
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token for `/metrics`; empty hides it from the world."
    )
    development: bool = Field(
        False, description="Set by `cms dev`: `/metrics` answers to this machine without a token."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses (comma-separated) whose `X-Forwarded-*` headers are believed."
    )
    plugins: PluginSet = Field(default_factory=PluginSet, description="The curated set of plugins.")
    plugin_settings: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Values by plugin and field; variables go before them."
    )

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _of_a_known_database(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:", "sqlite+", "postgres:", "postgresql")):
            raise ValueError("must start with sqlite: or postgresql:")
        try:
            make_url(value or "sqlite://")
        except (ArgumentError, ValueError):
            # Their own words may quote a part of the password.
            raise ValueError(
                "is not a URL; are special characters of the password escaped?"
            ) from None
        return value

    @field_validator("cache_url")
    @classmethod
    def _of_a_known_cache(cls, value: str) -> str:
        if value != "memory://" and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must be memory:// or start with redis://, rediss:// or unix://")
        return value

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @property
    def resolved_database_url(self) -> str:
        """The database in use: the one named, or the embedded one in the data folder."""
        return self.database_url or f"sqlite:///{(self.data / 'cms.sqlite3').absolute()}"

    @property
    def embedded(self) -> bool:
        """Whether the database is a SQLite file of this machine."""
        return self.resolved_database_url.startswith("sqlite")


def random_secret() -> str:
    """Return a new secret key (256 bits, URL-safe)."""
    return secrets.token_urlsafe(32)
