"""What the databases do for a page: walk an index from where it begins, and never sort."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy import Select, event, text

from cms_core import CMS
from cms_posts.service.storing import WholePost

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]
POSTS = 2_000
START = datetime(2026, 3, 1, tzinfo=UTC)


@contextmanager
def recorded_selects(cms: CMS) -> Iterator[list[Select[Any]]]:
    found: list[Select[Any]] = []

    def record(_: object, element: object, *__: object) -> None:
        if isinstance(element, Select):
            found.append(element)

    event.listen(cms.db.reader.sync_engine, "before_execute", record)
    yield found
    event.remove(cms.db.reader.sync_engine, "before_execute", record)


async def plan_of(cms: CMS, statement: Select[Any]) -> str:
    sql = statement.compile(cms.db.reader.sync_engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if cms.db.dialect == "sqlite" else "EXPLAIN"
    async with cms.db.snapshot() as session:
        rows = await (await session.connection()).exec_driver_sql(f"{explain} {sql}")
        return "\n".join(str(row[-1]) for row in rows)


@pytest.fixture
async def many(cms_app: CMS, make: Make, store: Store, bob: UUID) -> None:
    for start in range(0, POSTS, 200):
        numbers = range(start, start + 200)
        await store(
            *(
                make(
                    title=f"Post {n}",
                    published_at=START + timedelta(hours=n),
                    tags=[f"Tag {n % 4}"],
                    author=UUID(int=bob.int + n % 10),
                )
                for n in numbers
            )
        )
    if cms_app.db.dialect == "postgresql":
        async with cms_app.db.transaction() as session:
            await session.execute(text("ANALYZE"))


async def test_each_page_walks_its_index(
    cms_app: CMS, cms_client: AsyncClient, many: None, bob: UUID
) -> None:
    pages = {
        "?limit=20": "ix_published_posts_published_at",
        "?tag=tag-3": "ix_published_post_tags_list",
        f"?author={bob}": "ix_published_posts_author",
        "?sort=title": "ix_published_posts_title",
        "?sort=-updated_at": "ix_published_posts_updated_at",
        "?month=2026-04": "ix_published_posts_published_at",
    }
    for query, index in pages.items():
        assert_walks(await plan_of_page(cms_app, cms_client, query), index)


async def test_a_deep_page_begins_in_the_middle_of_the_index(
    cms_app: CMS, cms_client: AsyncClient, many: None
) -> None:
    for query, pages in (("?limit=100", 10), ("?limit=20&tag=tag-3", 3)):
        deep = query
        for _ in range(pages):
            answer = (await cms_client.get(f"/api/v1/posts{deep}")).json()
            deep = f"{query}&cursor={answer['next_cursor']}"

        plan = await plan_of_page(cms_app, cms_client, deep)

        assert_walks(plan, "ix_published_post_tags_list" if "tag" in query else "published_at")
        assert "SEARCH" in plan or "ROW(published_at, post_id) < ROW(" in plan, plan


async def plan_of_page(cms: CMS, client: AsyncClient, query: str) -> str:
    with recorded_selects(cms) as statements:
        answer = await client.get(f"/api/v1/posts{query}")
    assert len(answer.json()["items"]) >= 20
    (page,) = (each for each in statements if "published_posts" in str(each))
    return await plan_of(cms, page)


def assert_walks(plan: str, index: str) -> None:
    assert index in plan, plan
    for line in plan.splitlines():
        assert "Seq Scan" not in line, plan
        assert "Sort" not in line, plan
        assert "TEMP B-TREE" not in line, plan
        assert "SCAN" not in line or "USING" in line, plan
