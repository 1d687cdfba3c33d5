import pytest

from cms_core.errors import TooManyRequests
from cms_core.ratelimit import (
    MemoryLimiter,
    RateLimit,
    canonical_address,
    quota_of,
    rate_limit_headers,
    retry_after_header,
    spend,
)

LIMIT = RateLimit("sign-in", limit=10, period=60.0, burst=5)


@pytest.mark.parametrize(
    ("name", "limit", "period", "burst"),
    [
        ('a"b', 1, 1.0, 1),
        ("", 1, 1.0, 1),
        ("a", 0, 1.0, 1),
        ("a", 1, 0.0, 1),
        ("a", 1, 1.0, 0),
    ],
)
def test_refuses_a_limit_that_makes_no_sense(
    name: str, limit: int, period: float, burst: int
) -> None:
    with pytest.raises(ValueError, match="rate limit"):
        RateLimit(name, limit, period, burst)


def test_the_shares_of_all_processes_together_are_at_most_the_limit() -> None:
    share = LIMIT.shared_by(3)
    assert 3 * share.most_within(600.0) <= LIMIT.most_within(600.0)
    assert share.burst == 1


def test_a_share_always_allows_something() -> None:
    assert LIMIT.shared_by(100).burst == 1


async def test_spending_returns_the_quota_until_it_is_gone() -> None:
    limiter = MemoryLimiter(clock=lambda: 1.0)
    remaining = [(await spend(limiter, LIMIT, "ann")).remaining for _ in range(5)]
    assert remaining == [4, 3, 2, 1, 0]
    with pytest.raises(TooManyRequests) as refused:
        await spend(limiter, LIMIT, "ann")
    assert refused.value.retry_after == pytest.approx(6.0)
    assert refused.value.quota is not None
    assert refused.value.quota.reset == pytest.approx(30.0)


async def test_headers_name_the_policy_and_what_is_left() -> None:
    verdict = await MemoryLimiter(clock=lambda: 1.0).hit(LIMIT, "ann")
    assert rate_limit_headers(quota_of(LIMIT, verdict)) == {
        "RateLimit-Policy": '"sign-in";q=10;w=60',
        "RateLimit": '"sign-in";r=4;t=6',
    }


@pytest.mark.parametrize(("seconds", "value"), [(0.0, "1"), (0.2, "1"), (1.2, "2"), (30.0, "30")])
def test_retry_after_is_rounded_up_to_whole_seconds(seconds: float, value: str) -> None:
    assert retry_after_header(seconds) == value


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_addresses_of_one_client_are_one(address: str, canonical: str) -> None:
    assert canonical_address(address) == canonical


def test_what_is_stored_is_short_and_does_not_show_the_key() -> None:
    digest = LIMIT.digest("ann@example.com\ud800" * 10_000)
    assert len(digest) == 16
    assert digest != LIMIT.digest("ann@example.com")
