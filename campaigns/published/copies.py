"""Copies of a whole database: a backup, and what is restored from it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

from asyncpg.exceptions import ObjectInUseError
from sqlalchemy.engine import make_url

from cms_core.testing.servers import create_database, drop_database

#: Seconds in which the last connections to what is copied end.
PATIENCE = 10.0


class Copies:
    """Makes copies that go at the end; nothing may be connected to what is copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for url in self._made:
            asyncio.run(drop_database(_server(url), _name(url)))

    def make(self, url: str) -> str:
        """Copy a database and return the URL of the copy."""
        if url.startswith("sqlite"):
            return self._copy_file(url)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                name = f"campaign_{uuid4().hex}"
                made = asyncio.run(create_database(_server(url), name, _name(url)))
            except ObjectInUseError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                self._made.append(made)
                return made

    def _copy_file(self, url: str) -> str:
        copy = self._folder / uuid4().hex
        with (
            closing(sqlite3.connect(_name(url))) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return f"sqlite:///{copy}"


def _server(url: str) -> str:
    """The database from which others are made and dropped."""
    return make_url(url).set(database="postgres").render_as_string(hide_password=False)


def _name(url: str) -> str:
    return make_url(url).database or ""
