"""What the databases do for a page: walk an index from where it begins, and never sort."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy import event, text

from cms_core import CMS
from cms_posts.service.storing import WholePost

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]
POSTS = 2_000
START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Statement:
    """A statement as the database got it."""

    sql: str
    values: Sequence[Any]


@pytest.fixture
def statements(cms_app: CMS) -> list[Statement]:
    """The statements that readers' connections have run."""
    heard: list[Statement] = []

    def record(_: object, __: object, sql: str, values: Sequence[Any], *___: object) -> None:
        heard.append(Statement(sql, values))

    def listen(connection: Any, _: object) -> None:
        connection.driver_connection.add_query_logger(
            lambda logged: heard.append(Statement(logged.query, logged.args))
        )

    if cms_app.db.dialect == "sqlite":
        event.listen(cms_app.db.reader.sync_engine, "before_cursor_execute", record)
    else:
        # Lean reads run on the driver itself, which tells the values.
        event.listen(cms_app.db.writer.sync_engine, "connect", listen)
    return heard


async def plan_of(cms: CMS, statement: Statement) -> str:
    async with cms.db.snapshot() as session:
        connection = await session.connection()
        if cms.db.dialect == "sqlite":
            explain = f"EXPLAIN QUERY PLAN {statement.sql}"
            rows = list(await connection.exec_driver_sql(explain, tuple(statement.values)))
        else:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            rows = await driver.fetch(f"EXPLAIN {statement.sql}", *statement.values)
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
    cms_app: CMS,
    statements: list[Statement],
    many: None,
    cms_client: AsyncClient,
    bob: UUID,
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
        assert_walks(await plan_of_page(cms_app, cms_client, statements, query), index)


async def test_a_deep_page_begins_in_the_middle_of_the_index(
    cms_app: CMS, statements: list[Statement], many: None, cms_client: AsyncClient
) -> None:
    for query, pages in (("?limit=100", 10), ("?limit=20&tag=tag-3", 3)):
        deep = query
        for _ in range(pages):
            answer = (await cms_client.get(f"/api/v1/posts{deep}")).json()
            deep = f"{query}&cursor={answer['next_cursor']}"

        plan = await plan_of_page(cms_app, cms_client, statements, deep)

        assert_walks(plan, "ix_published_post_tags_list" if "tag" in query else "published_at")
        assert "SEARCH" in plan or "ROW(published_at, post_id) < ROW(" in plan, plan


async def plan_of_page(
    cms: CMS, client: AsyncClient, statements: list[Statement], query: str
) -> str:
    statements.clear()
    answer = await client.get(f"/api/v1/posts{query}")
    assert len(answer.json()["items"]) >= 20
    # Behind it may come the statement that completes what no list has shown yet, by primary key.
    page, *_ = (each for each in statements if "published_posts" in each.sql)
    return await plan_of(cms, page)


def assert_walks(plan: str, index: str) -> None:
    assert index in plan, plan
    for line in plan.splitlines():
        assert "Seq Scan" not in line, plan
        assert "Sort" not in line, plan
        assert "TEMP B-TREE" not in line, plan
        assert "SCAN" not in line or "USING" in line, plan
