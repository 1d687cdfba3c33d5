"""WordPress keeps footnotes beside the content, as JSON in the post's meta."""

import json
from html import escape


def footnote_list(meta: str) -> str:
    """The list of footnotes that the references in the content point to; empty without any.

    `meta` is a JSON array of objects with an `id` and HTML as `content`; all else is ignored.
    """
    try:
        notes = json.loads(meta)
    except (ValueError, RecursionError):
        return ""
    notes = notes if isinstance(notes, list) else []
    items = [_item(note) for note in notes if isinstance(note, dict)]
    return f'<ol class="wp-block-footnotes">{"".join(items)}</ol>' if items else ""


def _item(note: dict[str, object]) -> str:
    anchor = escape(str(note.get("id", "")))
    back = f'<a href="#{anchor}-link">\u21a9\ufe0e</a>'
    return f'<li id="{anchor}">{note.get("content", "")} {back}</li>'
