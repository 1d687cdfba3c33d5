"""The level that all processes share: what is found in Redis, and what never is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from redis import Redis

from cms_core.cache.entry import Entry
from cms_core.cache.redis import KEPT_FOR, LARGEST, Shared
from cms_core.redis_link import RedisLink

SECRET = b"s" * 32
HERE = "i1"
Until = Callable[[Callable[[], object]], Awaitable[None]]
Share = Callable[..., Shared]


def entry(key: str = "/a", body: bytes = b"text", *scopes: str, instance: str = HERE) -> Entry:
    gens = tuple((scope, "g1") for scope in scopes or (f"thing:{key}",))
    return Entry(key, 200, ((b"content-type", b"text/plain"),), body, gens, instance)


@pytest.fixture
def redis(cms_redis: str) -> Iterator[Redis]:
    """An empty Redis, looked at from outside."""
    with Redis.from_url(cms_redis) as redis:
        redis.flushdb()
        yield redis


@pytest.fixture
async def share(cms_redis: str) -> AsyncIterator[Share]:
    """``share(space="s1", secret=…, url=…)``: what one process has of it."""
    made: list[tuple[Shared, RedisLink]] = []

    def share(space: str = "s1", secret: bytes = SECRET, url: str = cms_redis) -> Shared:
        link = RedisLink(url, budget=2.0)
        made.append((Shared(link, space, secret), link))
        return made[-1][0]

    yield share
    for shared, link in made:
        await shared.close()
        await link.close()


@pytest.fixture
def shared(redis: Redis, share: Share) -> Shared:
    return share()


def values_in(redis: Redis) -> list[bytes]:
    """The names of the values, without those of the indexes."""
    return [name for name in names_in(redis) if b":of:" not in name]


def names_in(redis: Redis) -> list[bytes]:
    return [bytes(name) for name in redis.scan_iter()]


def is_bounded(redis: Redis, name: bytes) -> bool:
    left: object = redis.ttl(name)
    return isinstance(left, int) and 0 < left <= KEPT_FOR


async def test_what_one_process_puts_others_get(
    redis: Redis, shared: Shared, share: Share, until: Until
) -> None:
    shared.put(entry(body=b"text\x00"))
    await until(lambda: values_in(redis))
    found = await share().get("/a", HERE)
    assert found is not None
    assert (found.key, found.body, found.gens) == ("/a", b"text\x00", (("thing:/a", "g1"),))
    assert await share().get("/b", HERE) is None


async def test_many_are_put_and_got_at_once(redis: Redis, shared: Shared, until: Until) -> None:
    for number in range(100):
        shared.put(entry(f"/{number}", str(number).encode()))
    await until(lambda: len(values_in(redis)) == 100)
    found = await asyncio.gather(*(shared.get(f"/{number}", HERE) for number in range(100)))
    assert [int(each.body) for each in found if each] == list(range(100))


async def test_the_newest_of_a_key_is_kept(redis: Redis, shared: Shared, until: Until) -> None:
    shared.put(entry(body=b"old"))
    shared.put(entry(body=b"new"))
    await until(lambda: values_in(redis))
    found = await shared.get("/a", HERE)
    assert found is not None
    assert found.body == b"new"


async def test_other_sets_of_plugins_and_other_databases_find_nothing(
    redis: Redis, shared: Shared, share: Share, until: Until
) -> None:
    shared.put(entry())
    await until(lambda: values_in(redis))
    assert await share("s2").get("/a", HERE) is None
    assert await shared.get("/a", "i2") is None


async def test_what_others_have_signed_is_a_miss(
    redis: Redis, shared: Shared, share: Share, until: Until
) -> None:
    share(secret=b"x" * 32).put(entry())
    await until(lambda: values_in(redis))
    assert await shared.get("/a", HERE) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "moved", "foreign", "of another type"])
async def test_what_was_damaged_is_a_miss(
    redis: Redis, shared: Shared, until: Until, damage: str
) -> None:
    shared.put(entry())
    shared.put(entry("/b"))
    await until(lambda: len(values_in(redis)) == 2)
    for name in values_in(redis):
        if damage == "cut":
            redis.set(name, redis.getrange(name, 0, -2))
        elif damage == "changed":
            redis.setrange(name, 30, b"~")
        elif damage == "foreign":
            redis.set(name, b"\x80\x04N.")
        elif damage == "of another type":
            redis.delete(name)
            redis.lpush(name, b"item")
    if damage == "moved":
        one, other = values_in(redis)
        redis.rename(one, "spare")
        redis.rename(other, one)
        redis.rename("spare", other)
    assert await shared.get("/a", HERE) is None


async def test_nothing_stays_for_ever(redis: Redis, shared: Shared, until: Until) -> None:
    shared.put(entry())
    await until(lambda: len(names_in(redis)) == 2)
    await until(lambda: all(is_bounded(redis, name) for name in names_in(redis)))


async def test_names_of_content_are_not_shown(redis: Redis, shared: Shared, until: Until) -> None:
    shared.put(entry("/api/v1/secret?" + "x" * 5000))
    await until(lambda: values_in(redis))
    (name,) = values_in(redis)
    assert b"secret" not in name
    assert len(name) < 100


async def test_what_was_superseded_is_deleted(redis: Redis, shared: Shared, until: Until) -> None:
    shared.put(entry("/a", b"", "posts", "tag:art"))
    shared.put(entry("/b", b"", "posts"))
    shared.put(entry("/c", b"", "tag:sea"))
    await until(lambda: len(values_in(redis)) == 3)
    shared.forget({"posts", "never"}, HERE)
    await until(lambda: len(values_in(redis)) == 1)
    assert await shared.get("/c", HERE) is not None


async def test_what_is_too_large_is_not_sent(redis: Redis, shared: Shared, until: Until) -> None:
    shared.put(entry("/large", bytes(LARGEST + 1)))
    shared.put(entry("/small"))
    await until(lambda: values_in(redis))
    assert await shared.get("/large", HERE) is None
    assert await shared.get("/small", HERE) is not None


async def test_without_redis_there_is_nothing_and_no_failure(share: Share) -> None:
    gone = share(url="redis://127.0.0.1:1/0")
    gone.put(entry())
    gone.forget({"thing:/a"}, HERE)
    assert [await gone.get("/a", HERE) for _ in range(10)] == [None] * 10
