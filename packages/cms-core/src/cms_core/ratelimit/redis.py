"""The rate limiter of many processes, on Redis; without Redis it becomes stricter, not absent."""

import hashlib

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from cms_core.ratelimit.limits import RateLimit, Verdict, judge
from cms_core.ratelimit.memory import MemoryLimiter
from cms_core.redis_link import RedisLink, RedisUnavailable

# The server's clock, because those of the processes differ. The backlog is clamped: after a step
# of that clock, or with a foreign value under the key (a text, nan, inf), a key would otherwise
# be refused for ever.
_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local paid_at = tonumber(redis.call('GET', KEYS[1])) or 0
local backlog = math.min(math.max(0, paid_at - now), tolerance)
local after = backlog
if backlog + interval <= tolerance then after = backlog + interval end
redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
return backlog
"""
_SHA = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()


class RedisLimiter:
    """Counts on Redis, and in the process what this process allowed.

    The local count bounds the damage: with Redis gone, each of `processes` allows its part of
    the limit; with Redis flushed, none allows more than the whole of it.
    """

    def __init__(self, link: RedisLink, local: MemoryLimiter, *, processes: int) -> None:
        self._link = link
        self._local = local
        self._processes = processes

    async def hit(self, limit: RateLimit, key: str) -> Verdict:
        """Count one hit on the key, unless the limit refuses it."""
        try:
            backlog = await self._link.run(lambda redis: _count(redis, limit, key))
        except RedisUnavailable:
            return await self._local.hit(limit.shared_by(self._processes), key)
        verdict = judge(limit, backlog)
        if not verdict.allowed:
            return verdict
        mirrored = await self._local.hit(limit, key)
        return mirrored if not mirrored.allowed else verdict


async def _count(redis: Redis, limit: RateLimit, key: str) -> int:
    """Run the script: the backlog in microseconds that this hit found."""
    arguments = (
        1,
        f"cms:ratelimit:{limit.name}:{limit.digest(key).hex()}",
        str(limit.interval),
        str(limit.tolerance),
    )
    try:
        return int(await redis.evalsha(_SHA, *arguments))
    except NoScriptError:  # a new server, or its scripts were flushed
        return int(await redis.eval(_SCRIPT, *arguments))
