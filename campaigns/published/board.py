"""What writers tell readers through shared memory: a version is begun, then acknowledged."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.processes import FORK

#: How many of the posts that were written last are remembered.
LATEST = 4


class Board:
    """Versions of posts, in memory that all processes forked later share.

    Each post has one writer at a time. A version is begun before anything is sent for it, and
    acknowledged after its commit; one that is planned, after its instant.
    """

    def __init__(self, posts: int, writers: int = 1) -> None:
        self.posts = posts
        self._begun = FORK.RawArray("q", [1] * posts)
        self._known = FORK.RawArray("q", [1] * posts)
        self._latest = FORK.RawArray("q", LATEST)
        self._done = FORK.RawArray("q", writers)
        self._newest = FORK.RawValue("q", 0)
        self._over = FORK.RawValue("q", 0)

    def begin(self, post: int, version: int) -> None:
        """Note that this version may be shown from now on."""
        self._begun[post] = version

    def acknowledge(self, post: int, version: int, writer: int = 0) -> None:
        """Note that every read that begins from now on has to show this version, or a newer one."""
        self._known[post] = version
        self._newest.value = post
        self._done[writer] += 1
        self._latest[self.writes % LATEST] = post

    def see(self, post: int, version: int) -> None:
        """Note that somebody was shown this version: nobody who comes now may see an older one."""
        self._known[post] = max(self._known[post], version)

    def least(self, post: int) -> int:
        """The oldest version that a read that begins now may show."""
        return int(self._known[post])

    def most(self, post: int) -> int:
        """The newest version that a read that ends now may show."""
        return int(self._begun[post])

    def all_least(self) -> Sequence[int]:
        """`least` of all posts."""
        return list(self._known)

    def all_most(self) -> Sequence[int]:
        """`most` of all posts."""
        return list(self._begun)

    @property
    def latest(self) -> Sequence[int]:
        """The posts that were written last, in no order."""
        return list(self._latest)

    @property
    def newest(self) -> int:
        """The post whose version was acknowledged last."""
        return int(self._newest.value)

    @property
    def writes(self) -> int:
        """How many versions were acknowledged."""
        return sum(self._done)

    @property
    def is_over(self) -> bool:
        """Whether writers shall stop."""
        return bool(self._over.value)

    def end(self) -> None:
        """Let the writers stop."""
        self._over.value = 1
