"""What clients are told about a limit (draft-ietf-httpapi-ratelimit-headers)."""

import math

from cms_core.errors import Quota, TooManyRequests
from cms_core.ratelimit.limits import RateLimit, RateLimiter, Verdict


async def spend(limiter: RateLimiter, limit: RateLimit, key: str) -> Quota:
    """Count one hit on the key and return what is left; raises `TooManyRequests`."""
    verdict = await limiter.hit(limit, key)
    quota = quota_of(limit, verdict)
    if not verdict.allowed:
        raise TooManyRequests(retry_after=verdict.retry_after, quota=quota)
    return quota


def quota_of(limit: RateLimit, verdict: Verdict) -> Quota:
    """The state of a limit after a verdict."""
    return Quota(limit.name, limit.limit, limit.period, verdict.remaining, verdict.reset_after)


def rate_limit_headers(quota: Quota) -> dict[str, str]:
    """Return ``RateLimit-Policy`` and ``RateLimit``: whole seconds, rounded up."""
    return {
        "RateLimit-Policy": f'"{quota.name}";q={quota.limit};w={math.ceil(quota.window)}',
        "RateLimit": f'"{quota.name}";r={quota.remaining};t={math.ceil(quota.reset)}',
    }


def retry_after_header(seconds: float) -> str:
    """Return the value of ``Retry-After``: whole seconds, rounded up, at least one."""
    return str(max(1, math.ceil(seconds)))
