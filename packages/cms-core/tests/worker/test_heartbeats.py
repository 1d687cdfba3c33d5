"""Whether a worker is alive, and what is thrown away in the end."""

import os
import socket
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from cms_core.app import CMS
from cms_core.http.idempotency import IdempotencyRow
from cms_core.ids import new_id
from cms_core.testing.drivers import WorkerDriver
from cms_core.worker import Worker
from cms_core.worker.heartbeats import WorkerHeartbeat, worker_check


async def all_heartbeats(cms: CMS) -> list[WorkerHeartbeat]:
    async with cms.db.snapshot() as session:
        return list(await session.scalars(select(WorkerHeartbeat)))


async def let_pass(cms: CMS, time: timedelta) -> None:
    (heartbeat,) = await all_heartbeats(cms)
    async with cms.db.transaction() as session:
        await session.execute(update(WorkerHeartbeat).values(seen_at=heartbeat.seen_at - time))


async def test_a_worker_says_who_and_where_it_is(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    async with working(cms_app) as worker:
        await until(lambda: big.rung)
    (heartbeat,) = await all_heartbeats(cms_app)
    assert heartbeat.id == worker.id
    assert (heartbeat.host, heartbeat.pid) == (socket.gethostname(), os.getpid())
    assert heartbeat.seen_at >= heartbeat.started_at


async def test_a_worker_that_runs_once_is_seen_even_if_nothing_is_due(cms_app: CMS) -> None:
    await Worker(cms_app).run_once()
    idle = Worker(cms_app)
    await idle.run_once()
    assert idle.id in {heartbeat.id for heartbeat in await all_heartbeats(cms_app)}


async def test_without_a_worker_the_cms_is_degraded(
    cms_app: CMS, big: Any, working: Any, until: Any
) -> None:
    check = worker_check(cms_app)
    assert not check.critical
    assert await check.check() == "no worker has been seen for 90 s"
    async with working(cms_app):
        await until(lambda: big.rung)
    assert await check.check() is None
    await let_pass(cms_app, timedelta(seconds=91))
    assert await check.check() == "no worker has been seen for 90 s"


async def test_the_check_is_part_of_readiness(cms_app: CMS) -> None:
    assert "worker" in {check.name for check in cms_app.contributions.health_checks}


async def test_workers_that_are_long_gone_are_forgotten(
    cms_app: CMS, big: Any, working: Any, until: Any, cms_worker: WorkerDriver
) -> None:
    async with working(cms_app):
        await until(lambda: big.rung)
    await let_pass(cms_app, timedelta(minutes=59))
    await cms_worker.run("core:prune")
    assert len(await all_heartbeats(cms_app)) == 1
    await let_pass(cms_app, timedelta(minutes=2))
    await cms_worker.run("core:prune")
    assert await all_heartbeats(cms_app) == []


async def test_expired_idempotency_keys_are_deleted(cms_app: CMS, cms_worker: WorkerDriver) -> None:
    async with cms_app.db.transaction() as session:
        now = await session.now()
        for age, count in ((25, 1200), (23, 1)):
            created_at = now - timedelta(hours=age)
            fields = {"principal_id": new_id(), "route": "POST /", "fingerprint": ""}
            await session.execute(
                insert(IdempotencyRow),
                [{**fields, "key": f"{n}", "created_at": created_at} for n in range(count)],
            )
    await cms_worker.run("core:prune")
    async with cms_app.db.snapshot() as session:
        (left,) = await session.scalars(select(IdempotencyRow))
    assert left.created_at == now - timedelta(hours=23)
