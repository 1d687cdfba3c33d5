"""``cms plugins`` and ``cms hooks``: what is installed, whether it fits, what can be extended."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from pathlib import Path

import typer

from cms_core import hookspecs
from cms_core.assembly import load_cms
from cms_core.commands.context import read_settings, readable_errors, warn
from cms_core.commands.tables import show_table
from cms_core.errors import NotFound
from cms_core.faults import Fault, PluginFaults
from cms_core.lock import write_lock
from cms_core.plugins.discovery import CORE_DISTRIBUTION, core, scan
from cms_core.plugins.selection import PROJECT
from cms_core.settings import OnFailure, PluginMode, Settings

app = typer.Typer(no_args_is_help=True, help="Look at the plugins and whether they fit together.")


@app.command("list")
def list_() -> None:
    """Show every installed plugin, and whether it takes part.

    Example:

    cms plugins list
    """
    with readable_errors():
        settings = read_settings()
        installed = scan()
        built, faults = _built(settings)
    rows = [("core", core().version, CORE_DISTRIBUTION, "enabled")]
    for each in installed:
        state = _state(each.name, built, faults, settings)
        rows.append((each.name, each.version, each.distribution, state))
    show_table(("plugin", "version", "distribution", "state"), rows)
    for fault in faults:
        warn(str(fault))


@app.command()
def check() -> None:
    """Check the set of plugins without opening anything: for CI and image builds. Exit code 78.

    Example:

    cms plugins check
    """
    with readable_errors():
        cms = load_cms(read_settings(), OnFailure.ABORT)
    typer.echo(f"{len(cms.contributions.plugins)} plugins fit together.")


@app.command()
def freeze() -> None:
    """Write the lock of the set, and print its requirements for pip.

    Example:

    cms plugins freeze > requirements.txt
    """
    with readable_errors():
        settings = read_settings()
        cms = load_cms(settings, OnFailure.SKIP)
        if faults := [each for each in cms.contributions.faults if each.code != "P092"]:
            raise PluginFaults(faults)
    write_lock(Path(settings.plugins.lock), cms.contributions)
    distributions = {plugin.distribution: plugin.version for plugin in cms.contributions.plugins}
    for distribution, version in sorted(distributions.items()):
        if distribution != PROJECT:
            typer.echo(f"{distribution}=={version}")


@app.command()
def verify() -> None:
    """Compare the set with its lock. Exit code 78 where they differ.

    Example:

    cms plugins verify
    """
    with readable_errors():
        settings = read_settings()
        if not Path(settings.plugins.lock).exists():
            raise NotFound(f"There is no {settings.plugins.lock}; write it: cms plugins freeze")
        load_cms(settings, OnFailure.ABORT)
    typer.echo(f"The set is as {settings.plugins.lock} says.")


def hooks() -> None:
    """Show the hooks that a plugin can implement.

    Example:

    cms hooks
    """
    specs = inspect.getmembers(hookspecs, lambda each: hasattr(each, "cms_spec"))
    rows = [
        (f"{name}{inspect.signature(spec)}".partition(" ->")[0], inspect.getdoc(spec) or "")
        for name, spec in specs
    ]
    show_table(("hook", "what it does"), [(hook, doc.partition("\n")[0]) for hook, doc in rows])


def _built(settings: Settings) -> tuple[Collection[str], tuple[Fault, ...]]:
    try:
        cms = load_cms(settings, OnFailure.SKIP)
    except PluginFaults as error:
        return (), error.faults
    names = {plugin.name for plugin in cms.contributions.plugins}
    return names, tuple(cms.contributions.faults)


def _state(name: str, built: Collection[str], faults: tuple[Fault, ...], settings: Settings) -> str:
    codes = sorted({fault.code for fault in faults if fault.plugin == name})
    if codes:
        return f"faulty: {', '.join(codes)}"
    if name in built:
        return "enabled"
    if name in settings.plugins.disabled:
        return "disabled"
    chosen = settings.plugins.mode is PluginMode.ALL or name in settings.plugins.enabled
    return "left out: requires a faulty plugin" if chosen else "not in the set"
