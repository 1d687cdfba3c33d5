"""Holds answers against what they may show: no version older than the reader had to see."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from campaigns.campaign import Size
from campaigns.published.connections import Answer
from campaigns.published.shapes import Shapes, slug, tag_slug
from campaigns.violations import Violations

KINDS = ("stale", "wrong", "invented", "failed")
_TITLE = re.compile(rb"Post (\d+), version (\d+)")
#: Enough for all posts there are.
_LIMIT = 100


@dataclass(frozen=True, slots=True)
class PostRead:
    """One post by a name (0 or 1), or by its id for None."""

    post: int
    name: int | None
    target: str


@dataclass(frozen=True, slots=True)
class ListRead:
    """All posts, or those of a tag."""

    tag: int | None
    target: str


Read = PostRead | ListRead


def post_by_name(post: int, name: int) -> PostRead:
    return PostRead(post, name, f"/api/v1/posts/{slug(post, name)}")


def post_by_id(post: int, id: object) -> PostRead:
    return PostRead(post, None, f"/api/v1/posts/{id}")


def list_of(tag: int | None) -> ListRead:
    wanted = "" if tag is None else f"&tag={tag_slug(tag)}"
    return ListRead(tag, f"/api/v1/posts?limit={_LIMIT}{wanted}")


def feed_of(tag: int | None) -> ListRead:
    return ListRead(tag, "/feed.atom" if tag is None else f"/feed.atom?tag={tag_slug(tag)}")


@dataclass(slots=True)
class Judge:
    """Judges answers. `see` is told each version that was shown, by post."""

    shapes: Shapes
    see: Callable[[int, int], None] = lambda post, version: None
    found: Violations = field(default_factory=lambda: Violations(*KINDS))
    #: Answers of 503: a machine that stands still for a second makes some, whatever runs on it.
    refused: int = 0

    def outcome(self, size: Size) -> Violations:
        """What was found. Only in full size, on a quiet machine, is a refusal a broken promise."""
        if size is Size.FULL:
            self.found.add("refused", self.refused)
        return self.found

    def judge(self, read: Read, answer: Answer, least: Sequence[int], most: Sequence[int]) -> bool:
        """Hold an answer against what each post had to show at least and could show at most.

        Returns whether it passed. What was shown is told on only when it passed.
        """
        if answer.status == 503:
            self.refused += 1
            return True
        if answer.status not in (200, 308, 404):
            return self._note("failed", read, f"gave {answer.status}")
        if isinstance(read, ListRead):
            return self._judge_list(read, answer, least, most)
        return self._judge_post(read, answer, least[read.post], most[read.post])

    def fail(self, read: Read, why: str) -> None:
        """Note a read that was not answered."""
        self._note("failed", read, why)

    def _judge_post(self, read: PostRead, answer: Answer, least: int, most: int) -> bool:
        if answer.status == 200:
            found = _TITLE.search(answer.body)
            if found is None or int(found[1]) != read.post:
                return self._note("wrong", read, f"shows {answer.body[:80]!r}")
            shown = int(found[2])
            if not self._is_in_time(read, read.post, shown, least, most):
                return False
            if self.shapes.status(shown, read.name) != 200:
                return self._note("wrong", read, f"shows version {shown}")
            self.see(read.post, shown)
            return True
        possible = range(least, most + 1)
        if any(self.shapes.status(each, read.name) == answer.status for each in possible):
            return True
        return self._note("stale", read, f"gave {answer.status}, at least {least} was committed")

    def _judge_list(
        self, read: ListRead, answer: Answer, least: Sequence[int], most: Sequence[int]
    ) -> bool:
        if answer.status != 200:
            return self._note("failed", read, f"gave {answer.status}")
        shown = {int(post): int(version) for post, version in _TITLE.findall(answer.body)}
        passed = [
            self._judge_item(read, post, shown.get(post), least[post], most[post])
            for post in range(self.shapes.posts)
        ]
        if not all(passed):
            return False
        for post, version in shown.items():
            self.see(post, version)
        return True

    def _judge_item(
        self, read: ListRead, post: int, shown: int | None, least: int, most: int
    ) -> bool:
        listed = self.shapes.is_listed
        if shown is None:
            if all(listed(post, each, read.tag) for each in range(least, most + 1)):
                return self._note("stale", read, f"lacks post {post}, version {least}")
            return True
        if not self._is_in_time(read, post, shown, least, most):
            return False
        if not listed(post, shown, read.tag):
            return self._note("wrong", read, f"shows post {post}, version {shown}")
        return True

    def _is_in_time(self, read: Read, post: int, shown: int, least: int, most: int) -> bool:
        if shown < least:
            told = f"shows version {shown} of post {post}; {least} was committed"
            return self._note("stale", read, told)
        if shown > most:
            told = f"shows version {shown} of post {post}; {most} was begun"
            return self._note("invented", read, told)
        return True

    def _note(self, kind: str, read: Read, told: str) -> bool:
        self.found.note(kind, f"{read.target} {told}")
        return False
