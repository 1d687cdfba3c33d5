"""Where bookmarks can be extended by other plugins."""

from collections.abc import Sequence

from cms_core import hookspec


@hookspec
def register_blocked_hosts() -> Sequence[str]:  # type: ignore[empty-body]  # as all specifications
    """Return hosts that no bookmark may lead to."""
