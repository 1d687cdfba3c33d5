"""How many posts a worker takes into one transaction."""

from __future__ import annotations

#: Seconds that a transaction should take at most. It holds posts that authors may wait for, and
#: whoever kills the worker loses it.
AIM = 0.1
FIRST, MOST = 10, 50


class Pace:
    """As many posts at once as fit into a tenth of a second; begins with few, and feels its way.

    A batch costs hardly more than a single post, so many at once go far faster; but where
    subscribers or the machine are slow, a large batch might never come to its end.
    """

    def __init__(self) -> None:
        self.batch = FIRST

    def learn(self, handled: int, seconds: float) -> None:
        """Take account of a transaction that handled so many transitions in so much time."""
        if seconds > 2 * AIM:
            self.batch = max(self.batch // 2, 1)
        elif handled >= self.batch and seconds < AIM:
            self.batch = min(self.batch * 2, MOST)
