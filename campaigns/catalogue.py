"""All campaigns."""

from __future__ import annotations

from typing import Any

from campaigns.cached_uncached import CACHED_UNCACHED
from campaigns.campaign import Campaign
from campaigns.canaries import CANARIES
from campaigns.clocks import CLOCKS
from campaigns.disconnects import DISCONNECTS
from campaigns.due_posts import DUE_POSTS
from campaigns.events import EVENTS
from campaigns.exact_reads import EXACT_READS
from campaigns.late_changes import LATE_CHANGES
from campaigns.media.full_disk import FULL_DISK
from campaigns.media.hostile_files import HOSTILE_FILES
from campaigns.media.same_bytes import SAME_BYTES
from campaigns.media.storage_faults import STORAGE_FAULTS
from campaigns.media.unauthorised import UNAUTHORISED
from campaigns.media.uploads import UPLOADS
from campaigns.model.campaign import MODEL
from campaigns.precision import PRECISION
from campaigns.published.killed_writers import KILLED_WRITERS
from campaigns.published.restored import RESTORED
from campaigns.published.stale_reads import STALE_READS
from campaigns.published.stampede import STAMPEDE
from campaigns.time_zones import TIME_ZONES

_ALL: tuple[Campaign[Any], ...] = (
    DUE_POSTS,
    EXACT_READS,
    LATE_CHANGES,
    CLOCKS,
    TIME_ZONES,
    EVENTS,
    MODEL,
    PRECISION,
    CACHED_UNCACHED,
    DISCONNECTS,
    CANARIES,
    STALE_READS,
    KILLED_WRITERS,
    STAMPEDE,
    RESTORED,
    UPLOADS,
    SAME_BYTES,
    UNAUTHORISED,
    HOSTILE_FILES,
    STORAGE_FAULTS,
    FULL_DISK,
)
CAMPAIGNS = {campaign.name: campaign for campaign in _ALL}
