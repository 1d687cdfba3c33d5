"""What each version of each post looks like to readers: known to writers and readers alike.

A post goes through its versions one by one, the first of which is live from the beginning. What a
version changes depends on its number alone, so that nobody has to tell it to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

#: So many posts, the first ones, are popular.
POPULAR = 10
#: After so many versions the kinds of change repeat.
CYCLE = 32
_TAGGED, _TAKEN_DOWN, _RENAMED, _PLANNED = 3, 8, 12, 15
#: After what is planned comes what looks for it, as all services do: it may not have happened yet.
_PUBLISHED = (9, _PLANNED + 1, 23)


class Change(Enum):
    """How a version comes about."""

    #: What readers see is changed in place: one statement, and the scopes are touched.
    AMEND = "amend"
    PUBLISH = "publish"
    #: Published with another tag.
    RETAG = "retag"
    TAKE_DOWN = "take down"
    #: Published under the other one of its two names.
    RENAME = "rename"
    #: Planned for an instant, and published by whoever notices first.
    PLAN = "plan"


_CHANGES = {
    **dict.fromkeys(_PUBLISHED, Change.PUBLISH),
    _TAGGED: Change.RETAG,
    _TAKEN_DOWN: Change.TAKE_DOWN,
    _RENAMED: Change.RENAME,
    _PLANNED: Change.PLAN,
}


@dataclass(frozen=True, slots=True)
class Shapes:
    """The versions of `posts` posts, spread over `tags` tags; without `plans` none is planned."""

    posts: int
    tags: int
    plans: bool = True

    def change(self, version: int) -> Change:
        """What makes this version of the one before."""
        change = _CHANGES.get(version % CYCLE, Change.AMEND)
        return change if self.plans or change is not Change.PLAN else Change.PUBLISH

    def is_live(self, version: int) -> bool:
        """Whether readers see a post in this version."""
        return version % CYCLE != _TAKEN_DOWN

    def tag(self, post: int, version: int) -> int:
        """The only tag of the post in this version."""
        return (post + (version - _TAGGED + CYCLE) // CYCLE) % self.tags

    def name(self, version: int) -> int:
        """Which of its two names, 0 or 1, a post has in this version."""
        return (version - _RENAMED + CYCLE) // CYCLE % 2

    def status(self, version: int, name: int | None) -> int:
        """What a reader who asks for one of its names is answered; None stands for its id."""
        if not self.is_live(version):
            return 404
        if name is None or name == self.name(version):
            return 200
        return 404 if version < _RENAMED else 308

    def is_listed(self, post: int, version: int, tag: int | None) -> bool:
        """Whether the list of a tag shows the post in this version; None is the list of all."""
        return self.is_live(version) and tag in (None, self.tag(post, version))


def slug(post: int, name: int) -> str:
    """A post's name."""
    return f"post-{post}-{'ab'[name]}"


def title(post: int, version: int) -> str:
    """A post's title, which tells its version wherever it is shown."""
    return f"Post {post}, version {version}"


def tag_slug(tag: int) -> str:
    """A tag's name."""
    return f"tag-{tag}"
