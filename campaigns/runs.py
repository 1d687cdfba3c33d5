"""Does one run: a process of its own, a fresh database, the fault if one is planted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from campaigns.arena import Databases, arena
from campaigns.campaign import Assignment, Engine, Outcome, Size
from campaigns.catalogue import CAMPAIGNS
from campaigns.faults import FAULTS
from campaigns.processes import isolated
from campaigns.results import Record, now, present_commit, present_versions
from cms_core.testing.servers import postgres_server

#: Seconds after which a run hangs; far beyond what any takes.
HANGS_AFTER = {Size.CI: 180.0, Size.FULL: 1800.0}
#: Lines of the log that are told with a failure.
LAST_LINES = 15


class Stage:
    """The databases of the engines that are wanted, ready before anything runs."""

    def __init__(self, databases: dict[Engine, Databases], versions: dict[Engine, str]) -> None:
        self._databases = databases
        self._versions = versions

    def run(self, assignment: Assignment) -> Record:
        """Do one run. Raises `ProcessFailed` when it does not come to its end."""
        campaign = CAMPAIGNS[assignment.campaign]
        load: Any = campaign.loads[assignment.size, assignment.engine]

        def work() -> Outcome:
            if assignment.fault:
                FAULTS[assignment.fault].plant()
            with arena(assignment, self._databases[assignment.engine]) as place:
                outcome: Outcome = campaign.run(place, load)
                if outcome.failure(assignment.fault):
                    outcome.examples += place.last_log_lines(LAST_LINES)
                return outcome

        begun = time.monotonic()
        outcome = isolated(work, within=HANGS_AFTER[assignment.size])
        return Record(
            assignment=assignment,
            parameters=campaign.parameters(assignment),
            outcome=outcome,
            versions=present_versions(assignment.engine, self._versions[assignment.engine]),
            commit=present_commit(),
            date=now(),
            seconds=time.monotonic() - begun,
        )


@contextmanager
def stage(engines: Sequence[Engine]) -> Iterator[Stage]:
    """Start the servers and migrate the databases that runs get copies of."""
    databases: dict[Engine, Databases] = {}
    versions: dict[Engine, str] = {}
    with ExitStack() as stack:
        for engine in engines:
            if engine is Engine.SQLITE:
                server = stack.enter_context(TemporaryDirectory(prefix="campaigns-"))
                versions[engine] = ""
            else:
                server = stack.enter_context(postgres_server())
                versions[engine] = asyncio.run(_version_of(server))
            databases[engine] = Databases(engine, server)
            databases[engine].prepare()
        yield Stage(databases, versions)


async def _version_of(server: str) -> str:
    connection = await asyncpg.connect(server.replace("+asyncpg", ""))
    try:
        told: str = await connection.fetchval("SHOW server_version")
        return told
    finally:
        await connection.close()
