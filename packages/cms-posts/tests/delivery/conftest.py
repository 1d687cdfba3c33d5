from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, Resolved, Resolver, hookimpl, new_id
from cms_posts.models import PostState
from cms_posts.service.storing import WholePost, WholeRevision, store_posts
from cms_posts.service.tagging import by_slug

ADA = UUID("0190a000-0000-7000-8000-00000000000a")
BOB = UUID("0190a000-0000-7000-8000-00000000000b")
COVER = UUID("0190a000-0000-7000-8000-0000000000c0")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Neighbours:
    """Stands in for the packages that know accounts and media."""

    @staticmethod
    @hookimpl
    def register_resolvers() -> list[Resolver]:
        people = {
            ADA: Resolved({"name": "Ada"}, frozenset({"account:ada"})),
            BOB: Resolved({"name": "Bob"}),
        }
        media = {COVER: Resolved({"url": "/media/cover.png"})}

        def known(
            all_of_them: Mapping[UUID, Resolved],
        ) -> Callable[[AsyncSession, frozenset[UUID]], Awaitable[Mapping[UUID, Resolved]]]:
            async def resolve(_: AsyncSession, ids: frozenset[UUID]) -> Mapping[UUID, Resolved]:
                return {id: all_of_them[id] for id in ids if id in all_of_them}

            return resolve

        return [Resolver("principal", known(people)), Resolver("media", known(media))]


@pytest.fixture
def cms_plugins() -> list[object]:
    return ["posts", Neighbours]


Store = Callable[..., Awaitable[list[WholePost]]]


def whole_post(number: int = 0, *, live: bool = True, **given: Any) -> WholePost:
    """A post of one revision, published `number` days after the others began."""
    moment = given.pop("published_at", START + timedelta(days=number))
    title = given.pop("title", f"Post {number}")
    revision = WholeRevision(
        title=title,
        slug=given.pop("slug", title.lower().replace(" ", "-")),
        language="en",
        author_id=given.get("author", ADA),
        created_by=ADA,
        created_at=moment,
        excerpt=f"About {title}",
        body=f"The body of {title}",
        body_html=f"<p>The body of {title}</p>",
        cover_id=given.get("cover"),
        tags=by_slug(given.get("tags", ())),
        seo=given.get("seo", {}),
        extensions=given.get("extensions", {}),
    )
    return WholePost(
        id=given.get("id", new_id()),
        state=PostState.PUBLISHED if live else PostState.DRAFT,
        revisions=[revision],
        created_at=moment,
        updated_at=moment,
        published_revision=1 if live else None,
        published_at=moment if live else None,
        former_slugs=frozenset(given.get("former_slugs", ())),
    )


@pytest.fixture
def make() -> Callable[..., WholePost]:
    """``make(number, live=True, title=…, tags=…, author=…)``: a post that is not stored yet."""
    return whole_post


@pytest.fixture
def store(cms_app: CMS) -> Store:
    """``await store(post, …)`` puts posts into the CMS."""

    async def store(*posts: WholePost) -> list[WholePost]:
        await cms_app.db.run(lambda session: store_posts(session, posts, by=ADA))
        return list(posts)

    return store


@pytest.fixture
def ada() -> UUID:
    """An author whom the CMS knows."""
    return ADA


@pytest.fixture
def bob() -> UUID:
    """Another one."""
    return BOB


@pytest.fixture
def cover() -> UUID:
    """A media object that the CMS knows."""
    return COVER
