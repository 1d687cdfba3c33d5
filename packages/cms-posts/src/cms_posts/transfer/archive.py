"""From the lines of an export to posts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ValidationError

from cms_core import Invalid
from cms_posts.models import MAX_TITLE, BodyFormat, PostState
from cms_posts.rendering import render
from cms_posts.service.storing import WholePost, WholeRevision, WholeTransition
from cms_posts.service.tagging import by_slug
from cms_posts.slugs import slugify
from cms_posts.transfer.importing import Item, People
from cms_posts.transfer.lines import PostLine, RevisionLine, SimpleLine, SimpleStatus

L = TypeVar("L", bound=BaseModel)

#: Names the ids of posts that came without one: the same line is the same post again.
_IDS = uuid5(NAMESPACE_URL, "urn:cms-posts:lines")


class BadArchive(Invalid):
    """This is not an export of posts in JSON lines.

    `cms posts export` writes such a file.
    """


class BadLine(Invalid):
    """The line does not describe a post.

    The report names it, and the field.
    """


def read_archive(stream: BinaryIO, language: str) -> Iterator[Item]:
    """Yield an item for each line; `language` is that of lines that name none.

    Raises `BadArchive` when the first line shows that the file is something else.
    """
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            plain = json.loads(line)
        except (ValueError, RecursionError) as error:
            if number == 1:
                raise BadArchive from error
            plain = None
        yield _item(f"line {number}", plain, language)


def _item(place: str, plain: Any, language: str) -> Item:
    fields = plain if isinstance(plain, dict) else {}
    if "revisions" in fields:
        return Item(place, _title(fields["revisions"]), partial(_whole, plain))
    name = fields.get("slug") or fields.get("title")
    id = uuid5(_IDS, json.dumps([fields.get("n"), name, fields.get("created_at")]))
    return Item(place, _title([fields]), partial(_simple, id, plain, language), id=id)


def _title(revisions: Any) -> str:
    """How to call a post that may be no post at all."""
    last = revisions[-1] if isinstance(revisions, list) and revisions else None
    title = str(last.get("title", "")) if isinstance(last, dict) else ""
    return title[:MAX_TITLE].encode(errors="replace").decode()


async def _whole(plain: object, people: People) -> WholePost:
    line = _validate(PostLine, plain)
    revisions = [await _revision(each, people) for each in line.revisions]
    return WholePost(
        id=line.id,
        version=line.version,
        state=line.state,
        revisions=revisions,
        created_at=line.created_at,
        updated_at=line.updated_at,
        published_revision=line.published_revision,
        published_at=line.published_at,
        first_published_at=line.first_published_at,
        shown_at=line.shown_at,
        trashed_at=line.trashed_at,
        former_slugs=frozenset(line.former_slugs),
        plan=[WholeTransition(**each.model_dump()) for each in line.plan],
    )


async def _revision(line: RevisionLine, people: People) -> WholeRevision:
    return WholeRevision(
        title=line.title,
        slug=line.slug,
        language=line.language,
        author_id=await people.known(line.author.id, line.author.name),
        created_by=await people.known(line.created_by.id, line.created_by.name),
        created_at=line.created_at,
        body=line.body,
        body_html=await asyncio.to_thread(render, line.body, line.body_format),
        body_format=line.body_format,
        excerpt=line.excerpt,
        note=line.note,
        cover_id=line.cover_id,
        tags={tag.slug: tag.name for tag in line.tags},
        seo=line.seo,
        extensions=line.extensions,
    )


async def _simple(id: UUID, plain: object, language: str, people: People) -> WholePost:
    line = _validate(SimpleLine, plain)
    live = line.status is SimpleStatus.PUBLISHED
    published_at = (line.published_at or line.created_at) if live else None
    author = await people.named(line.author)
    revision = WholeRevision(
        title=line.title,
        slug=slugify(line.slug or line.title),
        language=language,
        author_id=author,
        created_by=author,
        created_at=line.created_at,
        body=line.body,
        body_html=await asyncio.to_thread(render, line.body, BodyFormat.MARKDOWN),
        tags=by_slug(line.tags),
    )
    return WholePost(
        id=id,
        state=PostState.PUBLISHED if live else PostState.DRAFT,
        revisions=[revision],
        created_at=line.created_at,
        updated_at=published_at or line.created_at,
        published_revision=1 if live else None,
        published_at=published_at,
        first_published_at=published_at,
        renamable=True,
    )


def _validate(kind: type[L], plain: object) -> L:
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = "/".join(map(str, first["loc"]))
        raise BadLine(f"{where}: {first['msg']}." if where else f"{first['msg']}.") from None
