"""Figures of this process for Prometheus; with several processes, those of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
REGISTRY = CollectorRegistry()
_SHARED = "PROMETHEUS_MULTIPROC_DIR"

REQUESTS = Counter(
    "cms_http_requests",
    "Requests answered.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
DURATIONS = Histogram(
    "cms_http_request_duration_seconds",
    "Seconds from the head of a request to the end of its answer.",
    ("method", "route"),
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
FAILURES = Counter(
    "cms_failures",
    "Requests that failed by a defect, by the plugin that answered.",
    ("plugin",),
    registry=REGISTRY,
)


CACHE_ANSWERS = Counter(
    "cms_cache_answers",
    "Published answers, by whether they were kept: hit, stored, collapsed, passed.",
    ("outcome",),
    registry=REGISTRY,
)
CACHE_BYTES = Gauge(
    "cms_cache_bytes",
    "Bytes of published answers that a process keeps.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)


@contextmanager
def shared_figures() -> Iterator[None]:
    """Let the processes that are started inside show the figures of all of them."""
    with TemporaryDirectory(prefix="cms-figures-") as folder:
        os.environ[_SHARED] = folder  # read by prometheus_client when they import it
        yield
        del os.environ[_SHARED]


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    requests, durations = _children(method, route, status)
    requests.inc()
    durations.observe(seconds)


@lru_cache(maxsize=4096)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    # To look them up by their labels would cost more than to count.
    return REQUESTS.labels(method, route, str(status)), DURATIONS.labels(method, route)


def exposition() -> bytes:
    """Return all figures in the text format of Prometheus."""
    if _SHARED not in os.environ:
        return generate_latest(REGISTRY)
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # untyped there
    return generate_latest(shared)
