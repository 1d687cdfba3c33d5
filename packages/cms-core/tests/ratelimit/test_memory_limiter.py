import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms_core.ratelimit import MemoryLimiter, RateLimit, Verdict

SIGN_IN = RateLimit("sign-in", limit=6, period=60.0, burst=3)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def hits(limiter: MemoryLimiter, limit: RateLimit, key: str, count: int) -> list[Verdict]:
    return [await limiter.hit(limit, key) for _ in range(count)]


async def test_allows_the_burst_and_then_refuses() -> None:
    verdicts = await hits(MemoryLimiter(clock=Clock()), SIGN_IN, "ann", 4)
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]


async def test_says_when_to_come_back_and_keeps_its_word() -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock=clock)
    refused = (await hits(limiter, SIGN_IN, "ann", 4))[-1]
    assert refused.retry_after == pytest.approx(10.0)
    assert refused.reset_after == pytest.approx(30.0)
    clock.now += refused.retry_after - 0.001
    assert not (await limiter.hit(SIGN_IN, "ann")).allowed
    clock.now += 0.002
    assert (await limiter.hit(SIGN_IN, "ann")).allowed


async def test_is_whole_again_after_the_reset() -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock=clock)
    last = (await hits(limiter, SIGN_IN, "ann", 3))[-1]
    clock.now += last.reset_after + 0.001
    assert (await limiter.hit(SIGN_IN, "ann")).remaining == SIGN_IN.burst - 1


async def test_a_refused_hit_costs_nothing() -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock=clock)
    await hits(limiter, SIGN_IN, "ann", 50)
    clock.now += 10.001
    assert (await limiter.hit(SIGN_IN, "ann")).allowed


async def test_keys_and_limits_are_counted_apart() -> None:
    limiter = MemoryLimiter(clock=Clock())
    reset = RateLimit("reset", limit=6, period=60.0, burst=3)
    await hits(limiter, SIGN_IN, "ann", 4)
    assert (await limiter.hit(SIGN_IN, "bob")).remaining == 2
    assert (await limiter.hit(reset, "ann")).remaining == 2


async def test_a_flood_of_keys_cannot_grow_the_table() -> None:
    limiter = MemoryLimiter(capacity=100, clock=Clock())
    for number in range(1000):
        await limiter.hit(SIGN_IN, f"{number}" * 1000)
        assert len(limiter) <= 100


async def test_a_flood_of_keys_does_not_free_the_key_under_attack() -> None:
    limiter = MemoryLimiter(capacity=100, clock=Clock())
    await hits(limiter, SIGN_IN, "ann", 3)
    for number in range(1000):
        await limiter.hit(SIGN_IN, str(number))
    assert not (await limiter.hit(SIGN_IN, "ann")).allowed


async def test_keys_that_are_paid_for_make_room_first() -> None:
    clock = Clock()
    limiter = MemoryLimiter(capacity=10, clock=clock)
    for number in range(10):
        await hits(limiter, SIGN_IN, str(number), 3)
    clock.now += 30.001
    await limiter.hit(SIGN_IN, "new")
    assert len(limiter) == 1


@given(
    limit=st.builds(
        RateLimit,
        name=st.just("any"),
        limit=st.integers(1, 20),
        period=st.floats(0.5, 100.0),
        burst=st.integers(1, 8),
    ),
    gaps=st.lists(st.floats(0.0, 20.0), min_size=1, max_size=60),
)
async def test_no_window_sees_more_than_the_limit_says(limit: RateLimit, gaps: list[float]) -> None:
    clock = Clock()
    limiter = MemoryLimiter(clock=clock)
    allowed = []
    for gap in gaps:
        clock.now += gap
        if (await limiter.hit(limit, "key")).allowed:
            allowed.append(clock.now)
    for first, start in enumerate(allowed):
        for count, end in enumerate(allowed[first:], start=1):
            assert count <= limit.most_within(end - start + 1e-4)
