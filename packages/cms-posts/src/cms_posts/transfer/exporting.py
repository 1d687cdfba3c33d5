"""Writes every post with all that belongs to it, as JSON lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select

from cms_core import CMS, Base, Resolved, Snapshot
from cms_posts.models import Post, PostRevision, PostSlug, PostTransition, PublishedPost
from cms_posts.queries import Tags, load_tags
from cms_posts.references import PRINCIPAL
from cms_posts.transfer.lines import PersonLine, PostLine, RevisionLine, TagLine, TransitionLine

T = TypeVar("T", PostRevision, PostSlug, PublishedPost, PostTransition)

#: Posts that are read at once.
PAGE = 50
_OF_REVISION = RevisionLine.model_fields.keys() - {"author", "created_by", "tags"}
_OF_POST = PostLine.model_fields.keys() - {"shown_at", "former_slugs", "revisions", "plan"}


async def count_posts(session: Snapshot) -> int:
    """How many posts an export has, those in the trash included."""
    return (await session.execute(select(func.count()).select_from(Post))).scalar_one()


async def export_lines(session: Snapshot, cms: CMS) -> AsyncIterator[bytes]:
    """Yield a line for each post of this moment, drafts and those in the trash included."""
    statement = select(Post).order_by(Post.id).limit(PAGE)
    posts = (await session.execute(statement)).scalars().all()
    while posts:
        page = await _load(session, cms, posts)
        for post in posts:
            yield page.line(post).model_dump_json().encode() + b"\n"
        # The session would keep every revision of the site in memory.
        session.expunge_all()
        further = statement.where(Post.id > posts[-1].id)
        posts = (await session.execute(further)).scalars().all()


@dataclass(frozen=True, slots=True)
class _Page:
    """What belongs to some posts."""

    revisions: Mapping[UUID, Sequence[PostRevision]]
    public_slugs: Mapping[UUID, Sequence[PostSlug]]
    live: Mapping[UUID, Sequence[PublishedPost]]
    plans: Mapping[UUID, Sequence[PostTransition]]
    people: Mapping[UUID, Resolved]
    tags: Tags

    def line(self, post: Post) -> PostLine:
        live = next(iter(self.live[post.id]), None)
        slugs = {each.slug for each in self.public_slugs[post.id]} - {live.slug if live else None}
        return PostLine(
            **_fields(post, _OF_POST),
            shown_at=live.updated_at if live else None,
            former_slugs=sorted(slugs),
            revisions=[self._revision(each) for each in self.revisions[post.id]],
            plan=[
                TransitionLine(**_fields(each, TransitionLine.model_fields))
                for each in self.plans[post.id]
            ],
        )

    def _revision(self, revision: PostRevision) -> RevisionLine:
        tags = self.tags.of(revision.tags)
        return RevisionLine(
            **_fields(revision, _OF_REVISION),
            author=self._person(revision.author_id),
            created_by=self._person(revision.created_by),
            tags=[TagLine(slug=tag.slug, name=tag.name) for tag in tags],
        )

    def _person(self, id: UUID) -> PersonLine:
        known = self.people.get(id)
        return PersonLine(id=id, name=known.public.get("name") if known else None)


async def _load(session: Snapshot, cms: CMS, posts: Sequence[Post]) -> _Page:
    ids = [post.id for post in posts]
    by_number = select(PostRevision).order_by(PostRevision.number)
    revisions = await _grouped(session, by_number.where(PostRevision.post_id.in_(ids)))
    public = select(PostSlug).where(PostSlug.post_id.in_(ids), PostSlug.was_live)
    live = select(PublishedPost).where(PublishedPost.post_id.in_(ids))
    planned = select(PostTransition).where(
        PostTransition.post_id.in_(ids), PostTransition.try_at.is_not(None)
    )
    found = [each for group in revisions.values() for each in group]
    people = {id for each in found for id in (each.author_id, each.created_by)}
    return _Page(
        revisions=revisions,
        public_slugs=await _grouped(session, public),
        live=await _grouped(session, live),
        plans=await _grouped(session, planned.order_by(PostTransition.due_at)),
        people=await cms.references.resolve(session, PRINCIPAL, people),
        tags=await load_tags(session, {id for each in found for id in each.tags}),
    )


async def _grouped(session: Snapshot, statement: Select[T]) -> Mapping[UUID, Sequence[T]]:
    groups: defaultdict[UUID, list[T]] = defaultdict(list)
    for each in (await session.execute(statement)).scalars():
        groups[each.post_id].append(each)
    return groups


def _fields(entity: Base, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(entity, name) for name in names}
