"""A working copy shown to whoever holds a preview link: signed, expiring, revocable."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import CMS, BadSignature, OpenRouter, Snapshot, answer, db_now
from cms_posts.delivery.presentation import Presenter
from cms_posts.delivery.queries import AnyRow
from cms_posts.delivery.schemas import PreviewedPost
from cms_posts.errors import PreviewNotFound
from cms_posts.extensions import Extensions
from cms_posts.models import Post, PostRevision, PreviewLink
from cms_posts.queries import HEAD
from cms_posts.references import MEDIA, media_in, with_open_addresses

_PURPOSE = "posts.preview"
_posts, _links, _revisions = Post.__table__, PreviewLink.__table__, PostRevision.__table__
_CONTENT = (
    "slug",
    "title",
    "excerpt",
    "body",
    "body_format",
    "body_html",
    "language",
    "author_id",
    "cover_id",
    "tags",
    "seo",
    "extensions",
)
_WORKING_COPY = select(
    _posts.c.id,
    _posts.c.published_at,
    _posts.c.updated_at,
    _posts.c.head.label("revision"),
    *(_revisions.c[name] for name in _CONTENT),
).select_from(_posts.join(_revisions, HEAD).join(_links, _links.c.post_id == _posts.c.id))


def preview_token(cms: CMS, link_id: UUID) -> str:
    """Return the last part of a preview link's address."""
    return cms.signer(_PURPOSE).sign(link_id.bytes)


async def read_preview(
    session: Snapshot, cms: CMS, presenter: Presenter, token: str
) -> PreviewedPost:
    """The working copy that a preview link shows.

    Raises `PreviewNotFound` alike for a forged, an expired and a revoked link, and for a post in
    the trash: somebody without an account learns no more than that there is nothing to see.
    """
    row = await _find(session, _link_of(cms, token))
    if row is None:
        raise PreviewNotFound
    around = await presenter.surroundings(session, [row])
    wanted = [row.cover_id, *media_in(row.body_html)]
    media = await cms.references.resolve(session, MEDIA, wanted)
    cover = media.get(row.cover_id)
    opened = {
        "cover": cover and dict(cover.for_authors),
        "body_html": with_open_addresses(row.body_html, media),
    }
    return PreviewedPost(**around.present(row) | opened)


def previews_router(cms: CMS, extensions: Extensions) -> OpenRouter:
    """Return the router of previews."""
    reason = "a preview link is itself the leave to look, given by somebody who may edit the post"
    router = OpenRouter("/previews", reason=reason)
    presenter = Presenter(cms, extensions)

    @router.get("/{token}", response_model=PreviewedPost)
    async def preview(session: Snapshot, token: str) -> Response:
        """Look at a working copy without an account; never stored, not for search engines."""
        response = answer(await read_preview(session, cms, presenter, token))
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return router


def _link_of(cms: CMS, token: str) -> UUID:
    try:
        return UUID(bytes=cms.signer(_PURPOSE).unsign(token))
    except (BadSignature, ValueError):
        raise PreviewNotFound from None


async def _find(session: AsyncSession, link_id: UUID) -> AnyRow | None:
    statement = _WORKING_COPY.where(
        _links.c.id == link_id,
        _links.c.revoked_at.is_(None),
        _links.c.expires_at > db_now(),
        _posts.c.trashed_at.is_(None),
    )
    return (await session.execute(statement)).one_or_none()
