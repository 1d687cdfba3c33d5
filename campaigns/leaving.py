"""Clients who leave at any moment, and honest ones who get their own answers beside them."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from campaigns.gauges import LONG, words_of
from campaigns.violations import Violations
from campaigns.wire import Address, Answer, NoAnswer, Request, Wire

SLOW = [f"/api/v1/gauges/made/slow-{number}" for number in range(4)]
LONGS = [f"/api/v1/gauges/made/long-{number}" for number in range(3)]
#: Seconds in which something must come, however much there is to do.
_COMES_WITHIN = 30.0
#: An end that tells the other side nothing but "reset".
_RESET = struct.pack("ii", 1, 0)


class Leaver:
    """Opens connections and leaves them; counts in which moment."""

    def __init__(self, address: Address, chance: random.Random, targets: Sequence[str]) -> None:
        self._address = address
        self._chance = chance
        self._targets = targets
        self.left: Counter[str] = Counter()

    async def leave(self) -> None:
        """Ask for something, and leave before everything has come."""
        chance = self._chance
        ways: dict[Callable[[socket.socket], Awaitable[None]], int] = {
            self._amid_head: 20,
            self._after_head: 20,
            self._soon: 30,
            self._amid_answer: 10,
            self._pipelined: 15,
            self._long_after: 5,
        }
        (way,) = chance.choices(list(ways), list(ways.values()))
        with socket.socket() as opened:
            opened.setblocking(False)
            await asyncio.get_running_loop().sock_connect(opened, self._address)
            if chance.random() < 0.5:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            with suppress(OSError):
                async with asyncio.timeout(_COMES_WITHIN):
                    await way(opened)
        self.left[way.__name__.strip("_")] += 1

    def _request(self, targets: Sequence[str]) -> bytes:
        target = self._chance.choice(targets)
        return Request(target, (("X-Request-Id", f"leaver-{secrets.token_hex(6)}"),)).render()

    async def _send(self, opened: socket.socket, sent: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(opened, sent)

    async def _amid_head(self, opened: socket.socket) -> None:
        request = self._request(self._targets)
        await self._send(opened, request[: self._chance.randrange(1, len(request))])
        await asyncio.sleep(self._chance.choice((0, 0.001)))

    async def _after_head(self, opened: socket.socket) -> None:
        await self._send(opened, self._request([*self._targets, *SLOW]))

    async def _soon(self, opened: socket.socket) -> None:
        """Leave while the answer is confirmed, or made, or just sent."""
        await self._send(opened, self._request(self._targets))
        await asyncio.sleep(self._chance.uniform(0, 0.006))

    async def _amid_answer(self, opened: socket.socket) -> None:
        await self._send(opened, self._request(LONGS))
        await asyncio.get_running_loop().sock_recv(opened, self._chance.randrange(1, LONG // 20))

    async def _pipelined(self, opened: socket.socket) -> None:
        targets = [*self._targets, *SLOW[:1], *LONGS[:1]]
        several = b"".join(self._request(targets) for _ in range(self._chance.randint(2, 6)))
        await self._send(opened, several[: self._chance.randrange(len(several) // 2, len(several))])
        await asyncio.sleep(self._chance.uniform(0, 0.01))

    async def _long_after(self, opened: socket.socket) -> None:
        """Leave when the server has begun to look whether anybody waits."""
        await self._send(opened, self._request(SLOW))
        await asyncio.sleep(self._chance.uniform(0.2, 0.45))


class Honest:
    """Waits for every answer, and looks whether it is its own."""

    def __init__(
        self, address: Address, chance: random.Random, slugs: Sequence[str], found: Violations
    ) -> None:
        self._wire = Wire(address)
        self._chance = chance
        self._targets = [f"/api/v1/posts/{slug}" for slug in slugs]
        self._found = found
        self.answers: Counter[str] = Counter()

    async def ask(self) -> None:
        """Ask for one thing, or several in a row without waiting."""
        chance = self._chance
        targets = chance.choices([self._targets, SLOW, LONGS], (90, 8, 2))[0]
        some = 1 if chance.random() < 0.8 else chance.randint(2, 5)
        requests = [
            Request(chance.choice(targets), (("X-Request-Id", f"honest-{secrets.token_hex(8)}"),))
            for _ in range(some)
        ]
        try:
            answers = await self._wire.ask_all(requests)
        except NoAnswer as failure:
            self._found.note("unanswered", str(failure)[:300])
            return
        for request, answer in zip(requests, answers, strict=True):
            self._judge(request, answer)

    def _judge(self, request: Request, answer: Answer) -> None:
        if answer.status == 503:
            self.answers["unavailable"] += 1
            return
        self.answers["answered"] += 1
        self.answers["hits"] += answer.is_hit
        fault = fault_of(request, answer)
        if fault:
            self._found.note("foreign", f"{request.target} {request.headers}: {fault}")

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


def fault_of(request: Request, answer: Answer) -> str | None:
    """Return in what an answer is not the one to that request; None for one that is."""
    if answer.status != 200:
        return f"status {answer.status}: {answer.body[:100]!r}"
    if answer.header("x-request-id") != dict(request.headers)["X-Request-Id"]:
        return f"the id of another request: {answer.header('x-request-id')}"
    try:
        body = json.loads(answer.body)
    except ValueError:
        return f"a body that is no JSON: {answer.body[:100]!r}"
    slug = request.target.rpartition("/")[2]
    if not isinstance(body, dict) or "slug" not in body:
        return f"the body of something else: {answer.body[:100]!r}"
    if body["slug"] != slug or body.get("words", words_of(slug)) != words_of(slug):
        return f"the body of something else: {body['slug']}"
    return None
