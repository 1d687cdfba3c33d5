"""What is uploaded, who uploads it, and how it is asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import NAMESPACE_DNS, UUID, uuid5

from campaigns.wire import Headers, Request
from cms_core import CMS, Principal
from cms_core.testing.testkit import TestAuthenticator

MEDIA = "/api/v1/admin/media"

_LETTERS = bytes(b"etaoin shrdlu, cmfwyp vbgkqjxz.\n"[each % 32] for each in range(256))


def text(chance: random.Random, size: int) -> bytes:
    """Words of so many bytes, in UTF-8, some characters of which take two."""
    return chance.randbytes(size).translate(_LETTERS).replace(b"ae", "ä".encode())


def any_size(chance: random.Random, largest: int) -> int:
    """A size of 1 byte at least; small ones are as likely as large ones."""
    return min(int(largest ** chance.random()), largest)


def new_name(chance: random.Random) -> UUID:
    """An id for a file."""
    return UUID(bytes=chance.randbytes(16), version=4)


def sign_in(cms: CMS, name: str, *permissions: str) -> Headers:
    """The headers of somebody with these permissions, without any with all.

    Known to processes that are forked later.
    """
    found = cms.contributions.authenticators
    authenticator = next(each for each in found if isinstance(each, TestAuthenticator))
    granted = frozenset(permissions or cms.contributions.permissions)
    headers = authenticator.sign_in(Principal(uuid5(NAMESPACE_DNS, name), name, granted))
    return tuple(headers.items())


def put(id: UUID, content: bytes, headers: Headers) -> Request:
    """The request that uploads a text."""
    return Request(f"{MEDIA}/{id}/words.txt", headers, "PUT", content)


class Contents:
    """New texts: mostly small, some of them large, and now and then one that others have too."""

    def __init__(self, chance: random.Random, small: int, large: Sequence[int]) -> None:
        self._chance = chance
        self._small = small
        self._large = [text(chance, size) for size in large]
        self._shared = [text(chance, any_size(chance, small)) for _ in range(10)]

    def new(self) -> bytes:
        """The next one."""
        drawn = self._chance.random()
        if drawn < 0.15 and self._large:
            return text(self._chance, 64) + self._chance.choice(self._large)
        if drawn < 0.25:
            return self._chance.choice(self._shared)
        return text(self._chance, any_size(self._chance, self._small))
