"""What cms-posts contributes."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from cms_core import Models, Permission, PluginSettings, hookimpl
from cms_posts import hookspecs
from cms_posts.models import MODELS
from cms_posts.permissions import PERMISSIONS
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
