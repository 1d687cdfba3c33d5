"""``/``: where to go from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cms_core.http.exchange import Door
from cms_core.system.pages.layout import page
from cms_core.system.pages.markup import Html, element, prose
from cms_core.system.pages.reference import DOORS

_POSTS = "/api/v1/posts"
#: (title, the path that must be there, commands); shown as far as the installed plugins allow.
_STEPS = (
    (
        "Sign in",
        "/api/v1/auth/login",
        """\
TOKEN=$(curl -s {url}/api/v1/auth/login -H 'Content-Type: application/json' \\
  -d '{{"email": "you@example.org", "password": "…"}}' |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')""",
    ),
    (
        "Write a draft",
        "/api/v1/admin/posts",
        """\
curl {url}/api/v1/admin/posts -H "Authorization: Bearer $TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '{{"title": "Hello", "body": "My *first* post."}}'""",
    ),
    (
        "Publish it",
        "/api/v1/admin/posts/{id}/publish",
        """\
curl -X POST {url}/api/v1/admin/posts/ID/publish \\
  -H "Authorization: Bearer $TOKEN\"""",
    ),
    ("Read it", "/api/v1/posts/{slug}", "curl {url}/api/v1/posts/hello"),
)


def render_landing(schema: dict[str, Any]) -> Html:
    """Return the first page of the installation that the OpenAPI description is of."""
    present = {each["x-door"] for path in schema["paths"].values() for each in path.values()}
    doors = [
        element("div", element("h3", element("a", title, href=f"/docs#{door}")), prose(about))
        for door, (title, about) in DOORS.items()
        if door in present - {Door.ROOT}
    ]
    return page(
        "Welcome",
        element("h1", "The CMS is running"),
        element(
            "p",
            "Everything it does, it does through its API. Read ",
            element("a", "what the API offers", href="/docs"),
            ", also as ",
            element("a", "OpenAPI", href="/openapi.json"),
            ", and ",
            element("a", "what its problems mean", href="/problems"),
            ".",
        ),
        element("div", doors, class_="doors"),
        _recent(schema),
        element("h2", "From a terminal"),
        list(_steps(schema)),
    )


def _steps(schema: dict[str, Any]) -> Iterator[Html]:
    url = schema["servers"][0]["url"]
    for title, path, command in _STEPS:
        if path in schema["paths"]:
            yield element("h3", title)
            code = element("code", command.format(url=url).strip())
            yield element("pre", code, class_="copyable")


def _recent(schema: dict[str, Any]) -> Html | None:
    if _POSTS not in schema["paths"]:
        return None
    source = f"{_POSTS}?limit=5&fields=slug,title"
    return element(
        "section",
        element("h2", "Published last"),
        element("ul", data_recent=source),
        # The script fills the list and shows it.
        hidden=True,
    )
