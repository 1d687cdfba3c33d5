"""Handles for tests: the worker without its clock, and the migrations of the set under test."""

from __future__ import annotations

from typing import Any

from cms_core import migrate
from cms_core.app import CMS
from cms_core.jobs import Job


class WorkerDriver:
    """Runs jobs at once, in this process; what a job raises reaches the test."""

    def __init__(self, cms: CMS) -> None:
        self._cms = cms

    async def run(self, key: str) -> None:
        """Run one job until it has nothing more to do; ``core:outbox`` runs all deliveries.

        Raises `LookupError` when there is no such job.
        """
        jobs = [job for job in self._cms.contributions.jobs if f"{job.key}:".startswith(f"{key}:")]
        if not jobs and key != "core:outbox":
            raise LookupError(f"no job has the key {key!r}")
        for job in jobs:
            await self._finish(job)

    async def tick(self) -> None:
        """Run every job until it has nothing more to do, in the order of the plugins."""
        for job in self._cms.contributions.jobs:
            await self._finish(job)

    async def _finish(self, job: Job) -> None:
        while await job.run(self._cms):
            pass


class MigrationsDriver:
    """Moves the schema of the test's database up and down."""

    def __init__(self, cms: CMS) -> None:
        self._cms = cms

    async def upgrade(self, plugin: str | None = None) -> None:
        """Bring every plugin (or one) to its newest revision."""
        await migrate.upgrade(self._cms, plugin)

    async def downgrade(self, revision: str = "base", plugin: str | None = None) -> None:
        """Take one plugin back; without a name every one, the last in dependency order first."""
        names = [plugin] if plugin else reversed(list(self._cms.contributions.migrations))
        for name in names:
            await migrate.downgrade(self._cms, name, revision)

    async def status(self) -> list[migrate.PluginSchema]:
        """Return where each plugin stands."""
        return await migrate.status(self._cms)

    async def check(self) -> dict[str, list[Any]]:
        """Return, per plugin, how the tables differ from the models; empty when none does."""
        return await migrate.check(self._cms)
