"""Brings posts into the world and from version to version, by what the API and the worker call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import NAMESPACE_DNS, UUID, uuid5

from sqlalchemy import bindparam, select, update

from campaigns.planting import AUTHOR
from campaigns.published.shapes import Change, Shapes, slug, tag_slug, title
from cms_core import CMS, Principal, Transaction
from cms_core.db.clock import read_clock
from cms_posts import scopes
from cms_posts.content import PostChanges
from cms_posts.models import Post, PostState, PublishedPost, TransitionAction
from cms_posts.service.drafts import edit_post
from cms_posts.service.plan import PlannedMoment, clock, plan_transition
from cms_posts.service.publication import publish_post, unpublish_post
from cms_posts.service.storing import WholePost, WholeRevision, store_posts

#: How far ahead of its planning a version is due.
AHEAD = timedelta(milliseconds=250)
#: From so long after its instant on, a planned version must be shown.
SHOWN_AFTER = timedelta(milliseconds=1)
_BODY = "<p>Words that change with every version, and that nobody may read for too long.</p>" * 8

_AMEND = (
    update(PublishedPost)
    .where(PublishedPost.post_id == bindparam("_id"))
    .values(title=bindparam("_title"))
    .execution_options(synchronize_session=False)
)


def id_of(post: int) -> UUID:
    """The id of a post, the same in every run."""
    return uuid5(NAMESPACE_DNS, f"post-{post}")


async def plant_live(cms: CMS, shapes: Shapes) -> None:
    """Store all posts in their first version, live. Closes the CMS."""
    moment = await cms.db.run(read_clock) - timedelta(days=1)
    posts = [_whole(shapes, post, moment) for post in range(shapes.posts)]
    await cms.db.run(partial(store_posts, posts=posts, by=AUTHOR))
    await cms.close()


async def read_versions(cms: CMS, posts: int) -> Sequence[int]:
    """Return the version of each post that is committed now: the newer of what is shown and saved.

    One that is planned is saved before it is shown.
    """
    saved, shown = select(Post.id, Post.title), select(PublishedPost.post_id, PublishedPost.title)
    versions: dict[UUID, int] = {}
    async with cms.db.snapshot() as session:
        for id, title in [*await session.execute(saved), *await session.execute(shown)]:
            versions[id] = max(versions.get(id, 0), int(title.rsplit(" ", 1)[1]))
    return [versions[id_of(post)] for post in range(posts)]


class Author:
    """Writes the next version of a post in a transaction of its own, as an editor or a plan."""

    def __init__(self, cms: CMS, shapes: Shapes) -> None:
        self._cms = cms
        self._shapes = shapes
        self._by = Principal(AUTHOR, "author", frozenset(cms.contributions.permissions))

    async def write(self, post: int, version: int) -> None:
        """Make it the version that readers see; returns when it has to be seen.

        Raises `Unavailable`; the version may be there then, and can be written again.
        """
        due_at = await self._cms.db.run(partial(self.change, post=post, version=version))
        if due_at is not None:
            await self._pass(due_at + SHOWN_AFTER)

    async def change(self, session: Transaction, post: int, version: int) -> datetime | None:
        """Make it so, or plan it: then return the instant."""
        change, id, by = self._shapes.change(version), id_of(post), self._by
        if change is Change.AMEND:
            await self._amend(session, post, version)
            return None
        now = await session.now()
        await edit_post(session, id, self._changes(post, version), by=by, now=now)
        if change is Change.TAKE_DOWN:
            await unpublish_post(session, id, by=by, now=now)
        elif change is Change.PLAN:
            moment = PlannedMoment(await clock(session) + AHEAD)
            await plan_transition(session, id, TransitionAction.PUBLISH, moment, by=by)
            return moment.at
        else:
            await publish_post(session, id, by=by, now=now)
        return None

    async def _amend(self, session: Transaction, post: int, version: int) -> None:
        """Change a live post's title, and touch what is read here, as `change_live` would.

        The services take ten times as long: with them alone there would be few writes.
        """
        id, shapes = id_of(post), self._shapes
        await session.execute(_AMEND, {"_id": id, "_title": title(post, version)})
        name, tag = slug(post, shapes.name(version)), tag_slug(shapes.tag(post, version))
        session.touch(scopes.of_post(id), scopes.of_post(name), scopes.of_tag(tag), scopes.POSTS)

    def _changes(self, post: int, version: int) -> PostChanges:
        changes = PostChanges(title=title(post, version))
        change = self._shapes.change(version)
        if change is Change.RETAG:
            changes["tags"] = [_tag_name(self._shapes.tag(post, version))]
        elif change is Change.RENAME:
            changes["slug"] = slug(post, self._shapes.name(version))
        return changes

    async def _pass(self, moment: datetime) -> None:
        """Wait until the database's clock shows that moment."""
        while True:
            async with self._cms.db.snapshot() as session:
                left = moment - await read_clock(session)
            if left <= timedelta():
                return
            await asyncio.sleep(left.total_seconds())


def _whole(shapes: Shapes, post: int, moment: datetime) -> WholePost:
    tag = shapes.tag(post, 1)
    revision = WholeRevision(
        title=title(post, 1),
        slug=slug(post, 0),
        language="en",
        author_id=AUTHOR,
        created_by=AUTHOR,
        created_at=moment,
        body_html=_BODY,
        tags={tag_slug(tag): _tag_name(tag)},
    )
    return WholePost(
        id=id_of(post),
        state=PostState.PUBLISHED,
        revisions=[revision],
        created_at=moment,
        updated_at=moment,
        published_revision=1,
        published_at=moment,
        first_published_at=moment,
    )


def _tag_name(tag: int) -> str:
    # Its slug is made from it.
    return f"Tag {tag}"
