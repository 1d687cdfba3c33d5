"""Fills a database with articles, by what imports are made of: every rule of the CMS holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import UUID

from benchmarks.articles import Article
from cms_core import CMS, Transaction, new_id
from cms_core.migrate import upgrade
from cms_posts.models import PostState, TransitionAction
from cms_posts.references import PRINCIPAL
from cms_posts.service.storing import WholePost, WholeRevision, WholeTransition, store_posts

#: Posts in one transaction.
BATCH = 500
#: Who stored them.
_SOMEBODY = UUID(int=0)


async def seed(
    cms: CMS,
    written: Iterable[Article],
    progress: Callable[[int], None],
    *,
    due_at: datetime | None = None,
) -> None:
    """Bring the schema up to date, store the articles, and let the database count what it has.

    `progress` is told how many more are stored. With `due_at`, drafts are planned for that instant.
    """
    await upgrade(cms)
    people: dict[str, UUID] = {}
    for batch in _batches(written):
        for article in batch:
            if article.author not in people:
                people[article.author] = await _account(cms, article.author)
        posts = [_post(article, people[article.author], due_at) for article in batch]
        await cms.db.run(partial(store_posts, posts=posts, by=_SOMEBODY))
        progress(len(batch))
    await _settle(cms)


async def _account(cms: CMS, name: str) -> UUID:
    async def provide(session: Transaction) -> UUID | None:
        return await cms.references.provide(session, PRINCIPAL, name)

    return await cms.db.run(provide) or _SOMEBODY


def _batches(written: Iterable[Article]) -> Iterator[Sequence[Article]]:
    source = iter(written)
    while batch := list(islice(source, BATCH)):
        yield batch


def _post(article: Article, author: UUID, due_at: datetime | None) -> WholePost:
    live = article.published_at is not None
    revision = WholeRevision(
        title=article.title,
        slug=article.slug,
        language="en",
        author_id=author,
        created_by=author,
        created_at=article.created_at,
        body=article.body,
        body_html=article.html,
        tags={name: name.title() for name in article.tags},
    )
    plan = []
    if due_at is not None and not live:
        plan = [WholeTransition(TransitionAction.PUBLISH, due_at, revision=1)]
    return WholePost(
        id=new_id(),
        state=PostState.PUBLISHED if live else PostState.DRAFT,
        revisions=[revision],
        created_at=article.created_at,
        updated_at=article.published_at or article.created_at,
        published_revision=1 if live else None,
        published_at=article.published_at,
        first_published_at=article.published_at,
        plan=plan,
    )


async def _settle(cms: CMS) -> None:
    # An installation has had time for its statistics; a benchmark has not.
    engine = cms.db.writer.execution_options(isolation_level="AUTOCOMMIT")
    statement = "VACUUM ANALYZE" if cms.db.dialect == "postgresql" else "ANALYZE"
    async with engine.connect() as connection:
        if cms.db.dialect == "postgresql":
            await connection.exec_driver_sql("SET statement_timeout = 0")
        await connection.exec_driver_sql(statement)
