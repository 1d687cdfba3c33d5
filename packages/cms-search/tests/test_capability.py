"""Full-text search of the database."""

from cms_core import CMS
from cms_search.capability import search_fault


async def test_both_databases_can_search(cms_app: CMS) -> None:
    async with cms_app.db.snapshot() as session:
        assert await search_fault(session) is None


async def test_readiness_asks_whether_the_database_can_search(cms_app: CMS) -> None:
    checks = {check.name: check for check in cms_app.contributions.health_checks}

    assert await checks["full-text search"].check() is None
