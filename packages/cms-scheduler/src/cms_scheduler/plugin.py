"""What cms-scheduler contributes: so far the check that plans will find their time zones."""

from collections.abc import Sequence

from cms_core import CMS, HealthCheck, hookimpl
from cms_scheduler.zones import zones_fault


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    return (HealthCheck("time zones", zones_fault),)
