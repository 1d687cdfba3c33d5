"""Settings: read once from the environment into frozen objects."""

from __future__ import annotations

import secrets
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


class PluginSettings(BaseSettings):
    """Base of a plugin's settings: field ``x`` of plugin ``seo`` is ``CMS_SEO__X``."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")


class Settings(BaseSettings):
    """What an operator decides; every field is the environment variable ``CMS_<FIELD>``."""

    model_config = SettingsConfigDict(
        env_prefix="CMS_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    data: Path = Field(Path("var"), description="Folder of the embedded database and local files.")
    database_url: str = Field(
        "", description="SQLite or PostgreSQL URL; empty means the embedded database in CMS_DATA."
    )
    database_pool_size: int = Field(
        10, ge=1, le=200, description="PostgreSQL connections per process; twice as many in bursts."
    )
    cache_url: str = Field("memory://", description="`memory://` or `redis://host:port/db`.")
    media_storage_url: str = Field(
        "", description="`file:DIR` or `s3://bucket`; empty means `uploads` in CMS_DATA."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs tokens, cursors and links; at least 32 characters."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where readers reach this server; links start with it."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins (comma-separated) whose scripts may use the authoring door."
    )
    require_if_match: bool = Field(
        False, description="Answer 428 to changes that come without `If-Match`."
    )
    log_format: LogFormat = Field(LogFormat.JSON, description="`json` or `console`.")
    log_level: str = Field("INFO", description="Least severe level that is logged.")
    max_body_bytes: int = Field(
        2 * 1024 * 1024, ge=1024, description="Largest request body, uploads aside; beyond is 413."
    )
    request_timeout: float = Field(
        15.0, gt=0, description="Seconds until a request is given up with 503."
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Addresses (comma-separated) whose `X-Forwarded-*` headers are believed."
    )

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
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
