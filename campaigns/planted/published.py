"""Ways to keep published answers wrongly."""

from __future__ import annotations

from typing import Any

from cms_posts import scopes


def depend_on_all_posts(original: object) -> Any:
    """Every list is made anew whenever any post changes."""

    def scope(self: Any) -> str:
        return scopes.POSTS

    return scope
