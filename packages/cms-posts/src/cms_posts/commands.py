"""``cms posts``: posts in and out of the CMS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import SEEK_END
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from cms_core import CMS, CMSError, run_with_cms
from cms_posts.settings import PostsSettings
from cms_posts.transfer.archive import read_archive
from cms_posts.transfer.display import render_report
from cms_posts.transfer.exporting import count_posts, export_lines
from cms_posts.transfer.importing import Importer, Item
from cms_posts.transfer.report import Report
from cms_posts.transfer.wordpress import read_wordpress

app = typer.Typer(no_args_is_help=True, help="Posts: export and import.")
_console = Console(stderr=True)

SourceFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file to import.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


@app.command("export")
def export_posts(
    output: Annotated[
        Path | None, typer.Option(dir_okay=False, help="File to write (default: standard output).")
    ] = None,
) -> None:
    """Write every post, with all its revisions, as JSON lines.

    Drafts and posts in the trash are included. Accounts and media are not: posts name them.

    Example: cms posts export --output posts.jsonl
    """
    run_with_cms(lambda cms: _export(cms, output))


@app.command("import")
def import_posts(file: SourceFile, json_report: AsJson = False) -> None:
    """Import posts from JSON lines: an export, or lines with title, slug, body, author and tags.

    What is there already stays as it is; where it differs, that is told as a conflict. Importing
    the same file again adds nothing.

    Example: cms posts import posts.jsonl
    """

    def read(cms: CMS, stream: BinaryIO, _: Report, __: datetime) -> Iterator[Item]:
        return read_archive(stream, cms.plugin_settings(PostsSettings).language)

    run_with_cms(lambda cms: _import(cms, file, read, json_report))


@app.command("import-wordpress")
def import_wordpress(file: SourceFile, json_report: AsJson = False) -> None:
    """Import posts and pages from a WordPress export (WXR).

    Pages become posts tagged "page", categories become tags. Dates, slugs and authors are kept.
    Importing the same file again adds nothing.

    Example: cms posts import-wordpress site.WordPress.2026-11-22.xml
    """

    def read(cms: CMS, stream: BinaryIO, report: Report, now: datetime) -> Iterator[Item]:
        language = cms.plugin_settings(PostsSettings).language
        return read_wordpress(stream, report, language=language, now=now)

    run_with_cms(lambda cms: _import(cms, file, read, json_report))


Read = Callable[[CMS, BinaryIO, Report, datetime], Iterator[Item]]


async def _import(cms: CMS, file: Path, read: Read, as_json: bool) -> None:
    report = Report()
    async with cms.db.snapshot() as session:
        now = await session.now()
    try:
        with file.open("rb") as stream, _progress("Importing", _size(stream)) as advance:
            items = read(cms, stream, report, now)
            await Importer(cms, report).run(items, lambda: advance(stream.tell()))
    except CMSError:
        _show(report, as_json)
        raise
    _show(report, as_json)
    if not report.complete:
        raise typer.Exit(1)


def _size(stream: BinaryIO) -> int:
    size = stream.seek(0, SEEK_END)
    stream.seek(0)
    return size


def _show(report: Report, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.to_plain(), ensure_ascii=False))
    else:
        Console().print(render_report(report))


async def _export(cms: CMS, output: Path | None) -> None:
    if output is None:
        await _write(cms, typer.get_binary_stream("stdout"))
        return
    # Written beside and renamed: a file of this name is always a whole export.
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        with unfinished.open("wb") as stream:
            await _write(cms, stream)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


async def _write(cms: CMS, stream: BinaryIO) -> None:
    async with cms.db.snapshot() as session:
        with _progress("Exporting", await count_posts(session)) as advance:
            written = 0
            async for line in export_lines(session, cms):
                stream.write(line)
                advance(written := written + 1)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error; call what is yielded with how far the work has come."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
