"""``cms``: the commands of the core, and those that plugins bring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Any

import typer

from cms_core.commands import db, dev, jobs, openapi, outbox, plugins, serve
from cms_core.commands.context import data_folder
from cms_core.configuration import load_settings
from cms_core.faults import PluginFaults
from cms_core.plugins.collecting import Collector
from cms_core.plugins.hooks import Hooks
from cms_core.plugins.loading import load
from cms_core.plugins.registry import command_name


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends with `SystemExit`."""
    command_line()(args=arguments, prog_name="cms")


def command_line() -> Any:
    """Return all commands as one, each of which takes ``--data``."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        help="A headless CMS. Begin with: cms dev",
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    core = (dev.dev, serve.serve, serve.worker, jobs.jobs, openapi.openapi, plugins.hooks)
    for command in core:
        app.command()(command)
    app.add_typer(db.app, name="db")
    app.add_typer(outbox.app, name="outbox")
    app.add_typer(plugins.app, name="plugins")
    for name, commands in _of_plugins():
        app.add_typer(commands, name=name)
    return _with_data_option(typer.main.get_command(app))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version_of("cms-core"))
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and end.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that stand before the command."""


def _of_plugins() -> Iterator[tuple[str, typer.Typer]]:
    """The commands of all plugins that load; the faults of others are told by what is run."""
    try:
        loaded = load(load_settings().plugins)
    except PluginFaults:
        return
    for plugin, app in Collector(Hooks(loaded.plugins)).one("register_commands", typer.Typer):
        yield command_name(plugin, app), app


def _with_data_option(command: Any) -> Any:
    """Add ``--data`` to a command and to all below it, so that it may stand anywhere."""
    if not any("--data" in parameter.opts for parameter in command.params):
        command.params.append(_DATA)
    for child in getattr(command, "commands", {}).values():
        _with_data_option(child)
    return command


def _remember(context: typer.Context, value: Path | None) -> None:
    if value is not None or context.parent is None:
        data_folder.set(value)


def _data_option() -> Any:
    def command(
        data: Annotated[
            Path | None,
            typer.Option(
                help="Folder of the embedded database and local files (default: CMS_DATA, ./var).",
                callback=_remember,
                expose_value=False,
                file_okay=False,
                show_default=False,
            ),
        ] = None,
    ) -> None:
        """Lend its parameter."""

    app = typer.Typer(add_completion=False)
    app.command()(command)
    return typer.main.get_command(app).params[0]


_DATA = _data_option()
