import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import structlog

from cms_core.app import CMS, build_cms


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    """Tracebacks with all their variables take seconds to draw."""
    structlog.configure(
        processors=[
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )


@pytest.fixture
def cms_plugins() -> list[object]:
    """The core is tested alone: it knows no other plugin."""
    return []


@pytest.fixture
async def neighbour(cms_app: CMS) -> AsyncIterator[CMS]:
    """Another process on the same database."""
    neighbour = build_cms(cms_app.settings, cms_app.contributions.plugins)
    yield neighbour
    await neighbour.close()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """``await until(condition)``: go on as soon as it holds, fail if it does not within 30 s."""

    async def wait(condition: Callable[[], object]) -> None:
        for _ in range(3000):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the condition did not come true")

    return wait
