"""Delivery of the outbox: at least once, in order per subscriber and aggregate."""

from cms_core.outbox.deliveries import outbox_jobs
from cms_core.outbox.interventions import (
    DeliveryNotFound,
    DeliveryRunning,
    discard,
    hold_back,
    replay,
    retry,
)
from cms_core.outbox.listing import MAX_ID, DeliveryState, deliveries
from cms_core.outbox.policy import Policy
from cms_core.outbox.queue import IS_PARKED

__all__ = [
    "IS_PARKED",
    "MAX_ID",
    "DeliveryNotFound",
    "DeliveryRunning",
    "DeliveryState",
    "Policy",
    "deliveries",
    "discard",
    "hold_back",
    "outbox_jobs",
    "replay",
    "retry",
]
