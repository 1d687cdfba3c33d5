"""A worker process is killed in the middle of a delivery."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cms_core.app import CMS
from cms_core.outbox import Policy, outbox_jobs
from cms_core.worker import Worker

WORKER = """
import asyncio, sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cms_core.app import build_cms
from cms_core.events import Event, eventually
from cms_core.hookspecs import hookimpl
from cms_core.outbox import Policy, outbox_jobs
from cms_core.plugins.contributions import Plugin
from cms_core.serving import stop_signal
from cms_core.settings import Settings
from cms_core.worker import Worker

@dataclass(frozen=True)
class LetterWritten(Event):
    town: str
    number: int

async def carry(cms, event, delivery):
    Path(sys.argv[2]).write_text(str(delivery.event_id))
    await asyncio.Event().wait()

class Hooks:
    @staticmethod
    @hookimpl
    def register_subscribers():
        return [eventually(LetterWritten, carry, key="carrier")]

async def main():
    cms = build_cms(Settings(database_url=sys.argv[1]), [Plugin("post", Hooks, "", "0")])
    policy = Policy(lease=timedelta(seconds=2))
    cms.contributions.jobs[:] = outbox_jobs(cms.contributions.subscribers, policy)
    await Worker(cms).run(stop_signal())

asyncio.run(main())
"""


@pytest.fixture
async def hanging(
    office: Any, cms_app: CMS, tmp_path: Path, until: Any
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process in the middle of a delivery that does not end."""
    await office.write(("Paris", 1), ("Paris", 2))
    inside = tmp_path / "inside"
    url = cms_app.settings.database_url
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, url, str(inside))
    await until(inside.exists)
    yield worker
    with suppress(ProcessLookupError):
        worker.kill()
    await worker.wait()


async def test_another_worker_delivers_when_the_lease_of_a_killed_one_is_over(
    office: Any, post: Any, cms_app: CMS, hanging: Any, tmp_path: Path, until: Any
) -> None:
    hanging.send_signal(signal.SIGKILL)
    await hanging.wait()
    (taken, _) = await office.rows()
    assert taken.attempts == 1

    stop = asyncio.Event()
    policy = Policy(lease=timedelta(seconds=2))
    cms_app.contributions.jobs[:] = outbox_jobs(cms_app.contributions.subscribers, policy)
    successor = asyncio.create_task(Worker(cms_app).run(stop))
    await until(lambda: post.of("carrier", "Paris") == [1, 2])
    stop.set()
    await successor
    assert await office.rows() == []
    assert post.deliveries[0].attempt == 2
    assert str(post.deliveries[0].event_id) == (tmp_path / "inside").read_text()


@pytest.mark.parametrize("cms_engine", ["sqlite"], indirect=True)
async def test_a_worker_told_to_stop_leaves_a_delivery_that_hangs_within_ten_seconds(
    office: Any, hanging: Any
) -> None:
    hanging.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        assert await hanging.wait() == 0
    assert [row.attempts for row in await office.rows()] == [1, 0]
