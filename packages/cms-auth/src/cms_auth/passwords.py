"""Passwords kept as Argon2id digests, computed beside the event loop."""

import asyncio
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

T = TypeVar("T")

#: No password is longer than this many code points before normalisation, which may shrink it.
MAX_RAW_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What one digest costs: KiB of memory, passes over it, and lanes.

    The default exceeds the least that OWASP's password storage cheat sheet asks of Argon2id
    (19 MiB, 2 passes, 1 lane).
    """

    memory: int = 32 * 1024
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password is right, and the digest to store from now on if the old one is weak."""

    ok: bool
    new_digest: str | None = None


class PasswordHasher:
    """Makes and checks digests in `threads` threads of its own; further calls wait their turn.

    So a rush of sign-ins takes that many cores and that many times the memory of one digest, and
    the event loop goes on. Passwords are compared in Unicode's composed form (NFC): the same
    characters typed on another keyboard are the same password.
    """

    def __init__(self, cost: Argon2Cost | None = None, *, threads: int = 2) -> None:
        cost = cost or Argon2Cost()
        self._hashes = PasswordHash([Argon2Hasher(cost.passes, cost.memory, cost.lanes)])
        self._unmatched = _unmatched_digest(cost)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")

    async def hash(self, password: str) -> str:
        """Return a digest to store; raises `ValueError` for text that is no Unicode."""
        encoded = _encode(password)
        return await self._run(lambda: self._hashes.hash(encoded))

    async def verify(self, password: str, digest: str) -> Verified:
        """Compare a password with a stored digest, at the same cost whether right or wrong."""
        try:
            encoded = _encode(password)
        except ValueError:
            return await self.dummy_verify("")
        return await self._run(lambda: self._verify(encoded, digest))

    async def dummy_verify(self, password: str) -> Verified:
        """Do the work of `verify` for an account that does not exist, or can't sign in."""
        return await self.verify(password, self._unmatched)

    def close(self) -> None:
        """Let the threads end; waiting calls are cancelled."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, encoded: bytes, digest: str) -> Verified:
        try:
            ok, new_digest = self._hashes.verify_and_update(encoded, digest)
        except UnknownHashError:
            ok, new_digest = self._hashes.verify(encoded, self._unmatched), None
        return Verified(ok, new_digest)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _encode(password: str) -> bytes:
    """Return the bytes that are hashed; raises `ValueError` for a lone surrogate or a novel."""
    if len(password) > MAX_RAW_LENGTH:
        raise ValueError("the password is too long")
    return unicodedata.normalize("NFC", password).encode()


def _unmatched_digest(cost: Argon2Cost) -> str:
    """Return a well-formed digest of this cost that belongs to no password; takes no time."""
    salt, digest = (b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={cost.memory},t={cost.passes},p={cost.lanes}${salt}${digest}"
