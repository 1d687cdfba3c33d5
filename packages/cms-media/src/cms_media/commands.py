"""``cms media``: looking after stored files."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from cms_core import CMS, run_with_cms
from cms_media.service.keeping import Verdict, sweep, verify
from cms_media.settings import MediaSettings
from cms_media.storage import open_storage

app = typer.Typer(no_args_is_help=True, help="Files: sweep and verify what is stored.")
_console = Console(stderr=True)


@app.command("sweep")
def sweep_orphans(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    older_than: Annotated[
        int | None,
        typer.Option(min=0, help="Seconds; without it, CMS_MEDIA__ORPHAN_AGE. 0: no uploads run."),
    ] = None,
) -> None:
    """Delete stored bytes that belong to no file, and what is left of uploads that broke off.

    The worker does it once a day.

    Example: cms media sweep --dry-run
    """
    run_with_cms(lambda cms: _sweep(cms, dry_run, older_than))


@app.command("verify")
def verify_files() -> None:
    """Read all stored bytes and compare them with what was uploaded; exit code 1 for any fault.

    Example: cms media verify
    """
    faults = run_with_cms(_verify)
    raise typer.Exit(1 if faults else 0)


async def _sweep(cms: CMS, dry_run: bool, older_than: int | None) -> None:
    seconds = cms.plugin_settings(MediaSettings).orphan_age if older_than is None else older_than
    storage = open_storage(cms.settings.media_storage_url, cms.settings.data)
    try:
        swept = await sweep(cms, storage, timedelta(seconds=seconds), dry_run=dry_run)
    finally:
        await storage.close()
    verb = "would be deleted" if dry_run else "deleted"
    typer.echo(
        f"{swept.orphans} orphans ({swept.bytes} bytes) and "
        f"{swept.abandoned} unfinished uploads {verb}"
    )


async def _verify(cms: CMS) -> int:
    storage = open_storage(cms.settings.media_storage_url, cms.settings.data)
    columns = (SpinnerColumn(), TextColumn("{task.completed} verified"))
    faults: list[Verdict] = []
    done = 0
    try:
        with Progress(*columns, console=_console, transient=True) as progress:
            task = progress.add_task("verify", total=None)
            async for verdict in verify(cms, storage):
                done += 1
                progress.advance(task)
                if verdict.fault:
                    faults.append(verdict)
                    typer.echo(f"{verdict.fault}: {verdict.key} (sha256 {verdict.sha256})")
    finally:
        await storage.close()
    typer.echo(f"{done} verified, {len(faults)} faulty")
    return len(faults)
