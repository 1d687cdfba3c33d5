import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Resolved, Resolver, Transaction, hookimpl
from cms_core.db.instance import renew_instance
from cms_posts.models import Post, Tag
from cms_posts.transfer.archive import read_archive
from cms_posts.transfer.exporting import export_lines
from cms_posts.transfer.importing import Importer
from cms_posts.transfer.report import Report
from cms_posts.transfer.wordpress import read_wordpress

#: When the imports of the tests take place.
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DATA = Path(__file__).parents[1] / "data"


class Accounts:
    """Stands in for the package that knows accounts: it has one for every name but Nobody."""

    @staticmethod
    @hookimpl
    def register_resolvers() -> list[Resolver]:
        names: dict[UUID, str] = {}

        async def resolve(_: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
            return {id: Resolved({"name": names[id]}) for id in ids if id in names}

        async def provide(_: Transaction, name: str) -> UUID:
            id = uuid5(NAMESPACE_DNS, name)
            names[id] = name
            return id

        return [Resolver("principal", resolve, provide)]


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["posts", Accounts]


@pytest.fixture
def import_lines(cms_app: CMS) -> Callable[..., Awaitable[Report]]:
    """``await import_lines(line, …)``: what comes of lines, given as values or as bytes."""

    async def import_lines(*lines: Any) -> Report:
        texts = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines]
        report = Report()
        items = read_archive(BytesIO(b"\n".join(texts)), "en")
        await Importer(cms_app, report, batch=3).run(items, lambda: None)
        return report

    return import_lines


@pytest.fixture
def wordpress_export() -> bytes:
    """A small export of WordPress with one of each kind."""
    return (DATA / "wordpress.xml").read_bytes()


@pytest.fixture
def import_wordpress(cms_app: CMS) -> Callable[..., Awaitable[Report]]:
    """``await import_wordpress(content, report=…)``: what comes of an export."""

    async def import_wordpress(content: bytes, report: Report | None = None) -> Report:
        report = report or Report()
        items = read_wordpress(BytesIO(content), report, language="en", now=NOW)
        await Importer(cms_app, report, batch=3).run(items, lambda: None)
        return report

    return import_wordpress


@pytest.fixture
def export(cms_app: CMS) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    """``await export()``: the lines of an export, as values."""

    async def export() -> list[dict[str, Any]]:
        async with cms_app.db.snapshot() as session:
            return [json.loads(line) async for line in export_lines(session, cms_app)]

    return export


@pytest.fixture
def wipe(cms_app: CMS) -> Callable[[], Awaitable[None]]:
    """``await wipe()``: no post and no tag is left, as in another database."""

    async def wipe() -> None:
        async with cms_app.db.transaction() as session:
            await session.execute(delete(Post))
            await session.execute(delete(Tag).where(Tag.merged_into.is_not(None)))
            await session.execute(delete(Tag))
            await renew_instance(session)

    return wipe
