"""The frame of every page, and the policy that keeps anything else out of it."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from fastapi import Response

from cms_core.system.pages.markup import Child, Html, element, join

_PAGES = {"/": "CMS", "/docs": "API", "/problems": "Problems", "/openapi.json": "OpenAPI"}


def _asset(name: str) -> Html:
    return Html(files(__package__).joinpath(name).read_text())


_STYLE = _asset("style.css")
_SCRIPT = _asset("script.js")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src {_hash(_STYLE)}",
        f"script-src {_hash(_SCRIPT)}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def page(title: str, *content: Child, sidebar: Child = None) -> Html:
    """Return a whole page."""
    links = [element("a", text, href=path) for path, text in _PAGES.items()]
    return join(
        Html("<!doctype html>\n"),
        element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                element("title", f"{title} · CMS"),
                element("style", _STYLE),
            ),
            element(
                "body",
                element("header", element("nav", links, aria_label="Pages")),
                element("div", sidebar and element("aside", sidebar), element("main", *content)),
                element("script", _SCRIPT),
            ),
            lang="en",
        ),
    )


def html(content: Html) -> Response:
    """Return the page as an answer."""
    return Response(content, media_type="text/html", headers=_HEADERS)
