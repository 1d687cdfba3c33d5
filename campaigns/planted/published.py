"""Ways to keep published answers wrongly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import select

from cms_core import Snapshot, Transaction
from cms_core.cache.published import Found
from cms_core.db.parts import Part, PartsInUse
from cms_posts import scopes
from cms_posts.models import Post, PostRevision, PublishedPost, Tag


def depend_on_all_posts(original: object) -> Any:
    """Every list is made anew whenever any post changes."""

    def scope(self: Any) -> str:
        return scopes.POSTS

    return scope


def leave_tag_out(original: Callable[[str, bytes], str]) -> Any:
    """Lists of different tags are kept under the same key."""

    def key_of(path: str, query: bytes) -> str:
        named = [part for part in query.split(b"&") if not part.startswith(b"tag=")]
        return original(path, b"&".join(named))

    return key_of


def leave_tags_of_others(original: object) -> Any:
    """Who renames a tag does not think of the lists of posts that show its name."""

    def touch(session: Transaction, tags: Iterable[Tag], slugs: Iterable[str]) -> None:
        session.touch(scopes.TAGS, *map(scopes.of_tag, slugs))
        session.touch(*(scopes.of_shown_tag(tag.id) for tag in tags))

    return touch


Settle = Callable[[PartsInUse, Mapping[str, str], str], bool]


def take_parts_unseen(original: Settle) -> Any:
    """Nobody looks whether a kept part of an answer is still true."""

    def settle(self: PartsInUse, gens: Mapping[str, str], instance: str) -> bool:
        original(self, gens, instance)
        return True

    return settle


def keep_what_outdated_parts_made(original: Settle) -> Any:
    """A part is kept as of this moment though it was made with another one that is not."""

    def settle(self: PartsInUse, gens: Mapping[str, str], instance: str) -> bool:
        whole = original(self, gens, instance)
        for kind, values, read_from in self._brought:
            read_with = tuple((scope, gens.get(scope)) for scope in read_from)
            self._parts.keep(kind, {key: Part(each, read_with) for key, each in values.items()})
        return whole

    return settle


def wait_unshielded(original: object) -> Any:
    """Who waits for the answer that another one makes takes it along when he leaves."""

    async def arrival(self: Any) -> Found | None:
        found: Found | None = await self._result
        return found

    return arrival


def write_twice(original: Callable[..., None]) -> Any:
    """Answers of some length are written a second time."""

    def write_ready(cycle: Any, status: int, lines: tuple[bytes, ...], body: bytes) -> None:
        if len(body) > 700 and not cycle.disconnected and not cycle.transport.is_closing():
            cycle.transport.write(body)
        original(cycle, status, lines, body)

    return write_ready


def deliver_working_copies(original: object) -> Any:
    """Lists join the newest revision of a live post instead of the one that is published."""
    head = select(Post.head).where(Post.id == PublishedPost.post_id).scalar_subquery()
    return (PostRevision.post_id == PublishedPost.post_id) & (PostRevision.number == head)


def keep_previews(original: Callable[..., Awaitable[Any]]) -> Any:
    """Previews declare what they depend on, as published answers do."""

    async def read_preview(session: Snapshot, *arguments: Any) -> Any:
        session.depends_on(scopes.POSTS)
        return await original(session, *arguments)

    return read_preview


def open_to_all(original: object) -> Any:
    """Answers of this door are kept as published ones are."""
    return True
