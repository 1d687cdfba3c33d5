"""Questions that are asked together: who joins which query, and what becomes of those who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from cms_core.batches import Batches


class Desk:
    """Answers a query with its questions, once the test lets it."""

    def __init__(self) -> None:
        self.queries: list[list[str]] = []
        self.under_way = 0
        self.failure: Exception | None = None
        self._sent = asyncio.Condition()
        self._allowed = asyncio.Semaphore(0)

    async def ask(self, questions: Sequence[str]) -> list[str]:
        self.under_way += 1
        assert self.under_way == 1
        try:
            async with self._sent:
                self.queries.append(list(questions))
                self._sent.notify_all()
            await self._allowed.acquire()
            if self.failure:
                raise self.failure
            return list(questions)
        finally:
            self.under_way -= 1

    async def has(self, number: int) -> None:
        """Wait until so many queries were sent."""
        async with self._sent:
            await self._sent.wait_for(lambda: len(self.queries) >= number)

    def answer(self, number: int = 1) -> None:
        for _ in range(number):
            self._allowed.release()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def batches(desk: Desk) -> Batches[str, list[str]]:
    return Batches(desk.ask)


def ask(batches: Batches[str, list[str]], *questions: str) -> list[asyncio.Task[list[str]]]:
    return [asyncio.create_task(batches.join(question)) for question in questions]


async def test_who_comes_in_one_turn_is_asked_in_one_query(
    desk: Desk, batches: Batches[str, list[str]]
) -> None:
    asking = ask(batches, "a", "b", "c")
    desk.answer()
    assert await asyncio.gather(*asking) == [["a", "b", "c"]] * 3
    assert desk.queries == [["a", "b", "c"]]


async def test_who_comes_after_a_query_was_sent_is_in_the_next_one(
    desk: Desk, batches: Batches[str, list[str]]
) -> None:
    early = ask(batches, "a")
    await desk.has(1)
    late = ask(batches, "b", "c")
    desk.answer(2)
    assert await asyncio.gather(*early) == [["a"]]
    assert await asyncio.gather(*late) == [["b", "c"]] * 2


async def test_one_query_is_under_way_at_a_time(
    desk: Desk, batches: Batches[str, list[str]]
) -> None:
    early = ask(batches, "a")
    await desk.has(1)
    late = ask(batches, "b")
    for _ in range(5):
        await asyncio.sleep(0)
    assert desk.queries == [["a"]]
    desk.answer(2)
    await asyncio.gather(*early, *late)
    assert desk.queries == [["a"], ["b"]]


async def test_what_goes_wrong_reaches_all_of_the_query_and_nobody_else(
    desk: Desk, batches: Batches[str, list[str]]
) -> None:
    early = ask(batches, "a", "b")
    await desk.has(1)
    late = ask(batches, "c")
    desk.failure = ConnectionError("away")
    desk.answer()
    failures = await asyncio.gather(*early, return_exceptions=True)
    assert [str(failure) for failure in failures] == ["away", "away"]
    desk.failure = None
    desk.answer()
    assert await late[0] == ["c"]


async def test_who_leaves_takes_the_answer_from_nobody(
    desk: Desk, batches: Batches[str, list[str]]
) -> None:
    leaving, staying = ask(batches, "a", "b")
    await desk.has(1)
    leaving.cancel()
    desk.answer()
    assert await staying == ["a", "b"]
    assert leaving.cancelled()


async def test_who_leaves_before_the_query_is_sent_harms_none(
    desk: Desk, batches: Batches[str, list[str]]
) -> None:
    (early,) = ask(batches, "a")
    await desk.has(1)
    leaving, staying = ask(batches, "b", "c")
    await asyncio.sleep(0)
    leaving.cancel()
    desk.answer(2)
    assert await staying == ["b", "c"]
    assert await early == ["a"]


async def test_who_only_leaves_a_callback_is_told(
    desk: Desk, batches: Batches[str, list[str]]
) -> None:
    told: list[list[str] | BaseException] = []
    desk.failure = ConnectionError("away")
    batches.put("a", told.append)
    batches.put("b", told.append)
    await desk.has(1)
    (later,) = ask(batches, "c")
    desk.answer(2)
    with pytest.raises(ConnectionError):
        await later
    assert told == [desk.failure] * 2


async def test_closing_ends_the_wait_of_all(desk: Desk, batches: Batches[str, list[str]]) -> None:
    asked = ask(batches, "a")
    await desk.has(1)
    queued = ask(batches, "b")
    await asyncio.sleep(0)
    await batches.close()
    await asyncio.wait([*asked, *queued])
    assert all(task.cancelled() for task in (*asked, *queued))
    assert desk.under_way == 0


async def test_what_asks_nothing_can_be_closed(batches: Batches[str, list[str]]) -> None:
    await batches.close()
