import asyncio
import os
import signal
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from cms_core.front.shutdown import noticing_signals


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that the handlers of a server hear of."""
    signals: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
    yield signals
    signal.signal(signal.SIGTERM, before)


def test_the_first_to_hear_of_a_signal_is_not_the_only_one(heard: list[int]) -> None:
    noticed: list[bool] = []
    with noticing_signals(lambda: noticed.append(not heard)):
        os.kill(os.getpid(), signal.SIGTERM)
    assert (noticed, heard) == ([True], [signal.SIGTERM])


def test_afterwards_signals_are_their_handlers_own_again(heard: list[int]) -> None:
    noticed: list[bool] = []
    with noticing_signals(lambda: noticed.append(True)):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    assert (noticed, heard) == ([], [signal.SIGTERM])


async def test_handlers_of_the_event_loop_hear_of_it_too(heard: list[int]) -> None:
    loop, noticed = asyncio.get_running_loop(), asyncio.Event()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    try:
        with noticing_signals(noticed.set):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(stopped.wait(), 5)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    assert noticed.is_set()


async def test_the_application_knows_that_it_was_asked_to_stop(
    cms_api: FastAPI, heard: list[int]
) -> None:
    async with cms_api.router.lifespan_context(cms_api):
        assert not cms_api.state.stopping
        os.kill(os.getpid(), signal.SIGTERM)
        assert cms_api.state.stopping
