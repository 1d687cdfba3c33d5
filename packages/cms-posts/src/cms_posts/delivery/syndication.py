"""The feed and the sitemap: where posts are on the site, for programs and search engines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from cms_core import NotFound, Snapshot
from cms_posts import scopes
from cms_posts.delivery import queries
from cms_posts.delivery.presentation import Presenter
from cms_posts.delivery.tags import present_tag
from cms_posts.feeds import (
    SITEMAP_LIMIT,
    Address,
    Feed,
    FeedEntry,
    atom_feed,
    sitemap,
    sitemap_index,
)
from cms_posts.references import PRINCIPAL
from cms_posts.settings import PostsSettings


class AtomResponse(Response):
    media_type = "application/atom+xml"


class SitemapResponse(Response):
    media_type = "application/xml"


class SitemapNotFound(NotFound):
    """There is no sitemap of this number."""


@dataclass(frozen=True, slots=True)
class Site:
    """The site that posts appear on."""

    url: str
    settings: PostsSettings
    #: Addresses in one sitemap.
    sitemap_limit: int = SITEMAP_LIMIT

    def page(self, slug: str) -> str:
        """The address of a post's page."""
        return self.settings.url_template.format(public_url=self.url, slug=slug)


async def read_feed(
    session: Snapshot, presenter: Presenter, site: Site, slug: str | None = None
) -> AtomResponse:
    """The latest posts with their bodies, of one tag or of all."""
    session.depends_on(*map(scopes.of_kind, (scopes.TAGS, PRINCIPAL)))
    if slug is None:
        session.depends_on(scopes.POSTS)
    tag = await present_tag(session, slug) if slug is not None else None
    rows = await queries.latest_posts(session, site.settings.feed_length, tag.id if tag else None)
    around = await presenter.surroundings(session, rows, lambda field: field != "cover")
    title = site.settings.site_title
    feed = Feed(
        title=f"{title}: {tag.name}" if tag else title,
        address=f"{site.url}/feed.atom" + (f"?tag={slug}" if slug else ""),
        site=site.url,
        language=site.settings.language,
    )
    return AtomResponse(atom_feed(feed, [_entry(site, around.present(row)) for row in rows]))


def _entry(site: Site, post: dict[str, Any]) -> FeedEntry:
    return FeedEntry(
        id=post["id"],
        address=site.page(post["slug"]),
        title=post["title"],
        author=(post["author"] or {}).get("name", ""),
        published=post["published_at"],
        updated=post["updated_at"],
        excerpt=post["excerpt"],
        html=post["body_html"],
        language=post["language"],
        tags=tuple((tag["slug"], tag["name"]) for tag in post["tags"]),
    )


async def read_sitemap(session: Snapshot, site: Site) -> SitemapResponse:
    """The pages of all posts, or the index of several sitemaps where one can't hold them."""
    session.depends_on(scopes.POSTS)
    parts = await queries.sitemap_parts(session, site.sitemap_limit)
    if len(parts) <= 1:
        return await _sitemap(site, await queries.pages(session))
    addresses = (
        Address(f"{site.url}/sitemap-{part.number}.xml", part.changed_at) for part in parts
    )
    return SitemapResponse(sitemap_index(addresses))


async def read_sitemap_part(session: Snapshot, site: Site, number: int) -> SitemapResponse:
    """One of the sitemaps that the index names, from 1. Raises `SitemapNotFound`."""
    session.depends_on(scopes.POSTS)
    bounds = await queries.sitemap_bounds(session, site.sitemap_limit, number)
    if not bounds:
        raise SitemapNotFound
    return await _sitemap(site, await queries.pages(session, *bounds))


async def _sitemap(site: Site, pages: Sequence[queries.AnyRow]) -> SitemapResponse:
    addresses = (Address(site.page(page.slug), page.updated_at) for page in pages)
    # Fifty thousand elements take their time, which other readers need not wait for.
    return SitemapResponse(await asyncio.to_thread(sitemap, addresses))
