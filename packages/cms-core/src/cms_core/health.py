"""Health: is the process alive, is it ready for traffic, and what is degraded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from cms_core.errors import CMSError

if TYPE_CHECKING:
    from cms_core.app import CMS

log = structlog.get_logger(__name__)

#: Seconds that a check may take; all of them run at once, and balancers wait 2 s.
PATIENCE = 1.5


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A readiness check. `check()` returns None when well, else a short reason for people.

    `critical` decides what a reason means: not ready (503), or ready but `degraded` (200). Anybody
    may read the reason.
    """

    name: str
    check: Callable[[], Awaitable[str | None]]
    critical: bool = False


async def examine(checks: Iterable[HealthCheck]) -> dict[HealthCheck, str]:
    """Run the checks at once, and return the reasons of those that are not well."""
    checks = list(checks)
    reasons = await asyncio.gather(*(_examine(check) for check in checks))
    return {check: reason for check, reason in zip(checks, reasons, strict=True) if reason}


async def _examine(check: HealthCheck) -> str | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await check.check()
    except TimeoutError:
        return "no answer in time"
    except CMSError as error:
        return str(error)
    except Exception:
        log.warning("health_check_failed", check=check.name, exc_info=True)
        return "the check failed"


def database_check(cms: CMS) -> HealthCheck:
    """Without its database the CMS can answer nothing."""

    async def check() -> None:
        await cms.db.ping()

    return HealthCheck("database", check, critical=True)
