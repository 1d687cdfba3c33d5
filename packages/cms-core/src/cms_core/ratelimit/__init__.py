"""Rate limits: in the process, or shared by all processes through Redis."""

from cms_core.ratelimit.addresses import canonical_address
from cms_core.ratelimit.limits import RateLimit, RateLimiter, Verdict
from cms_core.ratelimit.memory import MemoryLimiter
from cms_core.ratelimit.quota import quota_of, rate_limit_headers, retry_after_header, spend
from cms_core.ratelimit.redis import RedisLimiter

__all__ = [
    "MemoryLimiter",
    "RateLimit",
    "RateLimiter",
    "RedisLimiter",
    "Verdict",
    "canonical_address",
    "quota_of",
    "rate_limit_headers",
    "retry_after_header",
    "spend",
]
