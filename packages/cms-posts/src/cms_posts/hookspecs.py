"""Where posts can be extended by other plugins. Marked `hookimpl(optionalhook=True)`, a plugin
works without posts too."""

from __future__ import annotations

from collections.abc import Sequence

from cms_core import CMS, hookspec
from cms_posts.extensions import PostExtension
from cms_posts.files import FileImporter


@hookspec
def register_post_extensions() -> Sequence[PostExtension]:
    """Return the fields that the plugin adds to posts."""


@hookspec
def register_file_importer(cms: CMS) -> FileImporter:
    """Return what keeps the files that come with an import of posts.

    One plugin of a set does; cms-media is such a plugin.
    """
