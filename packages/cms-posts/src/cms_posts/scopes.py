"""Names of cached answers' ingredients: who reads one of these and who changes it must agree.

A post has a scope under its id and under each name that it ever had in public, so that answers
about it, the 308 of a former name and the 404 of a free one can all be cached.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

#: Every list of published posts that no narrower scope stands for.
POSTS = "posts"
#: Which tags have published posts.
TAGS = "tags"


def of_post(name: UUID | str) -> str:
    """The scope of one post under its id or one of its slugs."""
    return f"post:{name}"


def of_tag(slug: str) -> str:
    """The scope of the list of a tag's posts."""
    return f"tag:{slug}"


def of_author(id: UUID) -> str:
    """The scope of the list of an author's posts."""
    return f"author:{id}"


def of_month(moment: datetime) -> str:
    """The scope of the posts published in the UTC month of that moment."""
    return f"month:{moment.astimezone(UTC):%Y-%m}"


def of_lists(author_id: UUID, published_at: datetime, tags: Iterable[str]) -> set[str]:
    """The scopes of every list that shows a live post; `tags` are slugs."""
    return {POSTS, of_author(author_id), of_month(published_at), *map(of_tag, tags)}


def of_shown_tag(id: UUID | str) -> str:
    """The scope of a tag's name and slug, where a single post shows them."""
    return f"tag:{id}"


def of_reference(kind: str, id: UUID) -> str:
    """The scope of what another package shows of an id, where a single post shows it."""
    return f"{kind}:{id}"


def of_kind(kind: str) -> str:
    """The scope of all that is shown of a kind (`tags`, `principal`, `media`), for lists."""
    return f"{kind}:any"
