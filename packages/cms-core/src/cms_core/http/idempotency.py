"""`Idempotency-Key`: a POST sent twice has one effect and one answer.

The row is claimed first and completed with the answer, both in the transaction of the effect: it
exists exactly if the effect does. A concurrent twin waits on the unique key, then repeats.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import Integer, LargeBinary, String, Uuid, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from cms_core.db.faults import is_lock_timeout
from cms_core.db.session import TransactionSession
from cms_core.db.types import Base, Instant, Json
from cms_core.errors import BadRequest, Conflict, Invalid, Unavailable

KEPT = timedelta(hours=24)
MAX_KEY = 255
_REPEATED_HEADERS = ("content-type", "etag", "location", "cache-control", "link")


class IdempotencyRow(Base):
    __tablename__ = "idempotency_keys"

    principal_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    route: Mapped[str] = mapped_column(String(300), primary_key=True)
    key: Mapped[str] = mapped_column(String(MAX_KEY), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
    #: NULL for an answer that holds a secret: the effect is remembered, the answer is not.
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[dict[str, str] | None] = mapped_column(Json)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


class BadIdempotencyKey(BadRequest):
    """An Idempotency-Key is 1 to 255 visible ASCII characters."""


class IdempotencyKeyReused(Invalid):
    """This Idempotency-Key was used with another body.

    Use a new key for each thing that shall happen once.
    """


class FirstStillRunning(Conflict):
    """The first request with this Idempotency-Key is still running; ask again in a moment."""


class AlreadyCreated(Conflict):
    """This was created by an earlier request with the same key; its secret is shown only once.

    If the secret got lost, delete what was created, and make another one with a new key.
    """


@dataclass(frozen=True, slots=True)
class Claim:
    """One client's key on one route, with a digest of what it was sent with."""

    principal_id: UUID
    route: str
    key: str
    fingerprint: str


#: How many requests of this process are under each claim.
_in_process: Counter[Claim] = Counter()


def shown_once(endpoint: Any) -> Any:
    """Mark an endpoint whose answer holds a secret: it is never stored for repetition."""
    endpoint.shown_once = True
    return endpoint


def claim_of(request: Request, digest: bytes = b"") -> Claim | None:
    """Return what the request claims; None without the header or for another method than POST.

    `digest` stands for a body that was not kept while it was read.
    """
    key = request.headers.get("idempotency-key")
    if key is None or request.method != "POST":
        return None
    if not 1 <= len(key) <= MAX_KEY or not all("!" <= char <= "~" for char in key):
        raise BadIdempotencyKey
    path: str = request.scope["path"]
    body: bytes = getattr(request, "_body", digest)
    return Claim(
        principal_id=request.state.principal.id,
        route=f"POST {path}"[:300],
        key=key,
        fingerprint=_fingerprint(request, path.encode(), request.scope["query_string"], body),
    )


def _fingerprint(request: Request, *sent: bytes) -> str:
    # Keyed: bodies may hold passwords, and a plain digest of one could be guessed offline.
    secret = request.app.state.cms.settings.secret_key.get_secret_value()
    return hmac.digest(f"cms:idempotency:{secret}".encode(), b"\n".join(sent), "sha256").hex()


@contextmanager
def waiting_for_twins(claim: Claim) -> Iterator[None]:
    """Tell a twin that waited in vain from an outage, where only the pool could know (SQLite).

    There the first holds the one connection that writes, and the twin waits for that.
    """
    _in_process[claim] += 1
    try:
        yield
    except Unavailable as error:
        if _in_process[claim] > 1:
            raise FirstStillRunning from error
        raise
    finally:
        _in_process[claim] -= 1
        if not _in_process[claim]:
            del _in_process[claim]


async def once(
    session: TransactionSession,
    claim: Claim,
    route: Any,
    perform: Callable[[], Awaitable[Response]],
) -> Response:
    """Perform the request under its claim, or repeat the answer of the one that did."""
    now = await session.now()
    if not await _insert(session, claim, now):
        if row := await session.scalar(select(IdempotencyRow).where(*_mine(claim))):
            return _repeat(claim, row)
        raise FirstStillRunning  # it was there a moment ago, and its time was just over
    response = await perform()
    if response.status_code >= 400:
        await session.execute(delete(IdempotencyRow).where(*_mine(claim)))
    elif not getattr(route.endpoint, "shown_once", False) and hasattr(response, "body"):
        # A streamed answer can't be kept, as a secret is not: its effect is remembered alone.
        kept = {k: v for k, v in response.headers.items() if k in _REPEATED_HEADERS}
        values = {"status": response.status_code, "headers": kept, "body": bytes(response.body)}
        await session.execute(update(IdempotencyRow).where(*_mine(claim)).values(values))
    return response


async def _insert(session: TransactionSession, claim: Claim, now: datetime) -> bool:
    expired = IdempotencyRow.created_at < now - KEPT
    await session.execute(delete(IdempotencyRow).where(*_mine(claim), expired))
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = (
        dialect.insert(IdempotencyRow)
        .values(
            principal_id=claim.principal_id,
            route=claim.route,
            key=claim.key,
            fingerprint=claim.fingerprint,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyRow.key)
    )
    try:
        # ON CONFLICT waits for a concurrent twin to commit or roll back before it decides.
        return (await session.execute(insert)).first() is not None
    except DBAPIError as error:
        if is_lock_timeout(error):
            raise FirstStillRunning from error
        raise


def _repeat(claim: Claim, row: IdempotencyRow) -> Response:
    if row.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    if row.status is None:
        raise AlreadyCreated
    headers = {**(row.headers or {}), "Idempotency-Replayed": "true"}
    return Response(row.body or b"", status_code=row.status, headers=headers)


def _mine(claim: Claim) -> tuple[Any, ...]:
    return (
        IdempotencyRow.principal_id == claim.principal_id,
        IdempotencyRow.route == claim.route,
        IdempotencyRow.key == claim.key,
    )
