"""What the benchmarks of one run share: the servers, and databases that are filled only once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import count
from pathlib import Path

from benchmarks.articles import articles
from benchmarks.processes import CLI, Process, known, python
from benchmarks.progress import bar
from benchmarks.seeding import seed
from cms_core import CMS, Settings, build_cms
from cms_core.settings import LogLevel, random_secret
from cms_core.telemetry import configure_logging
from cms_core.testing.plugins import plugins_of
from cms_core.testing.servers import create_database, postgres_server, redis_server

ADMIN = {"email": "bench@example.com", "password": "seven grey herons waiting"}
_VARIABLES = {
    "CMS_ADMIN_EMAIL": ADMIN["email"],
    "CMS_ADMIN_PASSWORD": ADMIN["password"],
    # A run is longer than a token lasts, and refreshing is no part of what is measured.
    "CMS_AUTH__ACCESS_TOKEN_LIFETIME": "3600",
}


class Engine(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Content:
    """What a database is filled with; with `due_at` its drafts are planned for that instant."""

    published: int
    drafts: int = 1_000
    due_at: datetime | None = None


class Stage:
    """Servers that end with the run, and a folder for all that it leaves."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self._filled: dict[tuple[Engine, Content], str] = {}
        self._numbers = count()
        self._secret = random_secret()

    @cached_property
    def redis(self) -> str:
        """The URL of a Redis server."""
        return self._stack.enter_context(redis_server())

    @cached_property
    def _postgres(self) -> str:
        return self._stack.enter_context(postgres_server())

    def database(self, content: Content, engine: Engine = Engine.POSTGRESQL) -> str:
        """Return the URL of a database with this content, for readers: it is filled once."""
        key = engine, content
        if key not in self._filled:
            url = self._new(engine)
            self._fill(url, content, f"{engine}: {content.published:,} posts")
            self._filled[key] = url
        return self._filled[key]

    def copy(self, content: Content) -> str:
        """Return the URL of a PostgreSQL database with this content that may be written to.

        No process may have the original open.
        """
        name = self.database(content).rpartition("/")[2]
        return asyncio.run(create_database(self._postgres, f"bench_{next(self._numbers)}", name))

    @contextmanager
    def serve(self, database: str, **variables: str) -> Iterator[Process]:
        """Run `cms serve`: one process, as in production, with Redis unless told otherwise."""
        settings = {"CMS_CACHE_URL": self.redis, **variables}
        with self.run(("serve", "--port", "0"), database, settings) as process:
            process.address()
            yield process

    @contextmanager
    def run(
        self, command: tuple[str, ...], database: str, variables: Mapping[str, str]
    ) -> Iterator[Process]:
        """Run a command of the CMS in a folder of its own."""
        folder = self.folder()
        own = {
            "CMS_DATA": str(folder),
            "CMS_DATABASE_URL": database,
            "CMS_SECRET_KEY": self._secret,
        }
        settings = known({**_VARIABLES, **variables, **own})
        with python((*CLI, *command), settings, folder) as process:
            yield process

    def ask(self, work: Callable[[CMS], Awaitable[object]], database: str) -> None:
        """Run `work` on a CMS of our own."""
        asyncio.run(self._ask(work, database))

    async def _ask(self, work: Callable[[CMS], Awaitable[object]], database: str) -> None:
        settings = Settings(data=self.folder(), database_url=database, log_level=LogLevel.WARNING)
        configure_logging(settings)
        cms = build_cms(settings, plugins_of(None))
        try:
            await work(cms)
        finally:
            await cms.close()

    def folder(self) -> Path:
        """Return a new folder."""
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return folder

    def _new(self, engine: Engine) -> str:
        if engine is Engine.SQLITE:
            return f"sqlite:///{self.folder() / 'cms.sqlite3'}"
        return asyncio.run(create_database(self._postgres, f"bench_{next(self._numbers)}"))

    def _fill(self, url: str, content: Content, label: str) -> None:
        written = articles(content.published, content.drafts)
        with bar(label, content.published + content.drafts) as progress:
            self.ask(lambda cms: seed(cms, written, progress, due_at=content.due_at), url)
        with self.run(("users", "create", "--if-none"), url, {}) as process:
            process.popen.wait()
