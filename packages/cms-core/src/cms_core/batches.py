"""Questions asked together: one query is under way, and the next one collects whoever comes.

A question joins only a query that was not sent yet. So its answer is of a moment after it was
asked, and the cost does not grow with the load: the longer a query takes, the more the next one
asks at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Generic, TypeAlias, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

#: Gets an answer, or what went wrong.
Then: TypeAlias = Callable[[A | BaseException], None]


class Batches(Generic[Q, A]):
    """Collects questions and hands them to `ask`, which returns one answer to all of them."""

    def __init__(self, ask: Callable[[Sequence[Q]], Awaitable[A]]) -> None:
        self._ask = ask
        self._queued: list[tuple[Q, Then[A]]] = []
        self._asking: asyncio.Task[None] | None = None

    def put(self, question: Q, then: Then[A]) -> None:
        """Let a question be asked with the others; `then` gets its answer, or what went wrong."""
        self._queued.append((question, then))
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._work_off(), name="batches")

    async def join(self, question: Q) -> A:
        """Return the answer to this question and those asked with it. Raises what `ask` raises."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self.put(question, partial(_settle, future))
        return await future

    async def close(self) -> None:
        """Give up the query that is under way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])

    async def _work_off(self) -> None:
        batch: list[tuple[Q, Then[A]]] = []
        try:
            while self._queued:
                # Whoever has arrived by now comes along: fewer questions are asked under load.
                await asyncio.sleep(0)
                # Frozen: whoever comes from now on is in the next one.
                batch, self._queued = self._queued, []
                answer = await self._answer(batch)
                for _, then in batch:
                    then(answer)
                batch = []
        finally:
            self._asking = None
            left, self._queued = [*batch, *self._queued], []
            for _, then in left:
                then(asyncio.CancelledError())

    async def _answer(self, batch: Sequence[tuple[Q, Then[A]]]) -> A | Exception:
        try:
            return await self._ask([question for question, _ in batch])
        except Exception as error:
            return error


def _settle(future: asyncio.Future[A], answer: A | BaseException) -> None:
    if future.done():  # who asked has left
        return
    if isinstance(answer, asyncio.CancelledError):
        future.cancel()
    elif isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def nobody(answer: object) -> None:
    """What is done with the answer to something that was only told."""
