"""Words that nobody may read: each is made once, and found again wherever it appears."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from campaigns.wire import Request

_WORD = re.compile(rb"canary[a-z]+[0-9]{5}[0-9a-f]{6}", re.IGNORECASE)


class Markers:
    """All secrets of a run, by where they are hidden."""

    def __init__(self) -> None:
        self._made = 0
        #: Secrets that were public before they were hidden: copies may lie about, but unreachable.
        self.once_public: set[bytes] = set()
        #: Secrets that are no words of ours, such as digests and tokens, and what they are.
        self.others: dict[bytes, str] = {}
        #: What clients have sent themselves: it may be told back to them, and logged.
        self.asked: set[bytes] = set()

    @property
    def made(self) -> int:
        """How many secrets there are."""
        return self._made + len(self.others)

    def word(self, kind: str) -> str:
        """Return a new secret word; `kind` (letters) says where it is hidden."""
        self._made += 1
        return f"canary{kind}{self._made:05}{secrets.token_hex(3)}"

    def in_answer(self, text: bytes, request: Request) -> set[bytes]:
        """The secrets in an answer which the client did not send itself."""
        return self._found(text) - self.learn(request)

    def in_store(self, text: bytes) -> set[bytes]:
        """The secrets in something kept that were never public, and that nobody asked for."""
        return self._found(text) - self.once_public - self.asked

    def learn(self, request: Request) -> set[bytes]:
        """Return the words in a request's target, which from now on may be logged."""
        sent = self.words(unquote_to_bytes(request.target))
        self.asked |= sent
        return sent

    def publish(self, words: Iterable[str]) -> None:
        """Note that readers may have seen these."""
        self.once_public |= {word.encode() for word in words}

    def _found(self, text: bytes) -> set[bytes]:
        told = {what.encode() for secret, what in self.others.items() if secret in text}
        return self.words(text) | told

    @staticmethod
    def words(text: bytes) -> set[bytes]:
        """Our words in a text."""
        return {word.lower() for word in _WORD.findall(text)}
