"""Names of operations: what clients generated from the OpenAPI description call their functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi.routing import APIRoute

from cms_core.http.exchange import Door

_DOORS = re.compile(r"/api/v1(/admin(?=/|$))?")


def operation_id(route: APIRoute) -> str:
    """Return ``posts_list`` for the function ``list_posts`` at ``/api/v1/posts``.

    First the tag and the words of the path, then those of the function that were not said yet,
    singular or plural; on the authoring door ``admin`` leads: ``admin_posts_revisions_restore``.
    """
    words = ["admin"] if getattr(route, "door", None) is Door.AUTHORING else []
    for word in _words(route):
        if word not in words and not any(_is_plural(said, word) for said in words):
            words.append(word)
    return "_".join(words)


def _is_plural(many: str, one: str) -> bool:
    return many in (one + "s", one + "es", one.removesuffix("y") + "ies")


def _words(route: APIRoute) -> Iterator[str]:
    tags = [str(tag) for tag in route.tags[:1]]
    segments = _DOORS.sub("", route.path_format, count=1).split("/")
    fixed = [re.sub(r"\{.*?\}", "", segment) for segment in segments]
    for text in (*tags, *fixed, route.name):
        yield from (word for word in re.split(r"[\W_]+", text.lower()) if word)
