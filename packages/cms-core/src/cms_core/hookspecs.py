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

#: Marks a function as the specification of a hook.
hookspec = pluggy.HookspecMarker("cms")
#: Marks a function of a plugin as its implementation of the hook of that name.
hookimpl = pluggy.HookimplMarker("cms")


@hookspec
def register_hookspecs() -> ModuleType:
    """Return a module of further hook specs, for plugins that can be extended themselves.

    Called before all others. What other plugins then contribute is in
    ``cms.contributions.extensions``, by the name of the hook.
    """


@hookspec
def register_settings() -> type[PluginSettings]:
    """Return the plugin's settings class; its fields are read from ``CMS_<PLUGIN>__<FIELD>``.

    ``cms.plugin_settings(TheClass)`` returns the object, in all hooks that are handed the CMS.
    """


@hookspec
def register_models() -> Models:
    """Return the mapped classes that the plugin owns.

    A plugin may own the tables ``<plugin>`` and ``<plugin>_*``, and others where the operator
    grants them (P053). Whoever has models has migrations (P050).
    """


@hookspec
def register_migrations() -> Path:
    """Return the folder that holds the plugin's Alembic versions.

    The history is linear and the plugin's own. ``cms db upgrade`` runs it; no start of the API
    does on a shared database.
    """


@hookspec
def register_permissions() -> Sequence[Permission]:
    """Return the permissions that the plugin's routes ask for.

    A key is ``<plugin>:<verb>`` and belongs to one plugin (P075).
    """


@hookspec
def register_authenticators(cms: CMS) -> Sequence[Authenticator]:
    """Return authenticators; they are tried in order until one knows the credentials.

    Asked at each request of the authoring door; none of the other doors asks who is there.
    """


@hookspec
def register_subscribers(cms: CMS) -> Sequence[Subscriber]:
    """Return subscribers of events, made with `before_commit`, `after_commit`, `eventually`.

    The keys of `eventually` are unique (P075).
    """


@hookspec
def register_routers(cms: CMS) -> Sequence[CMSRouter]:
    """Return routers; the type of each (delivery, admin, open, root) is its door.

    A plugin may own the paths ``/<plugin>`` and below behind each door, and others where the
    operator grants them (P072).
    """


@hookspec
def register_resolvers(cms: CMS) -> Sequence[Resolver]:
    """Return resolvers: what may be shown of the plugin's ids where others refer to them.

    There is one resolver for a kind of reference: posts ask for ``principal`` and ``media``.
    """


@hookspec
def register_jobs(cms: CMS) -> Sequence[Job]:
    """Return the jobs that the worker runs.

    Keys are unique (P075) and begin with the plugin's name by habit: ``auth:prune``.
    """


@hookspec
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    """Return readiness checks for ``/readyz``.

    They are asked when a load balancer asks, so let them be quick.
    """


@hookspec
def register_commands() -> typer.Typer:
    """Return a typer application; it is mounted as ``cms <plugin> …`` (or under its own name).

    Called for each ``cms`` command line, before settings are checked. A command gets its CMS from
    `run_with_cms`.
    """


@hookspec
def register_dev_seeds(cms: CMS) -> Sequence[Seed]:
    """Return what `cms dev` puts into a new data folder: a first account, demo content.

    Seeds run at each start of `cms dev`, so they look first whether there is anything to do.
    """


@hookspec
def lifespan(cms: CMS) -> AbstractAsyncContextManager[None]:
    """Return a context manager that API and worker enter when they start, in dependency order.

    Commands enter it too. The hook is called at that moment, and what was entered is left in
    reverse order.
    """
