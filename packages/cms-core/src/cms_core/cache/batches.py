"""Questions asked together: one query is under way, and the next one collects whoever comes.

A question joins only a query that was not sent yet. So its answer is of a moment after it was
asked, and the cost does not grow with the load: the longer a query takes, the more the next one
asks at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, TypeAlias, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

_Batch: TypeAlias = list[tuple[Q, asyncio.Future[A] | None]]


class Batches(Generic[Q, A]):
    """Collects questions and hands them to `ask`, which returns one answer to all of them."""

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[A]]) -> None:
        self._ask = ask
        #: Who only tells something waits for no answer.
        self._queued: _Batch[Q, A] = []
        self._asking: asyncio.Task[None] | None = None

    async def join(self, question: Q) -> A:
        """Return the answer to this question and those asked with it. Raises what `ask` raises."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._enqueue(question, answer)
        return await answer

    def tell(self, question: Q) -> None:
        """Let it be asked with the others, without waiting for an answer."""
        self._enqueue(question, None)

    async def close(self) -> None:
        """Give up the query that is under way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    def _enqueue(self, question: Q, answer: asyncio.Future[A] | None) -> None:
        self._queued.append((question, answer))
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._work_off(), name="batches")

    async def _work_off(self) -> None:
        try:
            while self._queued:
                # Frozen: whoever comes from now on is in the next one.
                batch, self._queued = self._queued, []
                await self._answer(batch)
        finally:
            self._asking = None
            _cancel(self._queued)
            self._queued = []

    async def _answer(self, batch: _Batch[Q, A]) -> None:
        try:
            found = await self._ask([question for question, _ in batch])
        except asyncio.CancelledError:
            _cancel(batch)
            raise
        except Exception as error:
            for answer in _waiting(batch):
                answer.set_exception(error)
        else:
            for answer in _waiting(batch):
                answer.set_result(found)


def _waiting(batch: _Batch[Q, A]) -> Iterator[asyncio.Future[A]]:
    """The answers that somebody still waits for."""
    return (answer for _, answer in batch if answer is not None and not answer.done())


def _cancel(batch: _Batch[Q, A]) -> None:
    for answer in _waiting(batch):
        answer.cancel()
