"""Health: is the process alive, is it ready for traffic, and what is degraded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A readiness check. `check()` returns None when well, else a short reason for people.

    `critical` decides what a reason means: not ready (503), or ready but `degraded` (200).
    """

    name: str
    check: Callable[[], Awaitable[str | None]]
    critical: bool = False
