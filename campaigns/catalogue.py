"""All campaigns."""

from __future__ import annotations

from typing import Any

from campaigns.campaign import Campaign
from campaigns.due_posts import DUE_POSTS
from campaigns.events import EVENTS
from campaigns.exact_reads import EXACT_READS
from campaigns.late_changes import LATE_CHANGES

CAMPAIGNS: dict[str, Campaign[Any]] = {each.name: each for each in (DUE_POSTS, EXACT_READS, LATE_CHANGES, EVENTS)}
