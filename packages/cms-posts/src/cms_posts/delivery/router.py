"""Delivery: published posts, their tags, the feed and the sitemap, for anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response

from cms_core import CMS, DeliveryRouter, Page, RootRouter, Snapshot, answer
from cms_posts.delivery import posts, tags
from cms_posts.delivery.filters import PostFilters, PostListing, TagFilter, TagListing
from cms_posts.delivery.presentation import Presenter
from cms_posts.delivery.schemas import DeliveredPost, ListedPost, ListedTag
from cms_posts.delivery.syndication import (
    AtomResponse,
    Site,
    SitemapResponse,
    read_feed,
    read_sitemap,
    read_sitemap_part,
)
from cms_posts.extensions import Extensions
from cms_posts.settings import PostsSettings

_MOVED: dict[int | str, Any] = {
    308: {"description": "The post has another slug now; `Location` names it."}
}


def delivery_routers(cms: CMS, extensions: Extensions) -> Sequence[DeliveryRouter | RootRouter]:
    """Return the routers of what readers see."""
    presenter = Presenter(cms, extensions)
    return [_posts(cms, presenter), _tags(), _syndication(cms, presenter)]


def _posts(cms: CMS, presenter: Presenter) -> DeliveryRouter:
    router = DeliveryRouter("/posts")

    @router.get("", response_model=Page[ListedPost])
    async def list_posts(session: Snapshot, listing: PostListing, filters: PostFilters) -> Response:
        """List published posts, the latest first; the bodies only where `fields` names them."""
        return await posts.list_posts(session, presenter, listing, filters)

    @router.get("/{slug}", response_model=DeliveredPost, responses=_MOVED)
    async def read_post(request: Request, session: Snapshot, slug: str) -> Response:
        """Read a published post by slug or id; a slug that it had before leads to the present."""
        found = await posts.read_post(session, presenter, slug)
        if isinstance(found, posts.Moved):
            location = f"{cms.settings.public_url}{router.prefix}/{found.slug}"
            return Response(status_code=308, headers={"Location": location})
        return answer(found)

    return router


def _tags() -> DeliveryRouter:
    router = DeliveryRouter("/tags")

    @router.get("", response_model=Page[ListedTag])
    async def list_tags(session: Snapshot, listing: TagListing) -> Response:
        """List the tags of published posts."""
        return await tags.list_tags(session, listing)

    return router


def _syndication(cms: CMS, presenter: Presenter) -> RootRouter:
    router = RootRouter("", tags=["posts"])
    site = Site(cms.settings.public_url, cms.plugin_settings(PostsSettings))

    @router.get("/feed.atom", response_class=AtomResponse)
    async def feed(session: Snapshot, tag: TagFilter = None) -> Response:
        """The latest posts as an Atom feed (RFC 4287), of one tag or of all."""
        return await read_feed(session, presenter, site, tag)

    @router.get("/sitemap.xml", response_class=SitemapResponse)
    async def sitemap(session: Snapshot) -> Response:
        """All posts as a sitemap; the index of several where one can't hold them."""
        return await read_sitemap(session, site)

    @router.get("/sitemap-{number:int}.xml", response_class=SitemapResponse)
    async def sitemap_part(session: Snapshot, number: int) -> Response:
        """One of the sitemaps that the index names."""
        return await read_sitemap_part(session, site, number)

    return router
