"""Own or any: whose posts a principal may see and change."""

from __future__ import annotations

from uuid import UUID

from cms_core import Forbidden, Precondition, Principal, Transaction
from cms_posts.errors import PostInTrash, PostNotFound, UnknownRevision
from cms_posts.models import Post
from cms_posts.permissions import PUBLISH, PUBLISH_ANY, WRITE_ANY
from cms_posts.queries import locked_post
from cms_posts.service.applying import apply_overdue


def sees_all(by: Principal) -> bool:
    """Tell whether the principal sees everybody's posts, and not only its own."""
    return by.may(WRITE_ANY) or by.may(PUBLISH_ANY)


def admit(post: Post | None, by: Principal) -> Post:
    """Return the post if the principal may see it.

    Raises `PostNotFound` for another's post as for one that does not exist.
    """
    if post is None or not (post.author_id == by.id or sees_all(by)):
        raise PostNotFound
    return post


async def lock_to_edit(
    session: Transaction, post_id: UUID, by: Principal, precondition: Precondition
) -> Post:
    """Return the post, locked, if the principal may change it and it is what the client saw.

    What is overdue of its plan has happened then. Raises `PostNotFound`, `Forbidden` or
    `PreconditionFailed`.
    """
    post = admit(await present_post(session, post_id), by)
    if post.author_id != by.id:
        by.must(WRITE_ANY)
    precondition.check(post.version)
    return post


async def lock_to_publish(
    session: Transaction, post_id: UUID, by: Principal, precondition: Precondition
) -> Post:
    """The same for who may publish it and take it down."""
    post = admit(await present_post(session, post_id), by)
    must_publish(post, by)
    precondition.check(post.version)
    return post


async def present_post(session: Transaction, post_id: UUID) -> Post | None:
    """The post, locked, as its plan has it by now: whoever changes it comes after what was due."""
    post = await locked_post(session, post_id)
    if post is not None:
        await apply_overdue(session, post)
    return post


def must_publish(post: Post, by: Principal) -> None:
    """Raise `Forbidden` unless the principal may publish the post and take it down."""
    if not by.may(PUBLISH_ANY) and not (post.author_id == by.id and by.may(PUBLISH)):
        raise Forbidden


def not_in_trash(post: Post) -> None:
    """Raise `PostInTrash` for a post in the trash: it can't be changed there."""
    if post.trashed_at is not None:
        raise PostInTrash


def existing_revision(post: Post, number: int | None) -> int:
    """Return the number of a revision of the post, of the newest one for None.

    Raises `UnknownRevision`.
    """
    if number is None:
        return post.head
    if not 1 <= number <= post.head:
        raise UnknownRevision.at("/revision", f"1 to {post.head}")
    return number
