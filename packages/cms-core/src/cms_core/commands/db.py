"""``cms db``: the schema of the database, plugin by plugin."""

from __future__ import annotations

from typing import Annotated

import typer

from cms_core import migrate
from cms_core.app import CMS
from cms_core.commands.context import run_unprepared, run_with_cms
from cms_core.commands.tables import show_table
from cms_core.db.instance import renew_instance
from cms_core.migrate import PluginSchema, SchemaState

app = typer.Typer(no_args_is_help=True, help="Look after the schema of the database.")

Plugin = Annotated[str, typer.Argument(help="Name of the plugin.")]


@app.command()
def upgrade(
    plugin: Annotated[str | None, typer.Argument(help="Only this plugin; else all.")] = None,
) -> None:
    """Bring the schema to the newest revision. Safe to run from several processes at once.

    Examples:

    cms db upgrade

    cms db upgrade posts
    """

    async def work(cms: CMS) -> list[PluginSchema]:
        await migrate.upgrade(cms, plugin)
        return await migrate.status(cms)

    _show(run_unprepared(work))


@app.command()
def downgrade(
    plugin: Plugin,
    revision: Annotated[str, typer.Argument(help="Revision to go back to; base: nothing left.")],
) -> None:
    """Take one plugin's tables back to an older revision. What they hold beyond it is lost.

    Example:

    cms db downgrade posts 0003
    """

    async def work(cms: CMS) -> list[PluginSchema]:
        await migrate.downgrade(cms, plugin, revision)
        return await migrate.status(cms)

    _show(run_unprepared(work))


@app.command()
def status() -> None:
    """Show where the schema of each plugin stands; exit code 1 unless all are current.

    Example:

    cms db status
    """
    schemas = run_unprepared(migrate.status)
    _show(schemas)
    if any(schema.state in (SchemaState.BEHIND, SchemaState.AHEAD) for schema in schemas):
        raise typer.Exit(1)


@app.command()
def restored() -> None:
    """Tell the CMS that its database was restored from a backup; run it before the API starts.

    What Redis and other caches hold may be of the time after the backup: none of it is used again.

    Example:

    cms db restored
    """

    async def work(cms: CMS) -> None:
        await cms.db.run(renew_instance)

    run_with_cms(work)
    typer.echo("Whatever was kept before is not used any more.")


@app.command()
def check() -> None:
    """Compare the tables with the models; exit code 1 where they differ.

    Example:

    cms db check
    """
    differences = run_unprepared(migrate.check)
    for plugin, found in differences.items():
        for difference in found:
            typer.echo(f"{plugin}: {difference}")
    if differences:
        typer.echo("Write the missing revision with: cms db revision PLUGIN MESSAGE", err=True)
        raise typer.Exit(1)
    typer.echo("The tables are as the models say.")


@app.command()
def revision(
    plugin: Plugin, message: Annotated[str, typer.Argument(help="What it changes, in few words.")]
) -> None:
    """Write the next revision of a plugin from its models, for you to review.

    Example:

    cms db revision posts "posts have a subtitle"
    """
    path = run_unprepared(lambda cms: migrate.revision(cms, plugin, message))
    typer.echo(f"Review {path}")


def _show(schemas: list[PluginSchema]) -> None:
    rows = [(each.plugin, each.current or "-", each.head or "-", each.state) for each in schemas]
    show_table(("plugin", "revision", "newest", "state"), rows)
