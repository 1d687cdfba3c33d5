"""What `cms dev` writes into an empty site."""

from httpx2 import AsyncClient

from cms_core import CMS
from cms_posts.seeds import demo_seed


async def test_an_empty_site_gets_posts_to_try_things_out_on(
    cms_app: CMS, cms_client: AsyncClient
) -> None:
    told = await demo_seed().run(cms_app)

    posts = (await cms_client.get("/api/v1/posts?fields=slug,body_html,tags")).json()["items"]
    assert told == {"Demo": "5 posts at http://test/api/v1/posts"}
    assert posts[0]["slug"] == "welcome"
    assert len(posts) == 4
    assert all(post["tags"] for post in posts)
    markdown = next(post["body_html"] for post in posts if "markdown" in post["slug"])
    for element in ("<table>", "<code", "<s>", "footnote", "<blockquote>", "<ol>"):
        assert element in markdown


async def test_a_demo_post_has_moved(cms_app: CMS, cms_client: AsyncClient) -> None:
    await demo_seed().run(cms_app)

    answer = await cms_client.get("/api/v1/posts/an-address-of-yesterday")

    assert answer.status_code == 308
    assert answer.headers["location"].endswith("/addresses-that-never-break")


async def test_a_site_with_posts_is_left_alone(cms_app: CMS, cms_client: AsyncClient) -> None:
    await demo_seed().run(cms_app)

    assert await demo_seed().run(cms_app) == {}
    assert (await cms_client.get("/api/v1/posts?count=exact")).json()["total"] == 4
