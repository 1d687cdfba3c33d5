"""Addresses of a WordPress site's files in bodies, and those that the files have now."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import unquote, urljoin, urlsplit

from cms_posts.rendering.markup import Kind, attributes, tokens

_SINGLE = ("href", "poster", "src")
_ATTRIBUTE = re.compile(r' (href|poster|sizes|src|srcset)="[^"]*"')
#: An address in `srcset`, and what is said of it.
_SOURCE = re.compile(r"([^\s,](?:\S*[^\s,])?)([^,]*)")
#: What WordPress adds to the name of a picture that it made of another.
_VARIANT = re.compile(r"-(?:\d+x\d+|scaled|rotated)(?=\.\w+\Z)")
_LARGEST = re.compile(r"-(?:scaled|rotated)(?=\.\w+\Z)")


class Addresses:
    """Where the files of a site were, and where they are now.

    Scheme, query and a leading `www.` make no difference, and the sizes that WordPress has made of
    a picture are that picture.
    """

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    def add(self, old: str, new: str) -> None:
        """Note where a file is now."""
        name = _name(old)
        # `https://site.example/?attachment_id=7` would stand for the front page.
        if name is None or urlsplit(old).query:
            return
        self._now[name] = new
        # Smaller sizes are named after the picture from which WordPress made the largest.
        self._now.setdefault(_LARGEST.sub("", name), new)

    def now(self, address: str, site: str = "") -> str | None:
        """Return where the file is that had this address on the site; None for all else."""
        name = _name(address, site)
        if name is None:
            return None
        return self._now.get(name) or self._now.get(_VARIANT.sub("", name))

    def rewritten(self, html: str, site: str = "") -> str:
        """Return sanitised HTML that leads to the files where they are now."""
        if not self._now:
            return html
        return "".join(
            self._tag(token.text, site) if token.kind is Kind.START else token.text
            for token in tokens(html)
        )

    def _tag(self, tag: str, site: str) -> str:
        given = dict(attributes(tag))
        new = {name: now for name in _SINGLE if (now := self.now(given.get(name, ""), site))}
        if sources := self._sources(given.get("srcset", ""), site):
            # All of its sizes are one file now.
            new |= {"srcset": "", "sizes": ""} if "src" in new else {"srcset": sources}

        def replaced(attribute: re.Match[str]) -> str:
            value = new.get(attribute[1])
            if value is None:
                return attribute[0]
            return f' {attribute[1]}="{escape(value)}"' if value else ""

        return _ATTRIBUTE.sub(replaced, tag) if new else tag

    def _sources(self, srcset: str, site: str) -> str:
        """`srcset` with every file once; empty where none of them has another address now."""
        said: dict[str, str] = {}
        has_moved = False
        for address, descriptor in _SOURCE.findall(srcset):
            now = self.now(address, site)
            has_moved |= now is not None
            said.setdefault(now or address, descriptor.rstrip())
        return ", ".join(map("".join, said.items())) if has_moved else ""


def _name(address: str, site: str = "") -> str | None:
    """What an address says of its file beyond doubt: the host and the path."""
    try:
        parts = urlsplit(urljoin(site, address.strip()))
    except ValueError:
        return None
    names_a_file = parts.netloc and parts.path and not parts.path.endswith("/")
    if parts.scheme not in ("", "http", "https") or not names_a_file:
        return None
    return parts.netloc.lower().removeprefix("www.") + unquote(parts.path)
