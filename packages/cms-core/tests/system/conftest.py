from __future__ import annotations

from collections.abc import Callable

import pytest

from cms_core.health import HealthCheck
from cms_core.hookspecs import hookimpl


class Patient:
    """A plugin whose health the test decides."""

    critical: str | None = None
    minor: str | None = None

    @staticmethod
    @hookimpl
    def register_health_checks() -> list[HealthCheck]:
        async def critical() -> str | None:
            return Patient.critical

        async def minor() -> str | None:
            if Patient.minor == "defect":
                raise ZeroDivisionError("s3cret")
            return Patient.minor

        return [HealthCheck("heart", critical, critical=True), HealthCheck("knee", minor)]


@pytest.fixture
def cms_plugins() -> list[object]:
    Patient.critical = Patient.minor = None
    return [Patient]


@pytest.fixture
def ail() -> Callable[..., None]:
    """``ail(critical=…, minor=…)`` gives the patient's checks a reason."""

    def ail(critical: str | None = None, minor: str | None = None) -> None:
        Patient.critical, Patient.minor = critical, minor

    return ail
