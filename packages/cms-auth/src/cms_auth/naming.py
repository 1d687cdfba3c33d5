"""How accounts are named: e-mail addresses to sign in with, and names to be shown."""

import re
import unicodedata

MAX_EMAIL = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets
MAX_NAME = 200

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*")


def normalise_email(text: str) -> str:
    """Return the one way in which an address is stored and looked up.

    Composed (NFC) and in lower case throughout, without spaces around it. The local part too: no
    provider of today tells two mailboxes apart by case, but people and keyboards vary it.
    """
    composed = unicodedata.normalize("NFC", text.strip())
    return unicodedata.normalize("NFC", composed.lower())


def parse_email(text: str) -> str:
    """Return a normalised address. Raises `ValueError` for what can't be one."""
    email = normalise_email(text)
    if len(email) > MAX_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise ValueError("not an e-mail address")
    return email


def parse_name(text: str) -> str:
    """Return a name, composed (NFC). Raises `ValueError` unless it is a line of 1 to 200 signs."""
    name = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError(f"1 to {MAX_NAME} characters")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
        raise ValueError("holds a control character")
    return name
