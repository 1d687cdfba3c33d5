from pathlib import Path
from typing import Protocol

from cms_core import Settings
from cms_core.app import build_cms
from cms_core.health import HealthCheck, examine
from cms_core.plugins.discovery import core


class Server(Protocol):
    url: str

    def kill(self) -> None: ...


def cache_checks(cache_url: str, data: Path) -> list[HealthCheck]:
    cms = build_cms(Settings(cache_url=cache_url, data=data), [core()])
    return [check for check in cms.contributions.health_checks if check.name == "cache"]


async def test_a_cms_whose_redis_went_away_is_degraded(breakable: Server, tmp_path: Path) -> None:
    [check] = cache_checks(breakable.url, tmp_path)
    assert not check.critical

    breakable.kill()
    assert list(await examine([check])) == [check]


def test_a_cms_without_redis_does_not_miss_it(tmp_path: Path) -> None:
    assert cache_checks("memory://", tmp_path) == []
