"""All campaigns."""

from __future__ import annotations

from typing import Any

from campaigns.campaign import Campaign
from campaigns.due_posts import DUE_POSTS
from campaigns.events import EVENTS

CAMPAIGNS: dict[str, Campaign[Any]] = {each.name: each for each in (DUE_POSTS, EVENTS)}
