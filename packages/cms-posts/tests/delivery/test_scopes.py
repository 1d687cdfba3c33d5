"""What an answer depends on: whoever changes one of these renews the answer."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from cms_core import CMS
from cms_posts.delivery.filters import Filters
from cms_posts.delivery.posts import Moved, read_post
from cms_posts.delivery.presentation import Presenter
from cms_posts.delivery.tags import present_tag
from cms_posts.errors import PostNotFound
from cms_posts.extensions import Extensions
from cms_posts.service.storing import WholePost

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]
MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def presenter(cms_app: CMS) -> Presenter:
    return Presenter(cms_app, Extensions())


async def test_a_post_depends_on_its_names_and_on_all_that_it_shows(
    cms_app: CMS, presenter: Presenter, make: Make, store: Store, ada: UUID, cover: UUID
) -> None:
    (post,) = await store(make(title="Hello", tags=["Art"], cover=cover))

    async with cms_app.db.snapshot() as session:
        await read_post(session, presenter, "hello")
        tag = await present_tag(session, "art")

        assert session.scopes == {
            "post:hello",
            f"post:{post.id}",
            f"tag:{tag.id}",
            "tag:art",
            f"principal:{ada}",
            "account:ada",
            f"media:{cover}",
        }


async def test_a_404_depends_on_the_name_that_was_asked_for(
    cms_app: CMS, presenter: Presenter
) -> None:
    async with cms_app.db.snapshot() as session:
        with pytest.raises(PostNotFound):
            await read_post(session, presenter, "hello")

        assert session.scopes == {"post:hello"}


async def test_a_redirect_depends_on_the_former_name_and_on_the_post(
    cms_app: CMS, presenter: Presenter, make: Make, store: Store
) -> None:
    (post,) = await store(make(title="Hello", former_slugs=["hi"]))

    async with cms_app.db.snapshot() as session:
        assert await read_post(session, presenter, "hi") == Moved("hello")
        assert session.scopes == {"post:hi", f"post:{post.id}"}


@pytest.mark.parametrize(
    ("filters", "scope"),
    [
        (Filters(), "posts"),
        (Filters(tag="art", author=UUID(int=1)), "tag:art"),
        (Filters(author=UUID(int=1)), f"author:{UUID(int=1)}"),
        (Filters(since=MARCH, until=APRIL), "month:2026-03"),
        (Filters(since=MARCH, until=APRIL.replace(day=2)), "posts"),
        (Filters(since=APRIL, until=MARCH), "posts"),
        (Filters(since=MARCH), "posts"),
    ],
)
def test_a_list_depends_on_what_it_is_filtered_by(filters: Filters, scope: str) -> None:
    assert filters.scope() == scope
