"""Random histories of a site: everything that may change what readers see, through the API."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from campaigns.archives import Shelf, open_accounts, store
from campaigns.sites import POSTS, Desk, Refused
from cms_core import CMS

#: Seconds from planning something to its instant, in which answers of before are kept.
SOON = 0.25
_BODIES = ("", "Short.", "*Long* words.\n\n" * 60, "| a | b |\n|---|---|\n| 1 | 2 |")
_LANGUAGES = ("en", "de", "fr-CA")


@dataclass(slots=True)
class Names:
    """Every name that anything ever had: what readers may ask for."""

    slugs: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    authors: list[UUID] = field(default_factory=list)


class History:
    """Makes one change after the other; what the rules refuse is no change."""

    def __init__(self, chance: random.Random, desk: Desk, cms: CMS, names: Names) -> None:
        self._chance = chance
        self._desk = desk
        self._cms = cms
        self.names = names
        self.made: Counter[str] = Counter()
        self.failed: list[str] = []
        self._number = 0
        #: Ids of the posts that are not purged, and those of them in the trash.
        self._posts: list[str] = []
        self._trash: list[str] = []

    async def begin(self, posts: int) -> None:
        """Open accounts and store the first posts."""
        self.names.authors += await open_accounts(self._cms, ["Ada", "Bob", "Cid", "Dee"])
        self.names.tags += ["art", "sea", "land", "sky", "stone", "river"]
        await self._import(posts)

    async def step(self) -> datetime | None:
        """Change something. Return the instant of what was planned, if that is what it did."""
        name, change = self._pick()
        try:
            planned = await change()
        except Refused as refusal:
            if refusal.status >= 500:
                self.failed.append(f"{name}: {refusal}")
            self.made["refused"] += 1
            return None
        self.made[name] += 1
        return planned

    def _pick(self) -> tuple[str, Callable[[], Awaitable[datetime | None]]]:
        ways: dict[str, tuple[int, Callable[[], Awaitable[datetime | None]]]] = {
            "created": (8, self._create),
            "edited": (20, self._edit),
            "renamed": (8, self._rename),
            "unpublished": (5, self._unpublish),
            "trashed": (4, self._trash_post),
            "untrashed": (4, self._untrash),
            "purged": (2, self._purge),
            "tags_renamed": (12, self._rename_tag),
            "tags_merged": (3, self._merge_tag),
            "tags_deleted": (2, self._delete_tag),
            "authors_renamed": (4, self._rename_author),
            "authors_left": (1, self._dismiss_author),
            "planned": (8, self._plan),
            "imported": (3, self._import),
        }
        weights = [weight for weight, _ in ways.values()]
        (name,) = self._chance.choices(list(ways), weights)
        return name, ways[name][1]

    def _post(self) -> str:
        return self._chance.choice(self._posts)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _tags(self) -> list[str]:
        some = self._chance.sample(self.names.tags, self._chance.randint(0, 3))
        return [each.replace("-", " ").title() for each in some]

    async def _create(self) -> None:
        content: dict[str, Any] = {"title": f"New {self._next()}", "tags": self._tags()}
        if self._chance.random() < 0.3:  # a name that readers have asked for in vain, perhaps
            content["slug"] = f"free-{self._chance.randint(1, 40)}"
        post = await self._desk.create(**content, body=self._chance.choice(_BODIES))
        self._posts.append(post["id"])
        self.names.ids.append(post["id"])
        self.names.slugs.append(post["slug"])
        if self._chance.random() < 0.8:
            await self._desk.publish(post["id"])

    async def _edit(self) -> None:
        chance, number = self._chance, self._next()
        fields: dict[str, Any] = {
            "title": f"Edited {number}",
            "excerpt": f"About {number}",
            "body": f"{number} {chance.choice(_BODIES)}",
            "tags": self._tags(),
            "author_id": str(chance.choice(self.names.authors)),
            "language": chance.choice(_LANGUAGES),
            "seo": {"title": f"Seo {number}"},
        }
        some = chance.sample(list(fields), chance.randint(1, 4))
        await self._change(self._post(), **{name: fields[name] for name in some})

    async def _rename(self) -> None:
        """Give a post a new name, or one that something had before."""
        slug = f"name-{self._next()}"
        if self._chance.random() < 0.4:
            slug = self._chance.choice(self.names.slugs)
        await self._change(self._post(), slug=slug)
        self.names.slugs.append(slug)

    async def _change(self, id: str, **content: Any) -> None:
        await self._desk.edit(id, **content)
        if self._chance.random() < 0.75:  # the rest stays a draft
            await self._desk.publish(id)

    async def _unpublish(self) -> None:
        await self._desk.send("POST", f"{POSTS}/{self._post()}/unpublish")

    async def _trash_post(self) -> None:
        id = self._post()
        await self._desk.send("DELETE", f"{POSTS}/{id}")
        self._trash.append(id)

    async def _untrash(self) -> None:
        if self._trash:
            id = self._trash.pop()
            await self._desk.send("POST", f"{POSTS}/{id}/untrash")
            await self._desk.publish(id)

    async def _purge(self) -> None:
        if self._trash:
            id = self._trash.pop()
            await self._desk.send("POST", f"{POSTS}/{id}/purge")
            self._posts.remove(id)

    async def _rename_tag(self) -> None:
        tag, number = self._chance.choice(self.names.tags), self._next()
        changes = {"name": f"Tag {number}", "slug": f"tag-{number}"}
        if self._chance.random() < 0.5:
            del changes["slug"]
        await self._desk.send("PATCH", f"/api/v1/admin/tags/{tag}", changes)
        self.names.tags.append(f"tag-{number}")

    async def _merge_tag(self) -> None:
        tag, into = self._chance.sample(self.names.tags, 2)
        await self._desk.send("POST", f"/api/v1/admin/tags/{tag}/merge", {"into": into})

    async def _delete_tag(self) -> None:
        await self._desk.send(
            "DELETE", f"/api/v1/admin/tags/{self._chance.choice(self.names.tags)}"
        )

    async def _rename_author(self) -> None:
        author = self._chance.choice(self.names.authors)
        name = {"name": f"Author {self._next()}"}
        await self._desk.send("PATCH", f"/api/v1/admin/users/{author}", name)

    async def _dismiss_author(self) -> None:
        author = self._chance.choice(self.names.authors)
        await self._desk.send("DELETE", f"/api/v1/admin/users/{author}")
        self.names.authors += await open_accounts(self._cms, [f"Successor {self._next()}"])

    async def _plan(self) -> datetime:
        at = datetime.now(UTC) + timedelta(seconds=SOON)
        action = self._chance.choice(["publish", "unpublish"])
        plan = {"action": action, "at": at.isoformat()}
        await self._desk.send("POST", f"{POSTS}/{self._post()}/schedule", plan)
        return at

    async def _import(self, count: int = 2) -> None:
        shelf = Shelf(self.names.tags, self.names.authors, months=6)
        now = datetime.now(UTC)
        posts = [shelf.post(self._chance, self._next(), now) for _ in range(count)]
        await store(self._cms, posts)
        self._posts += [str(post.id) for post in posts]
        self.names.ids += [str(post.id) for post in posts]
        self.names.slugs += [
            slug for post in posts for slug in (post.head.slug, *post.former_slugs)
        ]
