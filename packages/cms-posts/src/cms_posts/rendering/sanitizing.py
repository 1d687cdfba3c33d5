"""What markup a post may carry, enforced by nh3 (ammonia) on every body, whoever wrote it."""

import re
from collections.abc import Callable

import nh3

from cms_posts.rendering.balancing import balanced

ID_PREFIX = "user-content-"
URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
ELEMENTS = frozenset(
    {"a", "abbr", "acronym", "address", "article", "aside", "audio", "b", "bdi", "bdo", "big"}
    | {"blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "data", "dd"}
    | {"del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer", "h1"}
    | {"h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "img", "ins", "kbd", "li"}
    | {"main", "mark", "nav", "ol", "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp"}
    | {"section", "small", "source", "span", "strike", "strong", "sub", "summary", "sup", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "time", "tr", "track", "tt", "u", "ul", "var"}
    | {"video", "wbr"}
)
_PLAYER = {"controls", "height", "loop", "muted", "preload", "src", "width"}
_CELL = {"abbr", "colspan", "rowspan", "scope"}
_ATTRIBUTES = {
    "*": {"aria-hidden", "aria-label", "class", "dir", "id", "lang", "title"},
    "a": {"href", "hreflang", "name"},
    "audio": _PLAYER,
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "data": {"value"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "decoding", "height", "loading", "sizes", "src", "srcset", "width"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "source": {"height", "media", "sizes", "src", "srcset", "type", "width"},
    "td": _CELL,
    "th": _CELL,
    "time": {"datetime"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": _PLAYER | {"playsinline", "poster"},
}
_ALIGNMENTS = {"align": {"left", "center", "right", "justify"}}
_VALUES = dict.fromkeys(("col", "colgroup", "tbody", "td", "tfoot", "th", "thead"), _ALIGNMENTS)

_MAX_PASSES = 8
_MAX_CLASSES = 30
_CLASS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ID = re.compile(r"[\w.:-]{1,128}")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_IGNORED_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


def sanitize(html: str) -> str:
    """`html` without anything that runs, loads or styles beyond what the lists above allow.

    Sanitising the result again changes nothing. Raises `BodyTooComplex`.
    """
    for _ in range(_MAX_PASSES):
        before, html = html, _CLEANER.clean(balanced(html, ELEMENTS))
        if html == before:
            break
    return html


def _acceptable_url(value: str) -> str | None:
    url = _IGNORED_IN_URLS.sub("", value)
    scheme = _SCHEME.match(url)
    return value if scheme is None or scheme[1].lower() in URL_SCHEMES else None


def _acceptable_link(value: str) -> str | None:
    if value.startswith("#") and len(value) > 1:
        anchor = _acceptable_id(value[1:])
        return anchor and f"#{anchor}"
    return _acceptable_url(value)


def _acceptable_sources(value: str) -> str | None:
    candidates = [part.strip() for part in value.split(",")]
    return value if all(map(_acceptable_url, candidates)) else None


def _acceptable_classes(value: str) -> str | None:
    return " ".join(filter(_CLASS.fullmatch, value.split()[:_MAX_CLASSES])) or None


def _acceptable_id(value: str) -> str | None:
    """Prefixed: an id or name of an element is a global variable of the page that shows it."""
    if not _ID.fullmatch(value):
        return None
    return value if value.startswith(ID_PREFIX) else ID_PREFIX + value


_RULES: dict[str, Callable[[str], str | None]] = {
    "class": _acceptable_classes,
    "cite": _acceptable_url,
    "href": _acceptable_link,
    "id": _acceptable_id,
    "name": _acceptable_id,
    "poster": _acceptable_url,
    "src": _acceptable_url,
    "srcset": _acceptable_sources,
}


def _filter_attribute(_element: str, attribute: str, value: str) -> str | None:
    rule = _RULES.get(attribute)
    return rule(value) if rule else value


_CLEANER = nh3.Cleaner(
    tags=ELEMENTS,
    attributes=_ATTRIBUTES,
    tag_attribute_values={**_VALUES, "a": {"target": {"_blank"}}},
    attribute_filter=_filter_attribute,
    url_schemes=URL_SCHEMES,
    link_rel="noopener",
)
