from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient

from cms_core import CMS, Principal, new_id
from cms_posts.content import PostContent
from cms_posts.previews import preview_token
from cms_posts.service.drafts import create_post, edit_post
from cms_posts.service.preview_links import create_preview_link, revoke_preview_link
from cms_posts.service.trash import trash_post


@pytest.fixture
def editor(cms_principal: Callable[..., Principal]) -> Principal:
    return cms_principal("editor")


@pytest.fixture
async def draft(cms_app: CMS, editor: Principal) -> UUID:
    content = PostContent("Hello", "en", body="*first*", tags=["Art"])
    async with cms_app.db.transaction() as session:
        copy = await create_post(session, content, by=editor, now=await session.now())
        return copy.post.id


async def link(cms: CMS, post_id: UUID, by: Principal, **lasts: float) -> UUID:
    lifetime = timedelta(**lasts) if lasts else timedelta(hours=1)
    async with cms.db.transaction() as session:
        now = await session.now()
        made = await create_preview_link(session, post_id, by=by, now=now, lasts=lifetime)
        return made.id


async def status(client: AsyncClient, token: str) -> tuple[int, Any]:
    answer = await client.get(f"/api/v1/previews/{token}")
    return answer.status_code, answer.json().get("code")


async def test_a_link_shows_the_present_working_copy(
    cms_app: CMS, cms_client: AsyncClient, draft: UUID, editor: Principal
) -> None:
    token = preview_token(cms_app, await link(cms_app, draft, editor))
    async with cms_app.db.transaction() as session:
        now = await session.now()
        await edit_post(session, draft, {"body": "*second*"}, by=editor, now=now)

    post = (await cms_client.get(f"/api/v1/previews/{token}")).json()

    assert post["body_html"].strip() == "<p><em>second</em></p>"
    assert (post["slug"], post["revision"], post["published_at"]) == ("hello", 2, None)
    assert post["tags"] == [{"slug": "art", "name": "Art"}]


async def test_a_preview_is_kept_by_nobody(
    cms_app: CMS, cms_client: AsyncClient, draft: UUID, editor: Principal
) -> None:
    token = preview_token(cms_app, await link(cms_app, draft, editor))

    answer = await cms_client.get(f"/api/v1/previews/{token}")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"


async def test_an_expired_link_shows_nothing(
    cms_app: CMS, cms_client: AsyncClient, draft: UUID, editor: Principal
) -> None:
    token = preview_token(cms_app, await link(cms_app, draft, editor, milliseconds=-1))

    assert await status(cms_client, token) == (404, "preview-not-found")


async def test_a_revoked_link_shows_nothing(
    cms_app: CMS, cms_client: AsyncClient, draft: UUID, editor: Principal
) -> None:
    link_id = await link(cms_app, draft, editor)
    async with cms_app.db.transaction() as session:
        await revoke_preview_link(session, draft, link_id, by=editor, now=await session.now())

    assert await status(cms_client, preview_token(cms_app, link_id)) == (404, "preview-not-found")


async def test_a_post_in_the_trash_is_not_shown(
    cms_app: CMS, cms_client: AsyncClient, draft: UUID, editor: Principal
) -> None:
    token = preview_token(cms_app, await link(cms_app, draft, editor))
    async with cms_app.db.transaction() as session:
        await trash_post(session, draft, by=editor, now=await session.now())

    assert await status(cms_client, token) == (404, "preview-not-found")


async def test_forged_tokens_show_nothing(
    cms_app: CMS, cms_client: AsyncClient, draft: UUID, editor: Principal
) -> None:
    link_id = await link(cms_app, draft, editor)
    token = preview_token(cms_app, link_id)
    forged = [
        "x",
        token[:-1],
        token + "A",
        ("B" if token[0] == "A" else "A") + token[1:],
        cms_app.signer("cursor").sign(link_id.bytes),
        cms_app.signer("posts.preview").sign(b"short"),
        preview_token(cms_app, new_id()),
        str(link_id),
    ]

    for each in forged:
        assert await status(cms_client, each) == (404, "preview-not-found")
