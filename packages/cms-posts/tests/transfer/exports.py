"""Exports of a WordPress site, made of single items."""

from __future__ import annotations

from html import escape

SITE = "https://harbour.example"
UPLOADS = f"{SITE}/wp-content/uploads"
_HEAD = f"""<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:excerpt="https://wordpress.org/export/1.2/excerpt/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="https://wordpress.org/export/1.2/">
<channel><title>Harbour</title><link>{SITE}</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:author><wp:author_login>ada</wp:author_login>
<wp:author_display_name>Ada Lovelace</wp:author_display_name></wp:author>
"""


def export_of(*items: str) -> bytes:
    """The file that WordPress would write."""
    return f"{_HEAD}{''.join(items)}</channel></rss>".encode()


def post(number: int, content: str, thumbnail: int | None = None) -> str:
    """A published post, called after its number."""
    meta = {} if thumbnail is None else {"_thumbnail_id": str(thumbnail)}
    return _item(number, "post", "publish", {"content:encoded": content, "title": "Post"}, meta)


def attachment(number: int, place: str, **said: str) -> str:
    """A file: `title`, `caption`, `alt`, and what else is `said` of it."""
    meta = {"_wp_attached_file": place, "_wp_attachment_image_alt": said.pop("alt", "")}
    fields = {
        "title": said.pop("title", place.rpartition("/")[2].partition(".")[0]),
        "excerpt:encoded": said.pop("caption", ""),
        "wp:attachment_url": f"{UPLOADS}/{place}",
    }
    return _item(number, "attachment", "inherit", fields | said, meta)


def _item(number: int, kind: str, status: str, fields: dict[str, str], meta: dict[str, str]) -> str:
    fields |= {
        "dc:creator": "ada",
        "guid": f"{SITE}/?p={number}",
        "wp:post_id": str(number),
        "wp:post_date_gmt": "2020-05-06 07:08:09",
        "wp:post_modified_gmt": "2021-06-07 08:09:10",
        "wp:post_name": f"item-{number}",
        "wp:post_type": kind,
        "wp:status": status,
    }
    noted = "".join(
        f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key>"
        f"<wp:meta_value>{escape(value)}</wp:meta_value></wp:postmeta>"
        for key, value in meta.items()
    )
    written = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<item>{written}{noted}</item>\n"
