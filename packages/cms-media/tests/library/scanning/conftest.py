from collections.abc import AsyncIterator

import pytest

from .daemon import Daemon


@pytest.fixture
async def daemon() -> AsyncIterator[Daemon]:
    """A clamd that does not listen yet."""
    daemon = Daemon()
    yield daemon
    await daemon.stop()
