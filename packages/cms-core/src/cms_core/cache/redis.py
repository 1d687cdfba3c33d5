"""The second level: Redis, which all processes share and none relies on."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from redis.asyncio import Redis

from cms_core.batches import Batches, nobody
from cms_core.cache.entry import Entry, pack, unpack
from cms_core.redis_link import RedisLink, RedisUnavailable

T = TypeVar("T")

#: Seconds. It bounds memory alone: whether an entry is current is asked at every use.
KEPT_FOR = 24 * 3600
#: Bytes; larger ones would not arrive within the budget of a command.
LARGEST = 2 * 1024 * 1024
#: Entries that one command carries, and how many of one scope are deleted after a commit.
_AT_ONCE = 32
_FORGOTTEN = 1000


class Shared:
    """Entries in Redis, under names that only this installation knows.

    `space` tells apart sets of plugins and settings; `secret` (64 bytes at most) signs entries.
    """

    def __init__(self, link: RedisLink, space: str, secret: bytes) -> None:
        self._link = link
        self._space = space
        self._secret = secret
        self._gets = Batches(self._get)
        self._puts = Batches(self._put)
        self._forgets = Batches(self._forget)

    async def get(self, key: str, instance: str) -> Entry | None:
        """Return what is kept under a key, current or not; None without Redis."""
        name = self._name(key, instance)
        packed = (await self._gets.join(name)).get(name)
        return None if packed is None else unpack(packed, key, self._secret)

    def put(self, entry: Entry) -> None:
        """Keep an entry, some time soon if at all."""
        if self._link.available and len(entry.body) <= LARGEST:
            self._puts.put(entry, nobody)

    def forget(self, scopes: Collection[str], instance: str) -> None:
        """Delete what was made from these scopes, some time soon if at all, to save memory."""
        if self._link.available:
            for scope in scopes:
                self._forgets.put(self._index(scope, instance), nobody)

    async def close(self) -> None:
        """Give up what was not sent yet."""
        for batches in (self._gets, self._puts, self._forgets):
            await batches.close()

    async def _get(self, names: Sequence[str]) -> Mapping[str, bytes | None]:
        found: dict[str, bytes | None] = {}
        wanted = list(dict.fromkeys(names))
        for begin in range(0, len(wanted), _AT_ONCE):
            some = wanted[begin : begin + _AT_ONCE]

            async def command(redis: Redis, some: list[str] = some) -> Any:
                values: Any = await redis.mget(some)
                return values

            values = await self._run(command)
            found.update(zip(some, values or (), strict=False))
        return found

    async def _put(self, entries: Sequence[Entry]) -> None:
        newest = list({entry.key: entry for entry in entries}.values())
        for begin in range(0, len(newest), _AT_ONCE):
            some = newest[begin : begin + _AT_ONCE]

            async def command(redis: Redis, some: list[Entry] = some) -> None:
                pipeline = redis.pipeline(transaction=False)
                for entry in some:
                    name = self._name(entry.key, entry.instance)
                    pipeline.set(name, pack(entry, self._secret), ex=KEPT_FOR)
                    index = self._index(entry.scopes[0], entry.instance)
                    pipeline.sadd(index, name)
                    pipeline.expire(index, KEPT_FOR)
                await pipeline.execute()

            await self._run(command)

    async def _forget(self, indexes: Sequence[str]) -> None:
        async def command(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            for index in dict.fromkeys(indexes):
                pipeline.spop(index, _FORGOTTEN)
            names = [name for found in await pipeline.execute() for name in found]
            if names:
                await redis.unlink(*names)

        await self._run(command)

    async def _run(self, command: Callable[[Redis], Awaitable[T]]) -> T | None:
        try:
            return await self._link.run(command)
        except RedisUnavailable:
            return None

    def _name(self, key: str, instance: str) -> str:
        # A digest: keys may be as long as addresses.
        digest = hashlib.blake2b(key.encode(), digest_size=20).hexdigest()
        return f"cms:{self._space}:{instance}:{digest}"

    def _index(self, scope: str, instance: str) -> str:
        return f"cms:{self._space}:{instance}:of:{scope}"
