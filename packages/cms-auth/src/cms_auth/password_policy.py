"""Which passwords may be chosen: long ones that nobody would guess first.

There are no composition rules. Length counts Unicode code points after composition (NFC), so that
an accented letter is one, however it was typed. Refused as common is what can be put together from
at most two words of ``common_words.txt`` or parts of ``keyboard_walks.txt``, each possibly repeated
or with digits for letters, and a date or as many signs before, between and after. That is what
guessing programs try first, and far more than any list of passwords could hold.
"""

import asyncio
import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise

from cms_auth.errors import (
    PasswordCommon,
    PasswordNamesAccount,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnusable,
)
from cms_auth.passwords import MAX_RAW_LENGTH, PasswordHasher

MIN_LENGTH = 12
MAX_LENGTH = 128

_FEWEST_CHARACTERS = 5
_LONGEST_WORD = 28
_LONGEST_COMMON = 90  # two words with signs around them
_SIGNS = re.compile(r"[\W\d_]+")
_MOST_DIGITS = 8  # a date
_MOST_SIGNS = 11

# Digits for letters, and Russian words typed with the keyboard switched to Latin.
_SPELLINGS = [
    str.maketrans("013457@$!8", "oieastasib"),
    str.maketrans("013457@$!8", "oleastaslb"),
    str.maketrans("qwertyuiop[]asdfghjkl;'zxcvbnm,.", "йцукенгшщзхъфывапролджэячсмитьбю"),
]


def check_password(password: str, *, email: str, name: str) -> None:
    """Raise the `WeakPassword` that says why the owner of this account may not choose it."""
    if len(password) > MAX_RAW_LENGTH:
        raise PasswordTooLong
    composed = unicodedata.normalize("NFC", password)
    if any(char == "\0" or unicodedata.category(char) == "Cs" for char in composed):
        raise PasswordUnusable
    if len(composed) < MIN_LENGTH:
        raise PasswordTooShort
    if len(composed) > MAX_LENGTH:
        raise PasswordTooLong
    text = composed.casefold()
    if _is_common(text):
        raise PasswordCommon
    if any(word in spelling for word in _words_of(email, name) for spelling in _spellings(text)):
        raise PasswordNamesAccount


async def hash_new_password(hasher: PasswordHasher, password: str, *, email: str, name: str) -> str:
    """Return the digest of a password that may be chosen. Raises `WeakPassword`."""
    await asyncio.to_thread(check_password, password, email=email, name=name)
    return await hasher.hash(password)


def _is_common(text: str) -> bool:
    if len(set(text)) < _FEWEST_CHARACTERS or _is_sequence(text):
        return True
    once = re.sub(r"(.{2,}?)\1+", r"\1", text, flags=re.DOTALL)
    squeezed = re.sub(r"(.)\1+", r"\1", once, flags=re.DOTALL)
    return _words_needed(once) <= 2 or _words_needed(squeezed) <= 2


def _is_sequence(text: str) -> bool:
    """Tell whether neighbours have one and the same distance, as in abcdef, acegik, ffffff."""
    return len({ord(b) - ord(a) for a, b in pairwise(text)}) == 1


def _words_needed(text: str) -> float:
    """Return how few known words make up the text, counting up to three odd letters as a word.

    Signs are free. Infinity means that it can't be done.
    """
    if len(text) > _LONGEST_COMMON:
        return float("inf")
    spellings = _spellings(text)
    free = {run.end(): run.start() for run in _SIGNS.finditer(text) if _is_free(run[0])}
    needed = [0.0] + [float("inf")] * len(text)
    for end in range(1, len(text) + 1):
        if end in free:
            needed[end] = needed[free[end]]
        for size in range(1, min(_LONGEST_WORD, end) + 1):
            piece = slice(end - size, end)
            if size <= 3 or any(spelling[piece] in _known_words() for spelling in spellings):
                price = 0 if _SIGNS.fullmatch(text[piece]) and size > 3 else 1
                needed[end] = min(needed[end], needed[end - size] + price)
    return needed[-1]


def _is_free(signs: str) -> bool:
    return len(signs) <= _MOST_SIGNS and sum(map(str.isdigit, signs)) <= _MOST_DIGITS


def _spellings(text: str) -> list[str]:
    return [text, *(text.translate(table) for table in _SPELLINGS)]


def _words_of(email: str, name: str) -> set[str]:
    """The parts of an account's name and address that are long enough to be recognised."""
    local, _, _ = email.rpartition("@")
    return {word for word in re.split(r"[\W_]+", f"{local} {name}".casefold()) if len(word) > 3}


@cache
def _known_words() -> frozenset[str]:
    walks = (
        walk[start:end]
        for line in _listed("keyboard_walks.txt")
        for walk in (line, line[::-1])
        for start in range(len(walk))
        for end in range(start + 3, len(walk) + 1)
    )
    return frozenset([*_listed("common_words.txt"), *walks])


def _listed(name: str) -> list[str]:
    return files("cms_auth").joinpath(name).read_text("utf-8").split()
