"""Delivery of the outbox: at least once, in order per subscriber and aggregate."""

from cms_core.outbox.deliveries import outbox_jobs
from cms_core.outbox.policy import Policy
from cms_core.outbox.queue import replay

__all__ = ["Policy", "outbox_jobs", "replay"]
