"""What cms-search contributes: so far the check that the database can search at all."""

from collections.abc import Sequence

from cms_core import CMS, HealthCheck, hookimpl
from cms_search.capability import search_fault


@hookimpl
def register_health_checks(cms: CMS) -> Sequence[HealthCheck]:
    async def capable() -> str | None:
        async with cms.db.snapshot() as session:
            return await search_fault(session)

    return (HealthCheck("full-text search", capable),)
