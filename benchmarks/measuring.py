"""How a load is put on a server, in rounds: bare and ours in turn, so both see the same weather."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import client, wrk
from benchmarks.figures import Figure
from benchmarks.processes import Process
from benchmarks.targets import Request


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: rounds of so many seconds, on so many connections and posts."""

    rounds: int = 5
    seconds: int = 10
    posts: int = 10_000
    connections: int = 32
    log_level: str = "info"


@dataclass(frozen=True, slots=True)
class Sent:
    """How many requests were answered in so many seconds, and how many of these were errors."""

    requests: int
    seconds: float
    errors: int
    #: What the first error said, where the load generator tells it.
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of one contender."""

    sent: Sent
    #: Seconds of processor time of the server process.
    cpu: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.sent.requests / self.sent.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor time per request."""
        return 1000 * self.cpu / max(self.sent.requests, 1)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server process and what is sent to it in each round, told by its number."""

    process: Process
    send: Callable[[int], Awaitable[Sent]]

    async def measure(self, number: int) -> Measured:
        """Do one round."""
        before = self.process.cpu()
        sent = await self.send(number)
        return Measured(sent, self.process.cpu() - before)


def reader(process: Process, requests: Sequence[Request], plan: Plan) -> Contender:
    """Return a contender that gets these requests, drawn at random."""

    async def send(number: int) -> Sent:
        return await draw(process.address(), requests, plan, seed=number)

    return Contender(process, send)


async def draw(
    address: tuple[str, int], requests: Sequence[Request], plan: Plan, *, seed: int
) -> Sent:
    """Send requests drawn at random for the seconds of the plan: with wrk, else by ourselves."""
    if wrk.installed():
        printed = await wrk.run(
            address, requests, connections=plan.connections, seconds=plan.seconds, seed=seed
        )
        return Sent(printed.requests, printed.seconds, printed.errors)
    drawn = endless(requests, random.Random(seed))
    return await dispatch(address, drawn, plan.connections, plan.seconds)


async def dispatch(
    address: tuple[str, int], requests: Iterator[bytes], connections: int, seconds: int
) -> Sent:
    """Send requests in their order, by ourselves."""
    tally = await client.send(address, requests, connections=connections, seconds=float(seconds))
    return Sent(tally.statuses.total(), tally.seconds, tally.errors, tally.refusal)


def endless(requests: Sequence[Request], choice: random.Random) -> Iterator[bytes]:
    """Yield requests drawn at random, without end."""
    raw = [each.raw() for each in requests]
    while True:
        yield choice.choice(raw)


async def compare(
    figure: Figure,
    bare: Contender,
    ours: Contender,
    plan: Plan,
    progress: Callable[[int], None],
) -> None:
    """Measure both in turn and note what came out; `progress` is told of each round."""
    pairs: list[tuple[Measured, Measured]] = []
    for number in range(plan.rounds):
        pairs.append((await bare.measure(number), await ours.measure(number)))
        progress(1)
    figure.values += [ours.rate / bare.rate for bare, ours in pairs]
    for each in (each for pair in pairs for each in pair):
        figure.fail(each.sent.errors, each.sent.refusal)
    figure.details |= {
        "per second": round(median(ours.rate for _, ours in pairs), 1),
        "bare per second": round(median(bare.rate for bare, _ in pairs), 1),
        "CPU ms": round(median(ours.cpu_ms for _, ours in pairs), 3),
        "bare CPU ms": round(median(bare.cpu_ms for bare, _ in pairs), 3),
    }
