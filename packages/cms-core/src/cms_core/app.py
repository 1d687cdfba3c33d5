"""A CMS: settings, database and everything that the plugins contribute. Building it does no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from cms_core.cache.published import published_of
from cms_core.catchup import CatchUp
from cms_core.db.database import Database
from cms_core.db.session import SnapshotSession
from cms_core.events import Subscribers
from cms_core.plugins.contributions import Contributions, Plugin
from cms_core.plugins.registry import collect
from cms_core.ratelimit import MemoryLimiter, RateLimiter, RedisLimiter
from cms_core.redis_link import RedisLink
from cms_core.references import References
from cms_core.settings import PluginSettings, Settings
from cms_core.signing import Signer

S = TypeVar("S", bound=PluginSettings)


class CMS:
    """What API, worker and commands share. Make it with `build_cms`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._signers: dict[str, Signer] = {}
        self.db = Database(
            settings.resolved_database_url,
            pool_size=settings.database_pool_size,
            connect_timeout=settings.database_connect_timeout,
        )
        self.db.owner = self
        #: The shared Redis; None when CMS_CACHE_URL is ``memory://``.
        self.redis = _redis(settings)
        self.limiter = _limiter(self.redis, settings)
        self.contributions = Contributions()
        self.references = References()
        self.catch_up = CatchUp(self, ())
        #: The published answers that this process keeps; set by `build_cms`.
        self.published = published_of(self)

    def reading(self) -> AbstractAsyncContextManager[SnapshotSession]:
        """Open a read-only view of one moment in which everything due has happened.

        What readers are shown is read in here; `db.snapshot()` shows what is committed, however
        late the worker is. What is overdue is made up for first; while that fails, for other
        reasons than locks, the view is not `caught_up`.

        Raises `Unavailable` when others keep what has to change locked.
        """
        return self.catch_up.reading()

    async def close(self) -> None:
        """Close all connections."""
        await self.catch_up.close()
        await self.published.close()
        await self.db.close()
        if self.redis is not None:
            await self.redis.close()

    async def wake(self) -> None:
        """Tell the workers that a job may be due sooner than when they looked.

        A hint: if it is lost, they look again within 30 s.
        """
        await self.db.wakeups.ring()

    def signer(self, purpose: str) -> Signer:
        """Return a signer whose key is derived for this purpose alone."""
        known = self._signers.get(purpose)
        if known is None:
            secret = self.settings.secret_key.get_secret_value()
            known = self._signers[purpose] = Signer(secret, purpose)
        return known

    def plugin_settings(self, kind: type[S]) -> S:
        """Return the settings object of that class.

        Raises `LookupError` when no plugin of this CMS registered the class.
        """
        for settings in self.contributions.settings.values():
            if isinstance(settings, kind):
                return settings
        raise LookupError(f"{kind.__name__} was not registered by any plugin of this CMS")


def _redis(settings: Settings) -> RedisLink | None:
    return None if settings.cache_url == "memory://" else RedisLink(settings.cache_url)


def _limiter(redis: RedisLink | None, settings: Settings) -> RateLimiter:
    if redis is None:
        return MemoryLimiter()
    return RedisLimiter(redis, MemoryLimiter(), processes=settings.processes)


def build_cms(settings: Settings, plugins: Sequence[Plugin]) -> CMS:
    """Build a CMS from settings and loaded plugins (in dependency order).

    Raises `PluginFaults` with every fault found in one run.
    """
    cms = CMS(settings)
    cms.contributions = collect(cms, plugins)
    cms.db.subscribers = Subscribers(cms.contributions.subscribers)
    cms.references = References(cms.contributions.resolvers)
    cms.catch_up = CatchUp(cms, cms.contributions.jobs)
    cms.published = published_of(cms)
    cms.db.touched = cms.published.forget
    return cms
