"""How many posts a worker takes into one transaction."""

from __future__ import annotations

#: Seconds that a transaction should take at most. It holds posts that authors may wait for, and
#: whoever kills the worker loses it.
AIM = 0.1
FIRST, MOST = 10, 50


class Pace:
    """As many posts at once as fit into a tenth of a second; begins with few, and feels its way.

    A batch costs hardly more than a single post. So it gets small only where each post takes its
    time, as slow subscribers make it: on a machine that is merely busy, small batches would be
    more work, keep it busier still, and get smaller and smaller.
    """

    def __init__(self) -> None:
        self.batch = FIRST

    def learn(self, handled: int, seconds: float) -> None:
        """Take account of a transaction that handled so many transitions in so much time."""
        if handled < self.batch:
            return  # there was no more: it says little of a whole batch
        if seconds > 2 * AIM:
            least = FIRST if seconds / handled < AIM else 1
            self.batch = min(self.batch, max(self.batch // 2, least))
        elif seconds < AIM:
            self.batch = min(self.batch * 2, MOST)
