"""What `cms dev` writes into an empty site: a few posts to try things out on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import Message
from email.parser import Parser
from functools import partial
from importlib.resources import files
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select

from cms_core import CMS, Seed
from cms_posts.models import BodyFormat, Post, PostState
from cms_posts.rendering import render
from cms_posts.service.storing import WholePost, WholeRevision
from cms_posts.service.tagging import by_slug
from cms_posts.settings import PostsSettings
from cms_posts.slugs import slugify
from cms_posts.transfer.importing import Importer, Item, People
from cms_posts.transfer.report import Outcome, Report

AUTHOR = "Robin Reed"
_IDS = uuid5(NAMESPACE_URL, "urn:cms-posts:demo")


def demo_seed() -> Seed:
    """Return the seed; it leaves a site alone that has any post, in the trash too."""
    return Seed("posts.demo", _plant, demo=True)


async def _plant(cms: CMS) -> Mapping[str, str]:
    async with cms.db.snapshot() as session:
        if (await session.execute(select(Post.id).limit(1))).first() is not None:
            return {}
        now = await session.now()
    language, report = cms.plugin_settings(PostsSettings).language, Report()
    items = [_item(letter, language, now) for letter in _letters()]
    await Importer(cms, report).run(items, lambda: None)
    address = f"{cms.settings.public_url}/api/v1/posts"
    return {"Demo": f"{report.outcomes[Outcome.IMPORTED]} posts at {address}"}


def _letters() -> list[Message]:
    """The posts as they are written down: headers as in a letter, then the body."""
    texts = (each for each in files("cms_posts.demo").iterdir() if each.name.endswith(".md"))
    return [Parser().parsestr(each.read_text(encoding="utf-8")) for each in texts]


def _item(letter: Message, language: str, now: datetime) -> Item:
    make = partial(_post, letter, language, now)
    return Item(place="demo", title=letter["Title"], make=make)


async def _post(letter: Message, language: str, now: datetime, people: People) -> WholePost:
    moment = now - timedelta(days=int(letter["Days"]))
    slug, author = slugify(letter["Title"]), await people.named(AUTHOR)
    body = str(letter.get_payload())
    html = await asyncio.to_thread(render, body, BodyFormat.MARKDOWN)
    # A former slug is that of an earlier revision: the post was renamed.
    revisions = [
        WholeRevision(
            title=letter["Title"],
            slug=each,
            language=language,
            author_id=author,
            created_by=author,
            created_at=moment,
            excerpt=letter.get("Excerpt", ""),
            body=body,
            body_html=html,
            tags=by_slug(name.strip() for name in letter["Tags"].split(",")),
        )
        for each in (letter["Former"], slug)
        if each is not None
    ]
    live = letter["Status"] != "draft"
    return WholePost(
        id=uuid5(_IDS, slug),
        state=PostState.PUBLISHED if live else PostState.DRAFT,
        revisions=revisions,
        created_at=moment,
        updated_at=moment,
        published_revision=len(revisions) if live else None,
        published_at=moment if live else None,
        first_published_at=moment if live else None,
        former_slugs=frozenset({letter["Former"]} - {None}),
    )
