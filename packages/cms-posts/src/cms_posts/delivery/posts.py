"""Single posts and lists of posts for readers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from cms_core import Listing, Snapshot
from cms_posts import scopes
from cms_posts.delivery import queries
from cms_posts.delivery.filters import Filters
from cms_posts.delivery.presentation import SHOWN, Presenter
from cms_posts.delivery.schemas import DeliveredPost
from cms_posts.delivery.tags import present_tag
from cms_posts.errors import PostNotFound
from cms_posts.slugs import is_slug

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Moved:
    """The post has another slug now."""

    slug: str


async def read_post(session: Snapshot, presenter: Presenter, key: str) -> DeliveredPost | Moved:
    """The live post of a slug or id, or where a former slug leads.

    Raises `PostNotFound`, for a slug that readers never knew too: it may be the name of a draft.
    """
    name = UUID(key) if _ID.fullmatch(key) else key
    if isinstance(name, str) and not is_slug(name):
        raise PostNotFound
    session.depends_on(scopes.of_post(name))
    row = await queries.find_post(session, name)
    if row is None:
        return await _moved(session, name)
    around = await presenter.surroundings(session, [row])
    session.depends_on(scopes.of_post(row.id), *around.scopes_of(row))
    return DeliveredPost(**around.present(row))


async def _moved(session: Snapshot, name: UUID | str) -> Moved:
    successor = await queries.find_successor(session, name) if isinstance(name, str) else None
    if successor is None:
        raise PostNotFound
    session.depends_on(scopes.of_post(successor.post_id))
    return Moved(successor.slug)


async def list_posts(
    session: Snapshot, presenter: Presenter, listing: Listing, filters: Filters
) -> Response:
    """A page of live posts; an unknown tag has none."""
    session.depends_on(filters.scope(), *SHOWN)
    tag = await present_tag(session, filters.tag) if filters.tag is not None else None
    parameters = filters.parameters(tag.id if tag else None)
    statement = queries.posts(frozenset(parameters))
    sorts = queries.SORTS_OF_TAG if tag else None
    page = await listing.rows(session, statement, sorts, parameters)
    return listing.answer(await presenter.listed(session, page.rows, listing), page)
