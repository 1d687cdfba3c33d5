"""What the scheduler does when something was planned."""

from __future__ import annotations

from collections.abc import Sequence

from cms_core import CMS, Subscriber, after_commit
from cms_posts import PostScheduled


async def wake_workers(cms: CMS, event: PostScheduled) -> None:
    """Let the workers look: it may be due before they would have looked again."""
    await cms.wake()


SUBSCRIBERS: Sequence[Subscriber] = (after_commit(PostScheduled, wake_workers),)
