from collections.abc import Awaitable, Callable
from xml.etree import ElementTree

import pytest
from httpx2 import AsyncClient

from cms_core import CMS
from cms_posts.delivery.syndication import Site, SitemapNotFound, read_sitemap, read_sitemap_part
from cms_posts.service.storing import WholePost
from cms_posts.settings import PostsSettings

Make = Callable[..., WholePost]
Store = Callable[..., Awaitable[list[WholePost]]]
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(body: bytes | memoryview) -> list[str | None]:
    return [each.text for each in ElementTree.fromstring(bytes(body)).iter(f"{SITEMAP}loc")]


async def test_the_feed_has_the_latest_posts_with_their_bodies(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(*(make(number, tags=["Art"]) for number in range(25)), make(30, live=False))

    answer = await cms_client.get("/feed.atom")
    entries = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")

    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert len(entries) == PostsSettings().feed_length
    assert entries[0].findtext(f"{ATOM}title") == "Post 24"
    assert entries[0].findtext(f"{ATOM}content") == "<p>The body of Post 24</p>"
    assert entries[0].findtext(f"{ATOM}author/{ATOM}name") == "Ada"
    links = {link.get("href") for link in entries[0].findall(f"{ATOM}link")}
    assert links == {"http://test/posts/post-24"}


async def test_a_tag_has_a_feed_of_its_own(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Fine Art"]), make(2))

    feed = ElementTree.fromstring((await cms_client.get("/feed.atom?tag=fine-art")).content)

    assert [each.text for each in feed.iterfind(f"{ATOM}entry/{ATOM}title")] == ["Post 1"]
    assert feed.findtext(f"{ATOM}title") == "Posts: Fine Art"
    assert feed.findtext(f"{ATOM}id") == "http://test/feed.atom?tag=fine-art"


async def test_the_feed_of_a_tag_of_drafts_is_that_of_an_unknown_one(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1, tags=["Secret Plan (2027)"], live=False))

    feed = ElementTree.fromstring((await cms_client.get("/feed.atom?tag=secret-plan-2027")).content)

    assert feed.findtext(f"{ATOM}title") == "Posts: secret-plan-2027"


async def test_the_sitemap_names_every_live_post(
    cms_client: AsyncClient, make: Make, store: Store
) -> None:
    await store(make(1), make(2), make(3, live=False))

    answer = await cms_client.get("/sitemap.xml")

    assert answer.headers["content-type"] == "application/xml"
    expected = ["http://test/posts/post-1", "http://test/posts/post-2"]
    assert sorted(filter(None, addresses(answer.content))) == expected


async def test_a_sitemap_without_posts_is_empty(cms_client: AsyncClient) -> None:
    assert addresses((await cms_client.get("/sitemap.xml")).content) == []
    assert (await cms_client.get("/sitemap-1.xml")).status_code == 404
    assert (await cms_client.get("/sitemap-one.xml")).status_code == 404
    for beyond_a_column in (50_000, 2**63):
        assert (await cms_client.get(f"/sitemap-{beyond_a_column}.xml")).status_code == 404


async def test_what_one_sitemap_cannot_hold_is_spread_over_several(
    cms_app: CMS, make: Make, store: Store
) -> None:
    await store(*(make(number) for number in range(5)))
    site = Site("http://test", PostsSettings(), sitemap_limit=2)

    async with cms_app.db.snapshot() as session:
        index = addresses((await read_sitemap(session, site)).body)
        parts = [
            addresses((await read_sitemap_part(session, site, number)).body) for number in (1, 2, 3)
        ]
        with pytest.raises(SitemapNotFound):
            await read_sitemap_part(session, site, 4)

    assert index == [f"http://test/sitemap-{number}.xml" for number in (1, 2, 3)]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert len({page for part in parts for page in part}) == 5
