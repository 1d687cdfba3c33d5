"""What one run is given: a fresh database, a folder, a seed, and a CMS to build from them."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from campaigns.campaign import Assignment, Engine
from campaigns.ledger import plugin as ledger
from campaigns.redis_server import RedisServer
from cms_core import CMS, build_cms, migrate
from cms_core.plugins.contributions import Plugin
from cms_core.settings import LogLevel, Settings, random_secret
from cms_core.telemetry import configure_logging
from cms_core.testing.plugins import plugins_of
from cms_core.testing.servers import create_database, drop_database

LOG = "log"
#: The installed plugins that take part.
INSTALLED = ("auth", "media", "posts", "scheduler", "search")


def plugins() -> list[Plugin]:
    """The plugins of this project, the test kit and the ledger."""
    ours = plugins_of(INSTALLED)
    return [*ours, Plugin("ledger", ledger, "", "0", requires=("posts",))]


@dataclass(frozen=True, slots=True)
class Arena:
    """One run's own place."""

    assignment: Assignment
    settings: Settings
    folder: Path

    @property
    def engine(self) -> Engine:
        return self.assignment.engine

    @property
    def variant(self) -> str:
        return self.assignment.variant

    def chance(self, purpose: str) -> random.Random:
        """Random numbers that depend on the seed and what they are for alone."""
        return random.Random(f"{self.assignment.seed} {purpose}")

    def last_log_lines(self, count: int) -> list[str]:
        """What the processes of the run logged last."""
        # An exception tells last what it is.
        return [
            f"{line[:120]} … {line[-280:]}" if len(line) > 400 else line
            for line in self.log_lines()[-count:]
        ]

    def log_lines(self) -> list[str]:
        """All that the processes of the run logged."""
        return (self.folder / LOG).read_text(errors="replace").splitlines()

    def redis(self) -> RedisServer:
        """A Redis for this run; `build` has to be given its URL as `cache_url`."""
        return RedisServer(self.folder)

    def build(self, jobs: str | None = None, **changed: Any) -> CMS:
        """Build a CMS on the database of this run, with those jobs only whose key begins so.

        `changed` are settings that differ from those of the run.
        """
        cms = build_cms(self.settings.model_copy(update=changed), plugins())
        if jobs is not None:
            found = cms.contributions.jobs
            cms.contributions.jobs = [job for job in found if job.key.startswith(jobs)]
            if not cms.contributions.jobs:
                raise LookupError(f"no job begins with {jobs!r}")
        return cms


class Databases:
    """Fresh databases of one engine, copied from one that is migrated once.

    `server` is the URL of a PostgreSQL server, or a folder for SQLite.
    """

    def __init__(self, engine: Engine, server: str) -> None:
        self._engine = engine
        self._server = server
        self._template = ""

    def prepare(self) -> None:
        """Migrate the template; nothing stays connected."""
        asyncio.run(self._prepare())

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of a fresh copy, which goes at the end."""
        name = f"campaign_{uuid4().hex}"
        if self._engine is Engine.SQLITE:
            copy = Path(self._server) / name
            shutil.copy(self._template, copy)
            yield f"sqlite:///{copy}"
            for path in copy.parent.glob(f"{name}*"):
                path.unlink(missing_ok=True)
        else:
            yield asyncio.run(create_database(self._server, name, self._template))
            asyncio.run(drop_database(self._server, name))

    async def _prepare(self) -> None:
        if self._engine is Engine.SQLITE:
            self._template = f"{self._server}/template"
            url = f"sqlite:///{self._template}"
        else:
            self._template = f"campaign_template_{uuid4().hex}"
            url = await create_database(self._server, self._template)
        cms = build_cms(Settings(database_url=url), plugins())
        try:
            await migrate.upgrade(cms)
        finally:
            await cms.close()


@contextmanager
def arena(assignment: Assignment, databases: Databases) -> Iterator[Arena]:
    """Yield the place of one run; its log of errors lies in the folder."""
    with TemporaryDirectory(prefix="campaign-") as folder, databases.fresh() as url:
        settings = Settings(
            data=Path(folder),
            database_url=url,
            secret_key=SecretStr(random_secret()),
            public_url="http://test",
            log_level=LogLevel.WARNING,
        )
        with (Path(folder) / LOG).open("a") as log:
            configure_logging(settings, stream=log)
            yield Arena(assignment, settings, Path(folder))
