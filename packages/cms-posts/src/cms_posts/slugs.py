"""Slugs: the readable, unique part of a post's address."""

import re
import secrets
from collections.abc import Callable, Iterator

from anyascii import anyascii

MAX_LENGTH = 100
FALLBACK = "post"
NUMBERED = 20

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_APOSTROPHES = re.compile(r"['`\u2018\u2019\u02bc]")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_HEX_DIGITS_OF_A_UUID = re.compile(r"[0-9a-f]{32}")


def slugify(text: str, *, max_length: int = MAX_LENGTH) -> str:
    """The slug of a title in any script, at most `max_length` (>= 4) characters long.

    Letters are transliterated, emoji become their names. What has no letters, digits or named
    symbols at all becomes `FALLBACK`. The result always satisfies `is_slug`.
    """
    ascii_text = anyascii(_APOSTROPHES.sub("", text)).lower()
    words = _SEPARATORS.sub("-", _APOSTROPHES.sub("", ascii_text)).strip("-")
    return _unlike_an_id(_shorten(words, max_length) or FALLBACK, max_length)


def is_slug(text: str) -> bool:
    """Whether a client may give `text` as a slug.

    Lower-case ASCII letters and digits, joined by single hyphens, 1 to `MAX_LENGTH` characters,
    and nothing that could be read as a UUID: a post's address takes slugs and ids alike.
    """
    return (
        len(text) <= MAX_LENGTH and _SLUG.fullmatch(text) is not None and not _is_like_an_id(text)
    )


def with_suffix(slug: str, suffix: int | str, *, max_length: int = MAX_LENGTH) -> str:
    """`slug-suffix`, the slug shortened so that the whole keeps to `max_length`."""
    tail = f"-{suffix}"
    return _unlike_an_id(slug[: max_length - len(tail)].rstrip("-") + tail, max_length)


def candidates(
    slug: str, *, token: Callable[[], str] = lambda: secrets.token_hex(4)
) -> Iterator[str]:
    """Names to try in turn for a post that would like `slug`; never ends.

    First the slug itself, then `slug-2` up to `slug-20`, then random suffixes: many authors who
    race for one name must not walk the same long row of taken numbers.
    """
    yield slug
    for number in range(2, NUMBERED + 1):
        yield with_suffix(slug, number)
    while True:
        yield with_suffix(slug, token())


def _shorten(words: str, max_length: int) -> str:
    if len(words) <= max_length:
        return words
    whole_words = words[: max_length + 1].rpartition("-")[0]
    return whole_words if len(whole_words) >= max_length // 2 else words[:max_length].rstrip("-")


def _is_like_an_id(slug: str) -> bool:
    return _HEX_DIGITS_OF_A_UUID.fullmatch(slug.replace("-", "")) is not None


def _unlike_an_id(slug: str, max_length: int) -> str:
    if not _is_like_an_id(slug):
        return slug
    return f"{FALLBACK}-{slug}"[:max_length].rstrip("-")
