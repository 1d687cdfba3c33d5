import asyncio

import pytest

from cms_core.ratelimit import MemoryLimiter, RateLimit, RedisLimiter
from cms_core.redis_link import RedisLink

SLOW = RateLimit("sign-in", limit=6, period=600.0, burst=6)


def make_limiter(link: RedisLink, processes: int = 3) -> RedisLimiter:
    return RedisLimiter(link, MemoryLimiter(), processes=processes)


async def count_allowed(limiter: RedisLimiter, hits: int, key: str = "ann") -> int:
    verdicts = [await limiter.hit(SLOW, key) for _ in range(hits)]
    return sum(verdict.allowed for verdict in verdicts)


async def keys_of(link: RedisLink) -> list[bytes | str]:
    return await link.run(lambda redis: redis.keys("*"))


async def test_allows_the_burst_and_says_when_to_come_back(link: RedisLink) -> None:
    limiter = make_limiter(link)
    verdicts = [await limiter.hit(SLOW, "ann") for _ in range(7)]
    assert [verdict.remaining for verdict in verdicts] == [5, 4, 3, 2, 1, 0, 0]
    assert [verdict.allowed for verdict in verdicts] == [True] * 6 + [False]
    assert verdicts[-1].retry_after == pytest.approx(100.0, abs=5.0)
    assert verdicts[-1].reset_after == pytest.approx(600.0, abs=5.0)


async def test_a_hit_is_allowed_again_after_retry_after(link: RedisLink) -> None:
    limiter = make_limiter(link)
    quick = RateLimit("quick", limit=5, period=1.0, burst=2)
    verdicts = [await limiter.hit(quick, "ann") for _ in range(3)]
    assert not verdicts[-1].allowed
    await asyncio.sleep(verdicts[-1].retry_after + 0.01)
    assert (await limiter.hit(quick, "ann")).allowed


async def test_all_processes_together_keep_the_limit(redis_url: str, link: RedisLink) -> None:
    links = [RedisLink(redis_url, budget=5.0) for _ in range(3)]
    limiters = [make_limiter(each) for each in links]
    verdicts = await asyncio.gather(
        *(limiter.hit(SLOW, "ann") for limiter in limiters for _ in range(30))
    )
    assert sum(verdict.allowed for verdict in verdicts) == SLOW.burst
    for each in links:
        await each.close()


async def test_redis_forgets_keys_that_are_paid_for(link: RedisLink) -> None:
    quick = RateLimit("quick", limit=50, period=1.0, burst=5)
    await make_limiter(link).hit(quick, "ann")
    assert await keys_of(link)
    await asyncio.sleep(0.05)
    assert await keys_of(link) == []


async def test_redis_never_sees_the_key_itself(link: RedisLink) -> None:
    await make_limiter(link).hit(SLOW, "ann@example.com\ud800" * 1000)
    (name,) = await keys_of(link)
    assert isinstance(name, bytes)
    assert b"ann" not in name
    assert len(name) < 80


@pytest.mark.parametrize("foreign", ["", "text", "nan", "-nan", "inf", "1e300", "-5", "0x7ff"])
async def test_a_foreign_value_cannot_block_a_key_for_ever(link: RedisLink, foreign: str) -> None:
    await make_limiter(link).hit(SLOW, "ann")
    (name,) = await keys_of(link)
    await link.run(lambda redis: redis.set(name, foreign))
    verdict = await make_limiter(link).hit(SLOW, "ann")
    assert verdict.retry_after <= SLOW.tolerance / 1e6
    assert 0 < await link.run(lambda redis: redis.pttl(name)) <= SLOW.tolerance / 1e3


async def test_a_value_of_another_type_falls_back_to_the_local_limit(link: RedisLink) -> None:
    await make_limiter(link).hit(SLOW, "ann")
    (name,) = await keys_of(link)
    await link.run(lambda redis: redis.delete(name))
    await link.run(lambda redis: redis.lpush(name, "item"))
    assert await count_allowed(make_limiter(link), 20) == 2


async def test_flushed_scripts_are_loaded_again(link: RedisLink) -> None:
    limiter = make_limiter(link)
    await limiter.hit(SLOW, "ann")
    await link.run(lambda redis: redis.script_flush())
    assert (await limiter.hit(SLOW, "ann")).remaining == 4


async def test_a_flushed_redis_gives_nobody_more_than_the_limit_per_process(
    link: RedisLink,
) -> None:
    limiter = make_limiter(link)
    allowed = 0
    for _ in range(10):
        allowed += await count_allowed(limiter, 3)
        await link.run(lambda redis: redis.flushall())
    assert allowed == SLOW.burst


async def test_without_redis_three_processes_together_allow_the_limit() -> None:
    links = [RedisLink("redis://127.0.0.1:1/0") for _ in range(3)]
    allowed = [await count_allowed(make_limiter(each), 20) for each in links]
    assert sum(allowed) == SLOW.burst


async def test_losing_redis_after_the_limit_was_spent_allows_no_more(link: RedisLink) -> None:
    local = MemoryLimiter()
    assert await count_allowed(RedisLimiter(link, local, processes=3), 20) == SLOW.burst
    gone = RedisLink("redis://127.0.0.1:1/0")
    assert await count_allowed(RedisLimiter(gone, local, processes=3), 20) == 0


async def test_guesses_stay_within_three_limits_while_redis_comes_and_goes(
    link: RedisLink,
) -> None:
    gone = RedisLink("redis://127.0.0.1:1/0")
    tables = [MemoryLimiter() for _ in range(3)]
    allowed = 0
    for turn in range(12):
        for table in tables:
            way = gone if turn % 2 else link
            allowed += await count_allowed(RedisLimiter(way, table, processes=3), 3)
        await link.run(lambda redis: redis.flushall())
    assert allowed <= 3 * SLOW.burst
