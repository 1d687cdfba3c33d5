"""Calls every hook once, plugin by plugin in dependency order, and checks what they contribute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from cms_core.configuration import read_plugin_settings
from cms_core.events import Moment, Subscriber
from cms_core.faults import PluginFaults
from cms_core.health import HealthCheck
from cms_core.http.routers import CMSRouter
from cms_core.jobs import Job
from cms_core.plugins.collecting import Collector
from cms_core.plugins.contributions import (
    Contributions,
    Implementation,
    Lifespan,
    Models,
    Plugin,
)
from cms_core.plugins.discovery import core
from cms_core.plugins.hooks import Hooks
from cms_core.plugins.keys import CORE_COMMANDS, check_keys
from cms_core.plugins.ownership import check_tables
from cms_core.plugins.routes import check_routes
from cms_core.references import Resolver
from cms_core.security import Permission
from cms_core.seeds import Seed
from cms_core.settings import PluginSettings

if TYPE_CHECKING:
    from cms_core.app import CMS


class _Part(NamedTuple):
    """A hook whose parts go into a list of the contributions; `key` is unique where not None."""

    hook: str
    kind: type[Any]
    field: str
    what: str
    key: Callable[[Any], str | None]


def _outbox_key(subscriber: Subscriber) -> str | None:
    return subscriber.key if subscriber.moment is Moment.EVENTUALLY else None


_PARTS = (
    _Part("register_authenticators", object, "authenticators", "", lambda _: None),
    _Part("register_resolvers", Resolver, "resolvers", "kind of reference", attrgetter("kind")),
    _Part("register_subscribers", Subscriber, "subscribers", "subscriber", _outbox_key),
    _Part("register_jobs", Job, "jobs", "job", attrgetter("key")),
    _Part("register_health_checks", HealthCheck, "health_checks", "check", attrgetter("name")),
    _Part("register_dev_seeds", Seed, "seeds", "seed", attrgetter("key")),
)


def collect(cms: CMS, plugins: Sequence[Plugin]) -> Contributions:
    """Return everything that the plugins contribute; cms-core itself always comes first.

    Raises `PluginFaults` with every fault found in one run.
    """
    plugins = [core(), *(plugin for plugin in plugins if plugin.name != "core")]
    hooks = Hooks(plugins)
    calls = Collector(hooks, trace=cms.settings.trace_hooks)
    # Hooks that get the CMS may ask it for their settings: it sees what is collected so far.
    found = cms.contributions = Contributions(plugins=plugins, extensions=hooks.extensions())
    _collect_settings(found, calls, cms)
    _collect_schema(found, calls, cms)
    _collect_permissions(found, calls)
    _collect_parts(found, calls, cms)
    _collect_routers(found, calls, cms)
    _collect_commands(found, calls)
    found.lifespans += [(each.plugin.name, _lifespan(each)) for each in hooks.of("lifespan")]
    if calls.faults:
        raise PluginFaults(calls.faults)
    return found


def _collect_settings(found: Contributions, calls: Collector, cms: CMS) -> None:
    for plugin, kind in calls.kinds("register_settings", PluginSettings):
        table = cms.settings.plugin_settings.get(plugin.name, {})
        settings = read_plugin_settings(plugin, kind, table)
        if isinstance(settings, PluginSettings):
            found.settings[plugin.name] = settings
        else:
            calls.blame(settings)


def _collect_schema(found: Contributions, calls: Collector, cms: CMS) -> None:
    found.models |= {p.name: models for p, models in calls.one("register_models", Models)}
    found.migrations |= {p.name: folder for p, folder in calls.one("register_migrations", Path)}
    calls.blame(list(check_tables(found, cms.settings.plugins.grants)))


def _collect_permissions(found: Contributions, calls: Collector) -> None:
    permissions = list(calls.many("register_permissions", Permission))
    calls.blame(check_keys("permission", [(plugin, each.key) for plugin, each in permissions]))
    found.permissions |= {each.key: each for _, each in permissions}


def _collect_parts(found: Contributions, calls: Collector, cms: CMS) -> None:
    for part in _PARTS:
        pairs = list(calls.many(part.hook, part.kind, cms=cms))
        keys = [(plugin, part.key(each)) for plugin, each in pairs]
        calls.blame(check_keys(part.what, [(plugin, key) for plugin, key in keys if key]))
        getattr(found, part.field).extend(_first_of_each_key(part, [each for _, each in pairs]))


def _first_of_each_key(part: _Part, parts: list[Any]) -> list[Any]:
    # What others derive from a part (the core makes a job per subscriber) must not clash as well.
    firsts: dict[str | None, Any] = {
        key: each for each in reversed(parts) if (key := part.key(each))
    }
    return [each for each in parts if firsts.get(part.key(each), each) is each]


def _collect_routers(found: Contributions, calls: Collector, cms: CMS) -> None:
    pairs = calls.many("register_routers", CMSRouter, cms=cms)
    found.routers += [(plugin.name, router) for plugin, router in pairs]
    calls.blame(list(check_routes(found, cms.settings.plugins.grants)))


def _collect_commands(found: Contributions, calls: Collector) -> None:
    pairs = list(calls.one("register_commands", typer.Typer))
    names = [(plugin, command_name(plugin, app)) for plugin, app in pairs]
    own = [(found.plugins[0], name) for name in CORE_COMMANDS]
    calls.blame(check_keys("command", [*own, *names]))
    found.commands += [(name, app) for (_, name), (_, app) in zip(names, pairs, strict=True)]


def command_name(plugin: Plugin, app: typer.Typer) -> str:
    """Return what comes after ``cms``: the name that the application has, or the plugin's."""
    return app.info.name if isinstance(app.info.name, str) else plugin.name


def _lifespan(implementation: Implementation) -> Lifespan:
    return lambda cms: implementation(cms=cms)
