"""Where media can be extended by other plugins. Marked `hookimpl(optionalhook=True)`, a plugin
works without media too."""

from __future__ import annotations

from collections.abc import Sequence

from cms_core import CMS, hookspec
from cms_media.scanning import Scanner


@hookspec
def register_scanners(cms: CMS) -> Sequence[Scanner]:
    """Return what looks at every upload before it becomes a file."""
