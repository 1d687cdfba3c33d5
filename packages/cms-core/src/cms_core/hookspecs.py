"""Every extension point of cms-core. Hooks are synchronous, run once while a CMS is built, and
return values; nothing calls them while a request is served.

A plugin is a module (the value of its entry point in the group ``cms.plugins``) with functions of
these names, marked with `hookimpl`:

    from cms_core import hookimpl

    @hookimpl
    def register_routers(cms):
        return [router]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from types import ModuleType

    import typer

    from cms_core.app import CMS
    from cms_core.events import Subscriber
    from cms_core.health import HealthCheck
    from cms_core.http.routers import CMSRouter
    from cms_core.jobs import Job
    from cms_core.plugins.contributions import Models
    from cms_core.references import Resolver
    from cms_core.security import Authenticator, Permission
    from cms_core.seeds import Seed
    from cms_core.settings import PluginSettings

hookspec = pluggy.HookspecMarker("cms")
hookimpl = pluggy.HookimplMarker("cms")


@hookspec
def register_hookspecs() -> ModuleType:  # type: ignore[empty-body]
    """Return a module of further hook specs, for plugins that can be extended themselves."""


@hookspec
def register_settings() -> type[PluginSettings]:  # type: ignore[empty-body]
    """Return the plugin's settings class; its fields are read from ``CMS_<PLUGIN>__<FIELD>``."""


@hookspec
def register_models() -> Models:  # type: ignore[empty-body]
    """Return the mapped classes that the plugin owns."""


@hookspec
def register_migrations() -> Path:  # type: ignore[empty-body]
    """Return the folder that holds the plugin's Alembic versions."""


@hookspec
def register_permissions() -> Sequence[Permission]:  # type: ignore[empty-body]
    """Return the permissions that the plugin's routes ask for."""


@hookspec
def register_authenticators(cms: CMS) -> Sequence[Authenticator]:  # type: ignore[empty-body]
    """Return authenticators; they are tried in order until one knows the credentials."""


@hookspec
def register_subscribers(cms: CMS) -> Sequence[Subscriber]:  # type: ignore[empty-body]
    """Return subscribers of events, made with `before_commit`, `after_commit`, `eventually`."""


@hookspec
def register_routers(cms: CMS) -> Sequence[CMSRouter]:  # type: ignore[empty-body]
    """Return routers; the type of each (delivery, admin, open, root) is its door."""


@hookspec
def register_resolvers(cms: CMS) -> Sequence[Resolver]:  # type: ignore[empty-body]
    """Return resolvers: what may be shown of the plugin's ids where others refer to them."""


@hookspec
def register_jobs(cms: CMS) -> Sequence[Job]:  # type: ignore[empty-body]
    """Return the jobs that the worker runs."""


@hookspec
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:  # type: ignore[empty-body]
    """Return readiness checks for ``/readyz``."""


@hookspec
def register_commands() -> typer.Typer:  # type: ignore[empty-body]
    """Return a typer application; it is mounted as ``cms <plugin> …`` (or under its own name)."""


@hookspec
def register_dev_seeds(cms: CMS) -> Sequence[Seed]:  # type: ignore[empty-body]
    """Return what `cms dev` puts into a new data folder: a first account, demo content."""


@hookspec
def lifespan(cms: CMS) -> AbstractAsyncContextManager[None]:  # type: ignore[empty-body]
    """Return a context manager that API and worker enter when they start, in dependency order."""
