"""Validation on SQLite: a look at the file per turn of the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import Select, column, select
from sqlalchemy.engine import make_url

from cms_core.app import CMS
from cms_core.cache.sqlite import SqliteValidator
from cms_core.catchup import CatchUp
from cms_core.db.database import Database
from cms_core.errors import Unavailable
from cms_core.jobs import Job
from cms_core.overdue import Look

if TYPE_CHECKING:
    from tests.cache.conftest import Store

pytestmark = pytest.mark.parametrize("cms_engine", ["sqlite"])

RENEW = "INSERT OR REPLACE INTO generations (scope, gen) VALUES ('thing:a', '{}')"


@pytest.fixture
async def validator(cms_app: CMS) -> AsyncIterator[SqliteValidator]:
    validator = SqliteValidator(cms_app.db, cms_app.catch_up.lookout)
    yield validator
    await validator.close()


def file_of(cms: CMS) -> str:
    return str(make_url(cms.settings.database_url).database)


def renew_at_once(cms: CMS) -> None:
    """Commit a change, without the event loop."""
    with closing(sqlite3.connect(file_of(cms))) as connection, connection:
        connection.execute(RENEW.format(uuid4().hex))


async def test_a_current_entry_is_trusted_unasked(store: Store, validator: SqliteValidator) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)


async def test_a_commit_is_seen_in_the_next_turn(store: Store, validator: SqliteValidator) -> None:
    for _ in range(5):
        entry = await store.entry("thing:a")
        assert validator.trusts(entry)
        renew_at_once(store.cms)
        await asyncio.sleep(0)
        assert not validator.trusts(entry)
        assert not await store.agrees(validator, entry)


async def test_who_looks_in_one_turn_sees_one_moment(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    renew_at_once(store.cms)
    assert validator.trusts(entry)


async def test_who_refreshes_sees_the_present_moment(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    renew_at_once(store.cms)
    validator.refresh()
    assert not validator.trusts(entry)


async def test_a_commit_of_the_same_process_is_seen(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    async with store.cms.db.transaction() as session:
        session.touch("thing:a")
    assert not validator.trusts(entry)


async def test_a_commit_of_another_process_is_seen(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]);c.commit()"
    )
    renew = RENEW.format(uuid4().hex)
    subprocess.run([sys.executable, "-c", code, file_of(store.cms), renew], check=True)  # noqa: ASYNC221 - within a turn of the loop
    await asyncio.sleep(0)
    assert not validator.trusts(entry)


async def test_a_commit_elsewhere_leaves_an_entry_current(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    await store.touch("thing:b")
    assert validator.trusts(entry)


async def test_while_nothing_is_committed_the_table_is_not_read(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    # The table is read only for an entry that was not found current in this moment yet.
    entry.gens = (("thing:a", "another"),)
    await asyncio.sleep(0)
    assert validator.trusts(entry)


async def test_nothing_is_trusted_from_the_instant_on_that_something_is_due(
    store: Store, validator: SqliteValidator
) -> None:
    await store.put("b", "text", gone_in=3600)
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    due = await store.put("b", "text", gone_in=0.2)
    assert validator.trusts(entry) or datetime.now(UTC) >= due
    await asyncio.sleep(0.21)
    assert not validator.trusts(entry)
    assert (await validator.look(entry)).is_overdue


async def test_what_was_due_before_it_was_committed_is_noticed(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:b")
    assert validator.trusts(entry)
    await store.put("a", "text", gone_in=-1)
    assert not validator.trusts(entry)


async def test_an_entry_of_another_database_is_not_trusted(
    store: Store, validator: SqliteValidator
) -> None:
    entry = await store.entry("thing:a")
    assert validator.trusts(entry)
    await store.restore()
    assert not validator.trusts(entry)


async def test_a_file_that_is_gone_is_unavailable(
    store: Store, cms_app: CMS, tmp_path: Path
) -> None:
    nowhere = Database(f"sqlite:///{tmp_path / 'none' / 'cms.sqlite3'}")
    validator = SqliteValidator(nowhere, cms_app.catch_up.lookout)
    entry = await store.entry("thing:a")
    told: list[Look | BaseException] = []
    assert not validator.trusts(entry)
    with pytest.raises(Unavailable):
        await validator.look(entry)
    validator.ask([entry], told.append)
    assert isinstance(told[0], Unavailable)
    await validator.close()
    await nowhere.close()


async def test_a_job_that_can_not_say_when_it_is_due_keeps_nobody_from_what_is_kept(
    store: Store, cms_app: CMS
) -> None:
    async def run(_: CMS) -> bool:
        return False

    unreadable: Select[Any] = select(column("no_such"))
    broken = Job("broken", run, timedelta(hours=1), unreadable, before_reads=run)
    validator = SqliteValidator(cms_app.db, CatchUp(cms_app, [broken]).lookout)
    entry = await store.entry("thing:a")
    told: list[Look | BaseException] = []
    validator.ask([entry], told.append)
    assert not isinstance(told[0], Look | Unavailable)  # it takes the long way
    assert entry.agrees((await validator.look(entry)).gens)
    await validator.close()


async def test_a_closed_validator_leaves_the_file_alone(
    store: Store, validator: SqliteValidator
) -> None:
    assert validator.trusts(await store.entry("thing:a"))
    await validator.close()
    assert validator._connection is None
