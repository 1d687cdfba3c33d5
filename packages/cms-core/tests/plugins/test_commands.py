"""What plugins add to the command line, and what `cms dev` asks of them."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from cms_core import CMS
from cms_core.cli import main
from cms_core.faults import Fault
from cms_core.startup import plant_seeds, running

COMMANDS = """
import typer
from cms_core import run_with_cms

app = typer.Typer({name})

@app.callback()
def group():
    pass

@app.command()
def count(limit: int) -> None:
    async def work(cms):
        if limit > 9:
            raise Conflict("Too many.")
        async with cms.db.snapshot() as session:
            await session.now()
        return limit
    typer.echo(run_with_cms(work))

@hookimpl
def register_commands():
    return app
"""

SEEDS = """
async def account(cms):
    return {"Admin": "ada"}

async def content(cms):
    return {"Posts": "3"}

@hookimpl
def register_dev_seeds(cms):
    return [Seed("account", account), Seed("content", content, demo=True)]
"""

LIFESPAN = """
from contextlib import asynccontextmanager

trace = []

@hookimpl
@asynccontextmanager
async def lifespan(cms):
    trace.append("start {name}")
    yield
    trace.append("stop {name}")
"""


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
def toys(site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("CMS_PLUGINS__MODE", "allowlist")
    monkeypatch.setenv("CMS_PLUGINS__ENABLED", "toy")
    monkeypatch.setenv("CMS_DATA", str(tmp_path / "data"))
    return site


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.mark.parametrize(("name", "word"), [("", "toy"), ("name='toys'", "toys")])
def test_commands_of_a_plugin_find_a_cms_that_works(
    toys: Any, capfd: pytest.CaptureFixture[str], name: str, word: str
) -> None:
    toys.plugin("toy", COMMANDS.format(name=name))
    assert run(word, "count", "3") == 0
    assert capfd.readouterr().out == "3\n"


def test_an_error_of_the_domain_is_one_line_and_exit_code_1(
    toys: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    toys.plugin("toy", COMMANDS.format(name=""))
    assert run("toy", "count", "10") == 1
    assert capfd.readouterr().err == "Error: Too many.\n"


def test_a_plugin_cannot_take_a_command_of_the_core(
    site: Any, faults: Callable[..., list[Fault]]
) -> None:
    site.plugin("toy", COMMANDS.format(name="name='db'"))
    assert [fault.code for fault in faults("toy")] == ["P075"]


@pytest.mark.parametrize(
    ("demo", "notes"), [(True, {"Admin": "ada", "Posts": "3"}), (False, {"Admin": "ada"})]
)
async def test_demo_content_may_be_left_out(
    site: Any, build: Callable[..., CMS], demo: bool, notes: dict[str, str]
) -> None:
    site.plugin("toy", SEEDS)
    cms = build("toy")
    assert await plant_seeds(cms, demo=demo) == notes
    await cms.close()


async def test_plugins_start_in_dependency_order_and_stop_in_reverse(
    site: Any, build: Callable[..., CMS]
) -> None:
    site.plugin("zoo", LIFESPAN.format(name="zoo"))
    code = LIFESPAN.format(name="ape").replace("trace = []", "from acme_zoo import trace")
    site.plugin("ape", code, requires=("acme-zoo",))
    cms = build("ape", "zoo")
    async with running(cms):
        pass
    trace = cms.contributions.plugins[1].module.trace
    assert trace == ["start zoo", "start ape", "stop ape", "stop zoo"]
