"""What may happen to Redis: each in its turn, while readers read."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from redis import Redis
from redis.exceptions import RedisError

from campaigns.processes import FORK
from campaigns.redis_server import READY_WITHIN, RedisServer

#: Seconds between two faults.
PAUSE = 0.25
#: Seconds that it stands still, or is away.
AWAY = 0.4
#: How often it stands still for a moment, where it is slow: some commands come in time, some not.
SLOW_TIMES, SLOW_FOR = 12, 0.06


class Disturber:
    """A process with a Redis to which it does what may happen to one, over and over, until leaving.

    The server is started by the process itself: only its parent may stop it and know when it stands
    still.
    """

    def __init__(self, server: RedisServer, chance: random.Random) -> None:
        self._server = server
        self._chance = chance
        self._counts = FORK.RawArray("q", len(FAULTS))
        self._started, self._over = FORK.Event(), FORK.Event()
        self._process = FORK.Process(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        if not self._started.wait(READY_WITHIN):
            raise RuntimeError("Redis did not get ready")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._process.join(30)
        if self._process.exitcode != 0 and error is None:
            raise RuntimeError("what disturbs Redis did not come to its end")

    @property
    def done(self) -> dict[str, int]:
        """How often each was done."""
        return dict(zip(FAULTS, self._counts, strict=True))

    @property
    def rounds(self) -> int:
        """How often everything was done."""
        return min(self.done.values())

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._process.is_alive()

    def _run(self) -> None:
        with self._server:
            self._started.set()
            self._disturb()

    def _disturb(self) -> None:
        faults = list(enumerate(FAULTS.values()))
        vandal = Vandal(self._server, self._chance)
        while not self._over.is_set():
            self._chance.shuffle(faults)
            for number, fault in faults:
                fault(vandal)
                self._counts[number] += 1
                vandal.remember()
                if self._over.wait(PAUSE):
                    break


class Vandal:
    """Does one thing at a time to a Redis and what it holds."""

    def __init__(self, server: RedisServer, chance: random.Random) -> None:
        self._server = server
        self._chance = chance
        self._redis: Any = Redis.from_url(server.url, socket_timeout=5)
        #: Values that were there some time ago.
        self._former: dict[bytes, bytes] = {}

    def remember(self) -> None:
        """Keep what is there now, to put it back when it is old."""
        if self._chance.random() < 0.5:
            self._former |= self._values()

    def kill(self) -> None:
        """It dies, and comes back empty."""
        self._server.kill()
        time.sleep(AWAY)
        self._server.start()

    def flush(self) -> None:
        """Everything is gone."""
        self._redis.flushall()

    def stop(self) -> None:
        """It stands still: whoever asks waits."""
        self._server.stop_for(AWAY)

    def slow(self) -> None:
        """It is slow, and some commands come in time."""
        for _ in range(SLOW_TIMES):
            self._server.stop_for(self._chance.uniform(0, SLOW_FOR))
            time.sleep(SLOW_FOR / 3)

    def cut(self) -> None:
        """All connections are cut, whatever is under way on them."""
        for _ in range(10):
            self._redis.client_kill_filter(_type="normal", skipme=True)
            time.sleep(0.02)

    def corrupt(self) -> None:
        """Values are cut off, changed, and nonsense."""
        self._write({name: self._damaged(value) for name, value in self._values().items()})

    def swap(self) -> None:
        """Values stand under the names of others."""
        values = self._values()
        others = list(values.values())
        self._chance.shuffle(others)
        self._write(dict(zip(values, others, strict=True)))

    def put_back(self) -> None:
        """Old values are there again."""
        self._write(self._former)

    def _damaged(self, value: bytes) -> bytes:
        place = self._chance.randrange(len(value))
        changed = bytes([value[place] ^ (1 << self._chance.randrange(8))])
        return self._chance.choice(
            (value[:place], value[:place] + changed + value[place + 1 :], b"nonsense", b"")
        )

    def _values(self) -> Mapping[bytes, bytes]:
        names = list(self._redis.scan_iter(match="cms:*", count=1000, _type="string"))
        values = self._redis.mget(names) if names else []
        return {name: value for name, value in zip(names, values, strict=True) if value}

    def _write(self, values: Mapping[bytes, bytes]) -> None:
        with suppress(RedisError):
            pipeline = self._redis.pipeline(transaction=False)
            for name, value in values.items():
                pipeline.set(name, value, ex=3600)
            pipeline.execute()


FAULTS: Mapping[str, Callable[[Vandal], None]] = {
    "kills": Vandal.kill,
    "flushes": Vandal.flush,
    "stops": Vandal.stop,
    "slow_times": Vandal.slow,
    "cuts": Vandal.cut,
    "corruptions": Vandal.corrupt,
    "swaps": Vandal.swap,
    "old_values": Vandal.put_back,
}
