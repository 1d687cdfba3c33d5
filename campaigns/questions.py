"""Whatever readers may ask at the doors of published content, well-formed or not."""

from __future__ import annotations

import random
import secrets
from collections import deque
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from campaigns.histories import Names
from campaigns.wire import Answer, Request
from cms_core import new_id

#: How many targets are asked for again and again, and how often an old one is asked.
_REPEATED = 160
_AGAIN = 0.8
_POSTS = "/api/v1/posts"
_FIELDS = ("id", "slug", "title", "excerpt", "tags", "author", "body", "body_html", "updated_at")
_SORTS = ("published_at", "updated_at", "title", "slug", "name")
_ODD_TARGETS = (
    "/api/v1/posts%3Flimit=2", "/api/v1/posts%3ftag=art", "/feed.atom%3Ftag=art",
    "/api/v1/post%73", "/api/v1/posts/", "/api/v1//posts", "/api/v1/posts/%20", "/api/v1/posts/%FF",
    "/api/v1/posts/a%00b", "/api/v1/posts/a%2Fb", "/api/v1/tags/", "/sitemap-0.xml",
    "/sitemap-1.xml", "/sitemap-2.xml", "/sitemap-99999999999999999999.xml", "/feed.atom?",
    "/api/v1/posts?", "/api/v1/posts?&", "/api/v1/posts?=1", "/api/v1/posts?limit",
    "/openapi.json", "/docs", "/", "/problems", "/problems/not-found", "/API/V1/posts",
    "/api/v1/previews/x", "/api/v1/admin/posts",
)  # fmt: skip
# Tables stay as they are written (fmt: skip): a word to a line would hide what is there.
_ENCODINGS = (
    "gzip", "br", "identity", "gzip, br", "br;q=0.5, gzip;q=0.9", "gzip;q=0, br;q=0", "*", "*;q=0",
    "identity;q=1, *;q=0", "deflate", "br;q=abc", "gzip;q=0.001, identity;q=0", ",,", "GZIP", "",
)  # fmt: skip
_ODD_HEADERS = (
    ("Authorization", "Bearer x.y.z"), ("Cookie", "session=1; a=b"), ("Origin", "https://else.org"),
    ("Range", "bytes=0-1"), ("Cache-Control", "no-cache"), ("Pragma", "no-cache"),
    ("Accept", "text/html"), ("Accept-Language", "de"), ("X-Forwarded-Host", "else.org"),
    ("If-Modified-Since", "Mon, 01 Jan 2035 00:00:00 GMT"), ("If-Match", '"1"'), ("If-Match", "*"),
    ("X-HTTP-Method-Override", "DELETE"), ("Content-Type", "application/json"),
    ("Access-Control-Request-Method", "GET"), ("If-Range", '"x"'), ("Idempotency-Key", "a"),
    ("Connection", "close"),
    ("X-Long", "a" * 9000), ("Traceparent", f"00-{'0af7' * 8}-{'b7ad' * 4}-01"),
)  # fmt: skip


