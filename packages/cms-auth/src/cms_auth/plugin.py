"""What cms-auth contributes."""

from collections.abc import Sequence
from pathlib import Path

import typer

from cms_auth.authenticator import SessionAuthenticator
from cms_auth.commands import users_commands
from cms_auth.context import access_tokens
from cms_auth.jobs import prune_job
from cms_auth.models import MODELS
from cms_auth.permissions import PERMISSIONS
from cms_auth.rights import Rights
from cms_auth.router import auth_routers
from cms_auth.seeds import administrator_seed
from cms_auth.service.principals import principal_resolver
from cms_auth.settings import AuthSettings
from cms_auth.subscribers import log_subscribers
from cms_core import (
    CMS,
    AdminRouter,
    Authenticator,
    Job,
    Models,
    OpenRouter,
    Permission,
    PluginSettings,
    Resolver,
    Seed,
    Subscriber,
    hookimpl,
)


@hookimpl
def register_settings() -> type[PluginSettings]:
    return AuthSettings


@hookimpl
def register_models() -> Models:
    return Models(MODELS, tables=frozenset(model.__tablename__ for model in MODELS))


@hookimpl
def register_migrations() -> Path:
    return Path(__file__).parent / "migrations" / "versions"


@hookimpl
def register_permissions() -> Sequence[Permission]:
    return PERMISSIONS


@hookimpl
def register_authenticators(cms: CMS) -> Sequence[Authenticator]:
    rights = Rights(cms.contributions.permissions)
    return [SessionAuthenticator(cms, access_tokens(cms), rights)]


@hookimpl
def register_subscribers() -> Sequence[Subscriber]:
    return log_subscribers()


@hookimpl
def register_routers(cms: CMS) -> Sequence[AdminRouter | OpenRouter]:
    return auth_routers(cms)


@hookimpl
def register_resolvers() -> Sequence[Resolver]:
    return [principal_resolver()]


@hookimpl
def register_jobs() -> Sequence[Job]:
    return [prune_job()]


@hookimpl
def register_commands() -> typer.Typer:
    return users_commands()


@hookimpl
def register_dev_seeds() -> Sequence[Seed]:
    return [administrator_seed()]
