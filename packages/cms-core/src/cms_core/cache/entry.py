"""A kept answer, and its form in Redis: it names its own key and proves that it is whole."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cms_core.cache.encodings import Variant, is_compressible

Headers = tuple[tuple[bytes, bytes], ...]
Generations = tuple[tuple[str, str | None], ...]

#: Bytes that an entry takes beside its body, roughly: objects, headers, its place in tables.
OVERHEAD = 2048
_DIGEST = 16
#: Changes whenever what follows it does: whoever finds another form finds nothing.
_FORM = b"cms-1\n"


@dataclass(slots=True, eq=False)
class Entry:
    """An answer and the generations that it was made from, in one snapshot of `instance`.

    `gens` are empty where nobody declared scopes: such an answer is never kept.
    """

    key: str
    status: int
    headers: Headers
    body: bytes
    gens: Generations = ()
    instance: str = ""
    #: The route that made it, and its plugin: for the log and the figures.
    template: str | None = None
    plugin: str = "core"
    #: What problems hold in place of the id of their request; empty in all other answers.
    stand_in: bytes = b""
    #: The last moment in which it was found current, and when (monotonic) that was asked for.
    mark: str = ""
    confirmed_at: float = float("-inf")
    #: Its ready forms by content coding.
    variants: dict[bytes, Variant] = field(default_factory=dict)
    compressible: bool = field(init=False)

    def __post_init__(self) -> None:
        kind = next((value for name, value in self.headers if name == b"content-type"), b"")
        self.compressible = not self.stand_in and is_compressible(kind, len(self.body))

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, roughly, with all its forms."""
        return OVERHEAD + len(self.body) + sum(len(each.body) for each in self.variants.values())

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it was read from."""
        return tuple(scope for scope, _ in self.gens)

    def agrees(self, gens: Mapping[str, str]) -> bool:
        """Whether all its generations are among these, the present ones."""
        return all(gens.get(scope) == gen for scope, gen in self.gens)


def pack(entry: Entry, secret: bytes) -> bytes:
    """Return the entry as bytes that nobody without the secret can make or change."""
    kept = {
        "key": entry.key,
        "status": entry.status,
        "headers": [
            [name.decode("latin-1"), value.decode("latin-1")] for name, value in entry.headers
        ],
        "gens": entry.gens,
        "instance": entry.instance,
        "template": entry.template,
        "plugin": entry.plugin,
        "stand_in": entry.stand_in.decode(),
    }
    content = json.dumps(kept).encode() + b"\n" + entry.body
    return _FORM + _digest(content, secret) + content


def unpack(packed: bytes, key: str, secret: bytes) -> Entry | None:
    """Return the entry of that key; None for anything else that may have come to its place."""
    start = len(_FORM) + _DIGEST
    content = packed[start:]
    if not packed.startswith(_FORM) or not hmac.compare_digest(
        packed[len(_FORM) : start], _digest(content, secret)
    ):
        return None
    head, _, body = content.partition(b"\n")
    kept: dict[str, Any] = json.loads(head)
    if kept["key"] != key:
        return None
    kept["headers"] = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in kept["headers"])
    kept["gens"] = tuple((scope, gen) for scope, gen in kept["gens"])
    kept["stand_in"] = kept["stand_in"].encode()
    return Entry(**kept, body=body)


def _digest(content: bytes, secret: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST, key=secret).digest()
