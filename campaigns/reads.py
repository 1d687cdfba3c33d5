"""Reads around an instant, each held against the database's clock before and after it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from httpx2 import AsyncClient, Response

from campaigns.clients import Clock
from campaigns.planting import Planted
from campaigns.violations import Violations

#: From so long after the instant on, by the database's clock, every read must see the post.
SEEN_FROM = timedelta(milliseconds=1)


@dataclass(slots=True)
class Tally:
    """What readers have seen so far."""

    found: Violations = field(
        default_factory=lambda: Violations("stale", "early", "refused", "failed")
    )
    counts: Counter[str] = field(default_factory=Counter)

    def judge(self, post: Planted, answer: Response, before: datetime, after: datetime) -> None:
        """Hold one read against the post's instant."""
        if answer.status_code not in (200, 404):
            self._note("failed", post, answer, before)
        elif before >= post.due_at + SEEN_FROM:
            self.counts["reads_after"] += 1
            if not _shows(answer, post):
                self._note("stale", post, answer, before)
        elif after < post.due_at:
            self.counts["reads_before"] += 1
            if _shows(answer, post):
                self._note("early", post, answer, after)
        else:
            self.counts["reads_across"] += 1

    def refuse(self, post: Planted, answer: Response, after: datetime) -> None:
        """Count a 503: a reader who would have to wait too long; never before the instant."""
        self.counts["refused_reads"] += 1
        if after < post.due_at:
            self._note("refused", post, answer, after)

    def _note(self, kind: str, post: Planted, answer: Response, moment: datetime) -> None:
        apart = (moment - post.due_at).total_seconds() * 1000
        path = answer.request.url.path
        self.found.note(kind, f"{path} gave {answer.status_code}, {apart:+.1f} ms from its instant")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads posts, one at a time or in lists."""

    client: AsyncClient
    clock: Clock
    chance: random.Random
    planted: Sequence[Planted]
    tally: Tally

    async def read(self, post: Planted, at: datetime) -> bool:
        """Read at that moment, or at once if it is over; return whether it was answered."""
        path = self._path(post)
        await self.clock.sleep_until(at)
        before = await self.clock.read()
        answer = await self.client.get(path)
        after = await self.clock.read()
        if answer.status_code == 503:
            self.tally.refuse(post, answer, after)
            return False
        self.tally.judge(post, answer, before, after)
        return True

    def _path(self, post: Planted) -> str:
        paths = (post.slug, str(post.post_id), "?limit=50", f"?limit=20&tag={post.tag}")
        path = self.chance.choice(paths)
        return f"/api/v1/posts{path if path.startswith('?') else f'/{path}'}"


def _shows(answer: Response, post: Planted) -> bool:
    if answer.status_code != 200:
        return False
    body = answer.json()
    shown = body.get("items", [body])
    return any(each["id"] == str(post.post_id) for each in shown)
