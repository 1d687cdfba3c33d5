"""Fills a site with what must stay hidden, beside posts that everybody may read."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from campaigns.archives import Shelf, store
from campaigns.histories import Names
from campaigns.markers import Markers
from campaigns.sites import POSTS, Desk
from campaigns.wire import Headers, Wire, json_request
from cms_auth.models import User
from cms_core import CMS

ROLES = ("reader", "author", "editor", "admin")
LIVE = 20


class Hider:
    """Hides one thing after the other; `names` are what readers ask for, hidden names too."""

    def __init__(
        self, chance: random.Random, desk: Desk, cms: CMS, names: Names, markers: Markers
    ) -> None:
        self._chance = chance
        self._desk = desk
        self._cms = cms
        self.names = names
        self._markers = markers
        self.hidden: Counter[str] = Counter()
        self._live: list[str] = []
        #: Tokens of preview links: they show what is hidden to whoever has them.
        self.previews: list[str] = []

    async def begin(self, wire: Wire) -> dict[str, Headers]:
        """Open accounts and store posts; return the headers of somebody of each role."""
        signed_in = {role: await self._sign_up(role, wire) for role in ROLES}
        await self._learn_digests()
        self.names.tags += ["art", "sea", "land"]
        shelf = Shelf(self.names.tags, self.names.authors, months=3)
        posts = []
        for number in range(LIVE):
            post = shelf.post(self._chance, number, datetime.now(UTC))
            # Of a plugin that is not installed any more: nobody can say who may see it.
            gone = {"gone": {"field": self._word("extension")}}
            revision = replace(post.head, extensions=gone, note=self._word("note"))
            posts.append(replace(post, revisions=[revision]))
        await store(self._cms, posts)
        self._live = [str(post.id) for post in posts]
        self.names.slugs += [post.head.slug for post in posts]
        self.names.ids += self._live
        return signed_in

    async def hide(self) -> None:
        """Hide something more."""
        ways = {
            "drafts": self._draft,
            "newer_revisions": self._newer_revision,
            "older_revisions": self._older_revision,
            "taken_down": self._take_down,
            "trashed": self._trash,
            "plans": self._plan,
            "previews": self._preview,
            "repeatable_answers": self._repeatable,
        }
        name = self._chance.choice(list(ways))
        await ways[name]()
        self.hidden[name] += 1

    def _word(self, kind: str) -> str:
        return self._markers.word(kind)

    def _content(self, kind: str) -> dict[str, Any]:
        """A post full of secrets; its names are asked for."""
        slug = self._word(f"{kind}slug")
        self.names.slugs.append(slug)
        return {
            "title": self._word(f"{kind}title"),
            "slug": slug,
            "excerpt": self._word(f"{kind}excerpt"),
            "body": f"# {self._word(f'{kind}body')}\n\n[link](https://{self._word('link')}.org)",
            "seo": {"title": self._word(f"{kind}seo"), "description": self._word(f"{kind}seo")},
            "note": self._word(f"{kind}note"),
        }

    async def _create(self, kind: str) -> str:
        content = self._content(kind)
        post = await self._desk.create(**content, tags=[self._word("tagname")])
        tag, slug = post["tags"][0]["slug"], self._word("tagslug")
        name = {"name": self._word("tagname"), "slug": slug}
        # Under another name than it is asked for: an answer that tells the name knows the tag.
        await self._desk.send("PATCH", f"/api/v1/admin/tags/{tag}", name)
        self.names.tags += [tag, slug]
        self.names.ids.append(post["id"])
        return str(post["id"])

    async def _draft(self) -> None:
        await self._create("draft")

    async def _newer_revision(self) -> None:
        await self._write_into(self._chance.choice(self._live))

    async def _older_revision(self) -> None:
        """Write secrets into the working copy, take them out again, and publish."""
        id = self._chance.choice(self._live)
        await self._write_into(id)
        clean = {"title": "Clean", "excerpt": "Clean", "body": "Clean", "seo": {}, "note": ""}
        await self._desk.edit(id, **clean)
        await self._desk.publish(id)

    async def _write_into(self, id: str) -> None:
        content = self._content("revision")
        del content["slug"]
        await self._desk.edit(id, **content)

    async def _take_down(self) -> None:
        id = await self._publish_secrets()
        await self._desk.send("POST", f"{POSTS}/{id}/unpublish")

    async def _trash(self) -> None:
        some = (self._publish_secrets, self._draft_to_trash)
        id = await self._chance.choice(some)()
        await self._desk.send("DELETE", f"{POSTS}/{id}")

    async def _draft_to_trash(self) -> str:
        return await self._create("trash")

    async def _publish_secrets(self) -> str:
        """Publish a post; from when it is hidden again, nobody may be told what it said."""
        content = self._content("public")
        post = await self._desk.create(**content)
        await self._desk.publish(post["id"])
        texts = (content["title"], content["slug"], content["excerpt"], content["body"])
        self._markers.publish(
            word.decode() for text in texts for word in self._markers.words(text.encode())
        )
        self._markers.publish(content["seo"].values())
        self.names.ids.append(post["id"])
        return str(post["id"])

    async def _plan(self) -> None:
        id = await self._create("plan")
        at = {"local": "2036-02-01T08:00", "time_zone": "Europe/Paris"}
        await self._desk.send("POST", f"{POSTS}/{id}/schedule", {"action": "publish", "at": at})

    async def _preview(self) -> None:
        id = await self._create("preview")
        links = f"{POSTS}/{id}/preview-links"
        link = await self._desk.send("POST", links, {"expires_in": 3600})
        token = link["url"].rpartition("/")[2]
        self._markers.others[token.encode()] = "the token of a preview link"
        self.previews.append(token)

    async def _repeatable(self) -> None:
        """Create a draft under an `Idempotency-Key`: its answer is kept."""
        content = self._content("repeated")
        key = ("Idempotency-Key", self._word("key"))
        await self._desk.send("POST", POSTS, content, key)

    async def _sign_up(self, role: str, wire: Wire) -> Headers:
        """Make an account that signs in; it is the author of live posts, under a public name."""
        email, password = f"{self._word('email')}@example.org", self._word("password")
        account = {"email": email, "password": password, "role": role, "name": f"The {role}"}
        made = await self._desk.send("POST", "/api/v1/admin/users", account)
        self.names.authors.append(UUID(made["id"]))
        browser = (("User-Agent", self._word("browser")),)
        login = {"email": email, "password": password}
        answer = await wire.ask(json_request("POST", "/api/v1/auth/login", browser, login))
        pair = answer.json()
        for name in ("access_token", "refresh_token"):
            self._markers.others[pair[name].encode()] = f"the {name} of a session"
        return (("Authorization", f"Bearer {pair['access_token']}"),)

    async def _learn_digests(self) -> None:
        async with self._cms.db.snapshot() as session:
            for digest in await session.scalars(select(User.password_digest)):
                if digest is not None:
                    self._markers.others[digest.encode()] = "the digest of a password"
