"""The worker: runs jobs when they are due."""

from cms_core.worker.loop import Worker

__all__ = ["Worker"]
