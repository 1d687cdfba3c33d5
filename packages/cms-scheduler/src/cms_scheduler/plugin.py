"""What cms-scheduler contributes."""

from collections.abc import Sequence

import typer

from cms_core import CMS, AdminRouter, HealthCheck, Job, Subscriber, hookimpl
from cms_scheduler import commands
from cms_scheduler.jobs import scheduler_jobs
from cms_scheduler.router import calendar_router, plan_router
from cms_scheduler.subscribers import SUBSCRIBERS
from cms_scheduler.zones import zones_fault


@hookimpl
def register_routers(cms: CMS) -> Sequence[AdminRouter]:
    return [plan_router(cms), calendar_router(cms)]


@hookimpl
def register_jobs() -> Sequence[Job]:
    return scheduler_jobs()


@hookimpl
def register_subscribers() -> Sequence[Subscriber]:
    return SUBSCRIBERS


@hookimpl
def register_commands() -> typer.Typer:
    return commands.app


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    return (HealthCheck("time zones", zones_fault),)
