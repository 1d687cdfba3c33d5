"""What plugins contribute to a CMS, typed: the result of calling every hook once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cms_core.db.types import Base
from cms_core.events import Subscriber
from cms_core.faults import Fault
from cms_core.health import HealthCheck
from cms_core.http.routers import CMSRouter
from cms_core.jobs import Job
from cms_core.references import Resolver
from cms_core.security import Authenticator, Permission
from cms_core.seeds import Seed
from cms_core.settings import PluginSettings

if TYPE_CHECKING:
    import typer

    from cms_core.app import CMS

#: Entered by API and worker around their work; receives the CMS.
Lifespan = Callable[["CMS"], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A loaded plugin: its name, its module, and the distribution it came from."""

    name: str
    module: Any
    distribution: str
    version: str
    #: Names of the plugins whose distributions this one requires.
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Implementation:
    """One plugin's implementation of a hook; a call hands it those arguments that it takes."""

    plugin: Plugin
    function: Callable[..., Any]
    arguments: tuple[str, ...]

    def __call__(self, **given: Any) -> Any:
        return self.function(**{name: given[name] for name in self.arguments})


@dataclass(frozen=True, slots=True)
class Models:
    """The mapped classes that a plugin owns, with tables beyond its own ``<name>_*`` prefix."""

    classes: Sequence[type[Base]]
    #: Table names outside the plugin's own prefix that it claims (granted for third parties).
    tables: frozenset[str] = frozenset()


@dataclass(slots=True)
class Contributions:
    """Everything that the plugins of a CMS contribute, in dependency order."""

    plugins: list[Plugin] = field(default_factory=list)
    settings: dict[str, PluginSettings] = field(default_factory=dict)
    models: dict[str, Models] = field(default_factory=dict)
    #: Plugin name → folder of its Alembic versions.
    migrations: dict[str, Path] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    authenticators: list[Authenticator] = field(default_factory=list)
    subscribers: list[Subscriber] = field(default_factory=list)
    #: (plugin name, router)
    routers: list[tuple[str, CMSRouter]] = field(default_factory=list)
    resolvers: list[Resolver] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    health_checks: list[HealthCheck] = field(default_factory=list)
    #: (what comes after ``cms``, typer application)
    commands: list[tuple[str, typer.Typer]] = field(default_factory=list)
    lifespans: list[tuple[str, Lifespan]] = field(default_factory=list)
    seeds: list[Seed] = field(default_factory=list)
    #: Hook that a plugin specified → its implementations, in dependency order.
    extensions: dict[str, Sequence[Implementation]] = field(default_factory=dict)
    #: What was found wrong, where the plugin was left out instead of stopping everything.
    faults: Sequence[Fault] = ()
