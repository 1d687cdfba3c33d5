"""What cms-posts contributes."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import typer

from cms_core import (
    CMS,
    AdminRouter,
    DeliveryRouter,
    Models,
    OpenRouter,
    Permission,
    PluginSettings,
    RootRouter,
    Seed,
    hookimpl,
)
from cms_posts import commands, hookspecs
from cms_posts.authoring.router import authoring_router
from cms_posts.authoring.tags import tags_router
from cms_posts.delivery.router import delivery_routers
from cms_posts.extensions import extensions_of
from cms_posts.files import file_importer_of
from cms_posts.models import MODELS
from cms_posts.permissions import PERMISSIONS
from cms_posts.previews import previews_router
from cms_posts.seeds import demo_seed
from cms_posts.settings import PostsSettings


@hookimpl
def register_hookspecs() -> ModuleType:
    return hookspecs


@hookimpl
def register_settings() -> type[PluginSettings]:
    return PostsSettings


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
def register_routers(
    cms: CMS,
) -> Sequence[AdminRouter | DeliveryRouter | OpenRouter | RootRouter]:
    extensions = extensions_of(cms)
    file_importer_of(cms)  # commands ask for it, and hooks are called while the CMS is built
    return [
        authoring_router(cms, extensions),
        tags_router(),
        previews_router(cms, extensions),
        *delivery_routers(cms, extensions),
    ]


@hookimpl
def register_commands() -> typer.Typer:
    return commands.app


@hookimpl
def register_dev_seeds() -> Sequence[Seed]:
    return [demo_seed()]
