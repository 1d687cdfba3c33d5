"""``cms posts``: posts in and out of the CMS."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
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
from cms_posts.transfer.attachments import AttachmentImporter
from cms_posts.transfer.display import render_report
from cms_posts.transfer.exporting import count_posts, export_lines
from cms_posts.transfer.importing import Importer
from cms_posts.transfer.report import Report
from cms_posts.transfer.wordpress import read_wordpress

app = typer.Typer(no_args_is_help=True, help="Posts: export and import.")
_console = Console(stderr=True)

SourceFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file to import.")
]
UploadsFolder = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        readable=True,
        help="A copy of the site's wp-content/uploads, whose files are to be imported too.",
    ),
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
    run_with_cms(lambda cms: _import(cms, file, _import_lines, json_report))


@app.command("import-wordpress")
def import_wordpress(
    file: SourceFile, uploads: UploadsFolder = None, json_report: AsJson = False
) -> None:
    """Import posts and pages from a WordPress export (WXR).

    Pages become posts tagged "page", categories become tags. Dates, slugs and authors are kept.
    With --uploads, attachments become files, and posts refer to these.
    Importing the same file again adds nothing.

    Example: cms posts import-wordpress site.WordPress.2026-11-22.xml --uploads wp-content/uploads
    """
    run_with_cms(lambda cms: _import(cms, file, partial(_import_site, uploads), json_report))


Work = Callable[[CMS, BinaryIO, Report], Awaitable[None]]


async def _import(cms: CMS, file: Path, work: Work, as_json: bool) -> None:
    report = Report()
    try:
        with file.open("rb") as stream:
            await work(cms, stream, report)
    except CMSError:
        _show(report, as_json)
        raise
    _show(report, as_json)
    if not report.complete:
        raise typer.Exit(1)


async def _import_lines(cms: CMS, stream: BinaryIO, report: Report) -> None:
    items = read_archive(stream, cms.plugin_settings(PostsSettings).language)
    with _progress("Importing", _size(stream)) as advance:
        await Importer(cms, report).run(items, lambda: advance(stream.tell()))


async def _import_site(folder: Path | None, cms: CMS, stream: BinaryIO, report: Report) -> None:
    language, size = cms.plugin_settings(PostsSettings).language, _size(stream)
    async with cms.db.snapshot() as session:
        now = await session.now()
    # Files first: posts that are there do not come again to refer to them.
    attachments = None
    done = size if folder else 0
    with _progress("Importing", size + done) as advance:
        if folder is not None:
            importer = AttachmentImporter(cms, report, folder, now)
            attachments = await importer.run(stream, lambda: advance(stream.tell()))
            stream.seek(0)
        items = read_wordpress(stream, report, language=language, now=now, attachments=attachments)
        await Importer(cms, report).run(items, lambda: advance(done + stream.tell()))


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
