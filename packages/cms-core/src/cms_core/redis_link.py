"""The way to Redis: a budget for each command, and a circuit breaker, because Redis is optional."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig

from cms_core.circuit import CircuitBreaker
from cms_core.health import HealthCheck

T = TypeVar("T")
_log = structlog.stdlib.get_logger(__name__)


class RedisUnavailable(Exception):
    """Redis gave no usable answer within its budget; go on without it."""


class RedisLink:
    """Runs commands on one Redis; whatever goes wrong is `RedisUnavailable`, and soon.

    `budget` is the longest that a command may take, in seconds, connecting included. `breaker`
    must use the monotonic clock. Nothing is opened before the first command.
    """

    def __init__(
        self,
        url: str,
        *,
        budget: float = 0.05,
        connections: int = 16,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._budget = budget
        self._breaker = breaker or CircuitBreaker()
        self._redis = Redis.from_pool(_pool(url, budget, connections))

    @property
    def available(self) -> bool:
        """Whether the last commands were answered; asks nobody."""
        return self._breaker.closed

    async def run(self, command: Callable[[Redis], Awaitable[T]]) -> T:
        """Return the answer of ``command(redis)``, or raise `RedisUnavailable` within the budget.

        An error that Redis itself reports (out of memory, wrong type, read-only) is no answer to
        the caller either, but it does not open the circuit: the next command may well succeed.
        """
        if not self._breaker.admit():
            raise RedisUnavailable
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._budget):
                answer = await command(self._redis)
        except ResponseError as error:
            self._succeed()
            raise RedisUnavailable from error
        except (RedisError, OSError) as error:
            self._fail(started, error)
            raise RedisUnavailable from error
        self._succeed()
        return answer

    async def ping(self) -> bool:
        """Ask Redis now and tell whether it answers; probes an open circuit when one is due."""
        try:
            await self.run(lambda redis: redis.ping())
        except RedisUnavailable:
            return False
        return True

    @property
    def health_check(self) -> HealthCheck:
        """The readiness check ``cache``: without Redis the CMS is degraded, but ready."""
        return HealthCheck("cache", self._complain)

    async def _complain(self) -> str | None:
        return None if await self.ping() else "Redis does not answer in time"

    async def close(self) -> None:
        """Close all connections; errors on the way out are of no interest."""
        try:
            await self._redis.aclose()
        except (RedisError, OSError):
            _log.debug("redis.close_failed", exc_info=True)

    def _succeed(self) -> None:
        if not self._breaker.closed:
            _log.info("redis.back")
        self._breaker.succeed()

    def _fail(self, started: float, error: Exception) -> None:
        was_closed = self._breaker.closed
        self._breaker.fail(started)
        if was_closed and not self._breaker.closed:
            _log.warning("redis.unavailable", error=type(error).__name__)


def _pool(url: str, budget: float, connections: int) -> BlockingConnectionPool:
    """A bounded pool without retries; a lost command costs its budget once, not many times."""
    options: dict[str, Any] = {
        "max_connections": connections,
        "timeout": budget,
        "socket_connect_timeout": budget,
        # No read timeout: `run` bounds the whole command, for less work on each.
        "socket_timeout": None,
        "retry": Retry(NoBackoff(), 0),
        # Connecting must fit the budget: no HELLO, no CLIENT SETINFO. And with maintenance
        # notifications on, the pool would hand out connections that hold unread answers.
        "protocol": 2,
        "driver_info": None,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    return BlockingConnectionPool.from_url(url, **options)
