"""``cms db restored``: what was kept before a backup was restored is not used any more."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from cms_core.db.database import Database
from cms_core.db.instance import instance_id
from cms_core.settings import random_secret

Cms = Callable[..., tuple[int, str, str]]


def identity(url: str) -> UUID:
    """What every key of the cache contains."""

    async def read() -> UUID:
        db = Database(url)
        try:
            async with db.snapshot() as session:
                return await instance_id(session)
        finally:
            await db.close()

    return asyncio.run(read())


def test_a_restored_database_is_another_one(
    cms: Cms, cms_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMS_DATABASE_URL", cms_database_url)
    monkeypatch.setenv("CMS_SECRET_KEY", random_secret())
    before = identity(cms_database_url)
    code, out, _ = cms("db", "restored")
    assert (code, out) == (0, "Whatever was kept before is not used any more.\n")
    assert identity(cms_database_url) != before
