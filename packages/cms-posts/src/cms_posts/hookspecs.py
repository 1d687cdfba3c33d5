"""Where posts can be extended by other plugins. Marked `hookimpl(optionalhook=True)`, a plugin
works without posts too."""

from __future__ import annotations

from collections.abc import Sequence

from cms_core import hookspec
from cms_posts.extensions import PostExtension


@hookspec
def register_post_extensions() -> Sequence[PostExtension]:
    """Return the fields that the plugin adds to posts."""
