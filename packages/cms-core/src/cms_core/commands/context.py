"""What every command needs: the settings, the CMS, and errors that people can read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TypeVar

import typer

from cms_core.app import CMS
from cms_core.assembly import load_cms
from cms_core.configuration import load_settings
from cms_core.errors import CMSError, Invalid, Unavailable
from cms_core.faults import Fault, PluginFaults
from cms_core.secret_key import keep_key, with_kept_key
from cms_core.settings import LogFormat, LogLevel, OnFailure, Settings
from cms_core.startup import prepare_schema, running
from cms_core.telemetry import configure_logging

T = TypeVar("T")

#: Exit code for a configuration that can't work (``EX_CONFIG`` of sysexits.h).
EX_CONFIG = 78

#: What ``--data`` says, wherever on the line it stands.
data_folder: ContextVar[Path | None] = ContextVar("data_folder", default=None)


def run_with_cms(work: Callable[[CMS], Awaitable[T]]) -> T:
    """Build the CMS of ``--data`` and the environment, run `work` with it, and close it again.

    For commands: an embedded database is made or upgraded first, faulty plugins are left out with
    a warning, and a `CMSError` ends the process with one readable line and exit code 1.
    """

    async def prepared(cms: CMS) -> T:
        await prepare_schema(cms)
        async with running(cms):
            return await work(cms)

    with readable_errors():
        return asyncio.run(closing(lenient_cms(keep_key(read_settings())), prepared))


def run_unprepared(work: Callable[[CMS], Awaitable[T]]) -> T:
    """Like `run_with_cms`, but leave the schema as it is: for commands that look after it."""
    with readable_errors():
        settings = read_settings()
        if settings.embedded:
            settings.data.mkdir(parents=True, exist_ok=True)
        return asyncio.run(closing(lenient_cms(settings), work))


async def closing(cms: CMS, work: Callable[[CMS], Awaitable[T]]) -> T:
    """Run `work` with the CMS, then close the CMS."""
    try:
        return await work(cms)
    finally:
        await cms.close()


def read_settings() -> Settings:
    """Return the settings of this command line."""
    return with_kept_key(load_settings(data_folder.get()))


def lenient_cms(settings: Settings) -> CMS:
    """Build the CMS without its faulty plugins, and warn of these."""
    quiet = {"log_level": LogLevel.WARNING, "log_format": LogFormat.CONSOLE}
    unset = {name: value for name, value in quiet.items() if name not in settings.model_fields_set}
    configure_logging(settings.model_copy(update=unset))
    cms = load_cms(settings, OnFailure.SKIP)
    for fault in cms.contributions.faults:
        warn(f"Warning: {fault}")
    return cms


@contextmanager
def readable_errors() -> Iterator[None]:
    """End the process with readable lines: exit 78 for faults of the set, 1 for other errors."""
    try:
        yield
    except PluginFaults as error:
        show_faults(error.faults)
        raise typer.Exit(EX_CONFIG) from None
    except CMSError as error:
        warn(f"Error: {error}")
        if isinstance(error, Unavailable) and error.__cause__:
            warn(f"  {getattr(error.__cause__, 'orig', error.__cause__)}")
        for each in error.errors if isinstance(error, Invalid) else ():
            warn(f"  {each.pointer}: {each.message}")
        raise typer.Exit(1) from None


def show_faults(faults: tuple[Fault, ...]) -> None:
    """Print faults to standard error, each with what to do."""
    for fault in faults:
        warn(str(fault))


def warn(line: str) -> None:
    """Print a line to standard error."""
    typer.echo(line, err=True)
