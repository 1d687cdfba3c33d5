"""WordPress shortcodes, such as ``[caption]`` and ``[gallery]``, as HTML."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape, unescape

_SHORTCODE = re.compile(
    r"\[(?P<escaped>\[/?[a-zA-Z][^\[\]]*\])\]"
    r"|\[(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)(?P<attributes>(?:\s[^\[\]]*)?)\]"
)
_ATTRIBUTE = re.compile(r"""(?<![\w-])([\w-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"']+))""")
_ADDRESS = re.compile(r"""https?://[^\s"'\[\]<>|]+""")
_IMAGE = re.compile(r"\s*((?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?)")


@dataclass(frozen=True, slots=True)
class _Shortcode:
    name: str
    attributes: str
    inner: str
    #: Addresses of files by their WordPress ids.
    attachments: Mapping[str, str]

    def attribute(self, name: str) -> str:
        for found in _ATTRIBUTE.finditer(self.attributes):
            if found[1].lower() == name:
                return found[2] or found[3] or found[4] or ""
        return ""

    def address(self) -> str | None:
        found = _ADDRESS.search(self.inner) or _ADDRESS.search(self.attributes)
        return escape(unescape(found[0])) if found else None


def expand(text: str, attachments: Mapping[str, str], changes: Counter[str]) -> str:
    """Replace the shortcodes whose meaning HTML can hold and drop those it can't.

    What is not known is kept as it is written: brackets are ordinary text, too. `changes` counts
    what was replaced and dropped.
    """
    tags = list(_SHORTCODE.finditer(text))
    output: list[str] = []
    done = 0
    for tag, end in zip(tags, _ends(tags), strict=True):
        if tag.start() < done:
            continue
        output.append(text[done : tag.start()])
        done = tag.end()
        name = (tag["name"] or "").lower()
        if tag["escaped"]:
            output.append(tag["escaped"])
        elif name not in _MEANINGS:
            output.append(tag[0])
        elif not tag["end"]:
            inner = text[tag.end() : end.start()] if end else ""
            done = end.end() if end else done
            output.append(
                _replace(_Shortcode(name, tag["attributes"], inner, attachments), changes)
            )
    output.append(text[done:])
    return "".join(output)


def _ends(tags: list[re.Match[str]]) -> list[re.Match[str] | None]:
    """For each tag the next one of its name, if that is an end tag."""
    ends: list[re.Match[str] | None] = []
    following: dict[str, re.Match[str]] = {}
    for tag in reversed(tags):
        name = (tag["name"] or "").lower()
        next_tag = following.get(name)
        ends.append(next_tag if next_tag and next_tag["end"] else None)
        following[name] = tag
    return ends[::-1]


def _replace(shortcode: _Shortcode, changes: Counter[str]) -> str:
    change, meaning = _MEANINGS[shortcode.name]
    html = meaning(shortcode)
    changes[f"[{shortcode.name}] {change if html else 'dropped'}"] += 1
    return html


def _figure(shortcode: _Shortcode) -> str:
    image = _IMAGE.match(shortcode.inner)
    media = image[1] if image else shortcode.inner
    rest = shortcode.inner[image.end() :] if image else ""
    legend = (shortcode.attribute("caption") or rest).strip()
    caption = f"<figcaption>{legend}</figcaption>" if legend else ""
    align = shortcode.attribute("align")
    start = f'<figure class="{escape(align)}">' if align else "<figure>"
    return f"\n\n{start}{media.strip()}{caption}</figure>\n\n"


def _gallery(shortcode: _Shortcode) -> str:
    ids = (shortcode.attribute("ids") or shortcode.attribute("include")).split(",")
    found = [shortcode.attachments.get(id.strip()) for id in ids]
    images = "".join(f'<img src="{escape(address)}" alt="">' for address in found if address)
    return f'\n\n<figure class="gallery">{images}</figure>\n\n' if images else ""


def _link(shortcode: _Shortcode) -> str:
    address = shortcode.address()
    return f'<a href="{address}">{address}</a>' if address else ""


def _player(shortcode: _Shortcode) -> str:
    address = shortcode.address()
    name = shortcode.name
    return f'\n\n<{name} controls src="{address}"></{name}>\n\n' if address else ""


def _nothing(_: _Shortcode) -> str:
    """What WordPress or a plugin puts in its place can't be known outside of the site."""
    return ""


_LINKS = ("embed", "facebook", "instagram", "soundcloud", "spotify", "ted", "tweet", "vimeo")
_UNKNOWABLE = ("archives", "contact-field", "contact-form", "contact-form-7", "playlist")
_MEANINGS: dict[str, tuple[str, Callable[[_Shortcode], str]]] = {
    **dict.fromkeys(("caption", "wp_caption"), ("made a figure", _figure)),
    **dict.fromkeys((*_LINKS, "wpvideo", "youtube"), ("made a link", _link)),
    **dict.fromkeys(("audio", "video"), ("made a player", _player)),
    **dict.fromkeys((*_UNKNOWABLE, "polldaddy", "slideshow", "wpforms"), ("dropped", _nothing)),
    "gallery": ("made a figure", _gallery),
}
