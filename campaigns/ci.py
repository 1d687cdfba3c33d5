"""What the size of CI consists of."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.campaign import Assignment, Size
from campaigns.catalogue import CAMPAIGNS
from campaigns.faults import FAULTS

SEED = 1


def assignments() -> Iterator[Assignment]:
    """Every campaign and variant on every engine, then every fault once."""
    for campaign in CAMPAIGNS.values():
        for size, engine in campaign.loads:
            if size is Size.CI:
                for variant in campaign.variants:
                    yield Assignment(campaign.name, size, engine, SEED, variant)
    for fault in FAULTS.values():
        engine = fault.engines[-1]
        yield Assignment(fault.campaign, Size.CI, engine, SEED, fault.variant, fault.name)
