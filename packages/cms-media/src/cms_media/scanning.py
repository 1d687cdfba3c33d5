"""Scanners: what looks at every upload before it becomes a file, such as a virus scanner."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from cms_core import CMS


@dataclass(frozen=True, slots=True)
class Scanner:
    """Looks at the bytes of an upload.

    `scan(chunks)` returns the name of what it found, or None where there is nothing to say against
    the file. What it raises refuses the upload: a `CMSError` with its own answer.
    """

    name: str
    scan: Callable[[AsyncIterator[bytes]], Awaitable[str | None]]


def scanners_of(cms: CMS) -> Sequence[Scanner]:
    """Ask every plugin of the CMS for its scanners; only while the CMS is built."""
    hooks = cms.contributions.extensions.get("register_scanners", ())
    return tuple(scanner for hook in hooks for scanner in hook(cms=cms))
