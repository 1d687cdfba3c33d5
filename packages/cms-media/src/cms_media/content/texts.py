"""Plain text and CSV, told from markup, scripts and everything that is no text."""

import codecs
import re

# All of category Cc but tab, line feed, form feed and carriage return.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# `text/plain` with `nosniff` never becomes a page; this is for whatever saves and opens the file.
_MARKUP = re.compile(
    r"\s*<|.*?<(?:!doctype|\?php|\?xml|html|script|svg)", re.DOTALL | re.IGNORECASE
)


def sniff_text(head: bytes, name: str, *, cut: bool) -> str | None:
    """Return `text/csv` or `text/plain`; None unless it is UTF-8 without controls or markup.

    `name` is the file's, in lower case. `cut` is whether the file goes on after `head`: then its
    last character may be incomplete.
    """
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=not cut)
    except UnicodeDecodeError:
        return None
    text = text.removeprefix("\ufeff")
    if not text or _CONTROL.search(text) or _MARKUP.match(text) or text.startswith("#!"):
        return None
    return "text/csv" if name.endswith(".csv") else "text/plain"
