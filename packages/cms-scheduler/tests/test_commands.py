"""``cms scheduler``, on the database of the test."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import structlog
from httpx2 import AsyncClient
from sqlalchemy import update
from typer.testing import CliRunner

from cms_core import CMS, Settings, new_id
from cms_posts import PostTransition, TransitionState
from cms_scheduler.commands import app

if TYPE_CHECKING:
    from tests.conftest import Plan, Write

Run = Callable[..., Awaitable[tuple[int, str, str]]]
UNKNOWN = str(new_id())


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Commands configure the log of their process, which here is that of the tests."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def run(cms_settings: Settings) -> Run:
    """``await run("list", "--json")``: exit code, output and errors."""
    environment = {
        "CMS_DATA": str(cms_settings.data),
        "CMS_DATABASE_URL": cms_settings.database_url,
        "CMS_SECRET_KEY": cms_settings.secret_key.get_secret_value(),
        "CMS_PLUGINS__MODE": "allowlist",
        "CMS_PLUGINS__ENABLED": "posts,scheduler",
    }

    async def run(*arguments: str) -> tuple[int, str, str]:
        result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
async def ids(cms_app: CMS, ada: AsyncClient, write: Write, plan: Plan) -> list[str]:
    """The ids of three transitions of a post, the last of which has failed."""
    post = await write(ada, slug="hello")
    ids = [
        str((await plan(ada, post, at=f"2036-0{month}-01T08:00:00Z"))["id"]) for month in (3, 4, 5)
    ]
    last = update(PostTransition).where(PostTransition.id == UUID(ids[-1]))
    failed = last.values(state=TransitionState.FAILED, try_at=None, attempts=8)
    async with cms_app.db.transaction() as session:
        await session.execute(failed.values(last_error="no [room]"))
    return ids


async def listed(run: Run, *arguments: str) -> list[dict[str, Any]]:
    code, output, errors = await run("list", "--json", *arguments)
    assert code == 0, errors
    items: list[dict[str, Any]] = json.loads(output)
    return items


async def test_what_is_to_come_or_has_failed_is_listed(run: Run, ids: list[str]) -> None:
    assert [(each["id"], each["state"]) for each in await listed(run)] == [
        (ids[0], "planned"),
        (ids[1], "planned"),
        (ids[2], "failed"),
    ]
    assert [each["id"] for each in await listed(run, "--state", "failed")] == ids[2:]


async def test_the_list_is_a_table_for_people(run: Run, ids: list[str]) -> None:
    _, output, _ = await run("list")

    _, first, _, last = output.splitlines()
    assert first.split()[:4] == [ids[0], "2036-03-01T08:00:00Z", "publish", "1"]
    assert last.rstrip().endswith("no [room]")


async def test_what_has_failed_is_retried(run: Run, ids: list[str]) -> None:
    assert await run("retry", ids[2]) == (0, f"{ids[2]} is due now.\n", "")

    assert [each["state"] for each in await listed(run)] == ["planned"] * 3


async def test_several_are_cancelled_and_again(run: Run, ids: list[str]) -> None:
    for _ in range(2):
        assert (await run("cancel", *ids[1:]))[0] == 0

    assert [each["id"] for each in await listed(run)] == ids[:1]
    assert [each["id"] for each in await listed(run, "--state", "cancelled")] == ids[1:]


async def test_what_can_not_be_done_is_told_and_the_others_are_done(
    run: Run, ids: list[str]
) -> None:
    code, output, errors = await run("retry", UNKNOWN, ids[0], ids[2])

    assert code == 1
    assert [line.partition(":")[0] for line in errors.splitlines()] == [UNKNOWN, ids[0]]
    assert output == f"{ids[2]} is due now.\n"


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_an_id_that_is_none_is_a_wrong_argument(run: Run) -> None:
    assert (await run("cancel", "everything"))[0] == 2