class Questions:
    """Makes requests about the names of a history; learns tags and cursors from the answers."""

    def __init__(self, chance: random.Random, names: Names) -> None:
        self._chance = chance
        self._names = names
        self._recent: deque[str] = deque(maxlen=_REPEATED)
        self._next_pages: deque[str] = deque(maxlen=40)
        self._tags: dict[str, deque[str]] = {}

    def ask(self) -> Request:
        """Return another request; a GET or HEAD with its own X-Request-Id."""
        chance = self._chance
        target = self._target()
        headers = [("X-Request-Id", secrets.token_hex(8))]
        if chance.random() < 0.35:
            headers.append(("Accept-Encoding", chance.choice(_ENCODINGS)))
        if chance.random() < 0.3:
            headers.append(("If-None-Match", self._conditions(target)))
        if chance.random() < 0.1:
            headers.append(chance.choice(_ODD_HEADERS))
        method = "HEAD" if chance.random() < 0.1 else "GET"
        body = b"{}" if method == "GET" and chance.random() < 0.01 else b""
        return Request(target, tuple(headers), method, body)

    def learn(self, request: Request, answer: Answer) -> None:
        """Keep what may be asked with later."""
        if tag := answer.header("etag"):
            self._tags.setdefault(request.target, deque(maxlen=4)).append(tag)
        link = answer.header("link")
        if link.startswith("<http://test/") and 'rel="next"' in link:
            self._next_pages.append(link[len("<http://test") : link.index(">")])

    def _target(self) -> str:
        if self._recent and self._chance.random() < _AGAIN:
            return self._chance.choice(self._recent)
        made = {
            self._post: 34, self._list: 34, self._tag_list: 8, self._feed: 8, self._sitemap: 3,
            self._next_page: 6, self._odd: 7,
        }  # fmt: skip
        (make,) = self._chance.choices(list(made), list(made.values()))
        target = make()
        self._recent.append(target)
        return target

    def _post(self) -> str:
        chance, names = self._chance, self._names
        name = chance.choice([*names.slugs[-60:], *names.ids[-20:]])
        unknown = (f"free-{chance.randint(1, 40)}", str(new_id()), "No Slug", "x" * 300, "é")
        if chance.random() < 0.2:
            name = chance.choice(unknown)
        if chance.random() < 0.1:
            name = name.upper()
        query = self._query([("fields", "id"), ("x", "")], 0.05)
        return f"{_POSTS}/{quote(name)}{query}"

    def _list(self) -> str:
        chance = self._chance
        pairs = [self._filter() for _ in range(chance.choice((0, 1, 1, 1, 2, 3)))]
        pairs += [self._paging(_SORTS[:3]) for _ in range(chance.choice((0, 0, 1, 2)))]
        chance.shuffle(pairs)
        return f"{_POSTS}{self._query(pairs, 1)}"

    def _tag_list(self) -> str:
        pairs = [self._paging(_SORTS[3:]) for _ in range(self._chance.choice((0, 1, 2)))]
        return f"/api/v1/tags{self._query(pairs, 1)}"

    def _feed(self) -> str:
        return f"/feed.atom{self._query([('tag', self._tag())], 0.7)}"

    def _sitemap(self) -> str:
        return f"/sitemap.xml{self._query([('x', '1')], 0.1)}"

    def _next_page(self) -> str:
        if not self._next_pages:
            return self._list()
        page = self._chance.choice(self._next_pages)
        spoiled = page[:-3] + "AAA"
        return spoiled if self._chance.random() < 0.1 else page

    def _odd(self) -> str:
        return self._chance.choice(_ODD_TARGETS)

    def _tag(self) -> str:
        unknown = ("nobody", "", "Art", "a b", "-", "\0")
        return self._chance.choice([*self._names.tags[-30:], self._chance.choice(unknown)])

    def _filter(self) -> tuple[str, str]:
        chance = self._chance
        name = chance.choice(
            ("tag", "tag", "author", "month", "published_after", "published_before")
        )
        if name == "tag":
            return name, self._tag()
        if name == "author":
            return name, str(chance.choice([*self._names.authors, "nobody", new_id()]))
        if name == "month":
            return name, chance.choice(("2026-11", "2026-12", "2026-10", "2026-13", "1999-01", ""))
        day = f"2026-{chance.randint(6, 12):02}-01T00:00:00"
        return name, day + chance.choice(("Z", "+02:00", "", "z"))

    def _paging(self, sorts: Sequence[str]) -> tuple[str, str]:
        chance = self._chance
        return chance.choice(
            [
                ("limit", chance.choice(("1", "2", "5", "100", "0", "101", "x", "", "1.0", " 2"))),
                ("sort", chance.choice(("", "-")) + chance.choice(sorts)),
                ("fields", ",".join(chance.sample(_FIELDS, chance.randint(1, 4)))),
                ("fields", chance.choice(("", "nothing", "slug,,slug", "name"))),
                ("count", chance.choice(("exact", "estimated", "none", "all"))),
                ("cursor", chance.choice(("", "x", "AAAA.BBBB"))),
                ("unknown", "1"),
            ]
        )

    def _query(self, pairs: Sequence[tuple[str, str]], often: float) -> str:
        """A query string in one of the many forms that mean the same, or nearly so."""
        chance = self._chance
        if not pairs or chance.random() >= often:
            return ""
        query = urlencode(list(pairs))
        if chance.random() < 0.15:
            changes = (
                lambda text: text + "&", lambda text: "&" + text, lambda text: text + "&" + text,
                lambda text: text.replace("a", "%61"), lambda text: text.replace("=", "%3D", 1),
                lambda text: text + "&limit=", lambda text: text + "%FF", lambda text: text.upper(),
                lambda text: text + "+", lambda text: text.replace("&", ";"),
            )  # fmt: skip
            query = chance.choice(changes)(query)
        return f"?{query}"

    def _conditions(self, target: str) -> str:
        known = list(self._tags.get(target, ()))
        own = self._chance.choice(known) if known else '"none"'
        bare = own.replace("-gzip", "").replace("-br", "")
        return self._chance.choice(
            (own, own, own, bare, f"W/{own}", f'"a", {own}, W/"b"', "*", f"{own},", own.strip('"'),
             '"a"', "", '"a', f"{own} {own}", " * ")
        )  # fmt: skip
