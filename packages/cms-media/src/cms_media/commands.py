"""``cms media``: looking after stored files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from cms_core import CMS, run_with_cms
from cms_media.errors import ImagesNotDecoded
from cms_media.service.inspecting import count_unknown, inspect_unknown
from cms_media.service.keeping import Verdict, sweep, verify
from cms_media.service.variants import drop_old_variants
from cms_media.workshop import workshop_of

app = typer.Typer(no_args_is_help=True, help="Files: sweep, verify and inspect what is stored.")
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


@app.command("inspect")
def inspect_images() -> None:
    """Decode the images that came while Pillow was not installed; exit code 1 for any fault.

    From then on they tell their size and come in variants. It takes `cms-media[images]`.

    Example: cms media inspect
    """
    faults = run_with_cms(_inspect)
    raise typer.Exit(1 if faults else 0)


@app.command("drop-variants")
def drop_variants(
    older_than: Annotated[
        int | None,
        typer.Option(min=0, help="Seconds; without it, CMS_MEDIA__VARIANT_AGE. 0: all of them."),
    ] = None,
) -> None:
    """Delete variants of images; each is made again when somebody asks for it.

    The worker does it once a day.

    Example: cms media drop-variants --older-than 0
    """
    run_with_cms(lambda cms: _drop_variants(cms, older_than))


async def _sweep(cms: CMS, dry_run: bool, older_than: int | None) -> None:
    workshop = workshop_of(cms)
    seconds = workshop.settings.orphan_age if older_than is None else older_than
    swept = await sweep(cms, workshop.storage, timedelta(seconds=seconds), dry_run=dry_run)
    verb = "would be deleted" if dry_run else "deleted"
    typer.echo(
        f"{swept.orphans} orphans ({swept.bytes} bytes) and "
        f"{swept.abandoned} unfinished uploads {verb}"
    )


async def _verify(cms: CMS) -> int:
    faults: list[Verdict] = []
    done = 0
    with _counted("verified") as advance:
        async for verdict in verify(cms, workshop_of(cms).storage):
            done += 1
            advance()
            if verdict.fault:
                faults.append(verdict)
                typer.echo(f"{verdict.fault}: {verdict.key} (sha256 {verdict.sha256})")
    typer.echo(f"{done} verified, {len(faults)} faulty")
    return len(faults)


async def _inspect(cms: CMS) -> int:
    workshop, done, faults = workshop_of(cms), 0, 0
    if not workshop.studio.is_equipped:
        raise ImagesNotDecoded
    with _counted("inspected", await count_unknown(cms)) as advance:
        async for each in inspect_unknown(cms, workshop):
            done += 1
            advance()
            if each.fault:
                faults += 1
                typer.echo(f"{each.key}: {each.fault}")
    typer.echo(f"{done} inspected, {faults} faulty")
    return faults


async def _drop_variants(cms: CMS, older_than: int | None) -> None:
    workshop = workshop_of(cms)
    seconds = workshop.settings.variant_age if older_than is None else older_than
    dropped = await drop_old_variants(cms, workshop, timedelta(seconds=seconds))
    typer.echo(f"{dropped} variants deleted")


@contextmanager
def _counted(what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Show on standard error how many there are so far; call what is yielded for each."""
    columns = (SpinnerColumn(), BarColumn(), TextColumn(f"{{task.completed}} {what}"))
    with Progress(*columns, console=_console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
