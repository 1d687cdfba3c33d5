"""The names of objects, safe as paths and in addresses."""

import re

#: The folder of what is not, or not yet, an object; no key begins with it.
INCOMING = "incoming"

_SEGMENT = r"[a-z0-9_-][a-z0-9._-]*"
_KEY = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")


def is_key(text: str) -> bool:
    """Whether `checked_key` accepts it."""
    return bool(_KEY.fullmatch(text)) and text.split("/", maxsplit=1)[0] != INCOMING


def checked_key(key: str) -> str:
    """Return the key.

    Raises `ValueError` unless it is made of segments of ``a-z 0-9 . _ -``, none of which begins
    with a dot, and is outside of the folder `INCOMING`.
    """
    if not is_key(key):
        raise ValueError(f"This is no key of an object: {key!r}.")
    return key


def checked_prefix(prefix: str) -> str:
    """Return the prefix without its last slash; raises `ValueError` unless empty or a key."""
    return checked_key(prefix.removesuffix("/")) if prefix else prefix
