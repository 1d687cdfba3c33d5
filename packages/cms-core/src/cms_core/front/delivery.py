"""Sending a kept answer: its bytes are ready, but for the id of the request.

Our own protocol takes them in one piece. Other servers get them as ASGI messages.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import Send

from cms_core.cache.encodings import CODINGS, IDENTITY, Variant, chosen, tagged
from cms_core.cache.entry import Entry, Headers
from cms_core.front.cors import ANYBODY
from cms_core.front.protocol import connection_of
from cms_core.http.conditional import none_match

#: Bytes from which compressing is done in a thread, so that other readers need not wait.
_LONG = 64 * 1024
#: What every published answer says.
_ALWAYS = (*ANYBODY, (b"x-content-type-options", b"nosniff"))
#: What an answer to whoever has it already still says (RFC 9110, 15.4.5).
_UNCHANGED = frozenset(
    (b"cache-control", b"cdn-cache-control", b"content-location", b"etag", b"expires", b"link")
)


@dataclass(slots=True)
class Wanted:
    """What the head of a request says about the form of its answer."""

    request_id: bytes
    accept_encoding: bytes
    if_none_match: bytes
    head_only: bool


async def deliver(
    entry: Entry, wanted: Wanted, send: Send, more: Headers, more_lines: bytes
) -> int:
    """Send an entry to a client and return the status; `more` and `more_lines` are further headers.

    They are the same, once as ASGI takes them and once as they go over the wire.
    """
    coding = _coding(entry, wanted)
    variant = entry.variants.get(coding)
    if variant is None:
        variant = await _variant(entry, coding)
    status, headers, lines, body = entry.status, variant.headers, variant.head, variant.body
    if wanted.if_none_match and status == 200 and _has(wanted.if_none_match, variant.etag):
        status, body = 304, b""
        headers, lines = variant.unchanged_headers, variant.unchanged_head
    elif entry.stand_in:
        body = body.replace(entry.stand_in, wanted.request_id)
        length = ((b"content-length", str(len(body)).encode()),)
        headers, lines = (*headers, *length), lines + _lines(length)
    if wanted.head_only:
        body = b""
    connection = connection_of(send)
    if connection is not None:
        lines = b"%bx-request-id: %b\r\n%b" % (lines, wanted.request_id, more_lines)
        connection.write(status, lines, body)
    else:
        identified = (*headers, (b"x-request-id", wanted.request_id), *more)
        await send({"type": "http.response.start", "status": status, "headers": list(identified)})
        await send({"type": "http.response.body", "body": body})
    return status


def _coding(entry: Entry, wanted: Wanted) -> bytes:
    if not wanted.accept_encoding or entry.stand_in or not entry.compressible:
        return IDENTITY
    return chosen(wanted.accept_encoding)


async def _variant(entry: Entry, coding: bytes) -> Variant:
    """Return the entry's body in a coding, made once."""
    body = entry.body
    if coding != IDENTITY:
        compress = CODINGS[coding]
        body = await asyncio.to_thread(compress, body) if len(body) > _LONG else compress(body)
    variant = entry.variants[coding] = _ready(entry, coding, body)
    return variant


def _ready(entry: Entry, coding: bytes, body: bytes) -> Variant:
    etag = tagged(dict(entry.headers).get(b"etag", b""), coding)
    own = [(name, value) for name, value in entry.headers if name not in _UNCHANGED]
    common = [*_ALWAYS, *((b"etag", etag) for _ in etag[:1])]
    common += [header for header in entry.headers if header[0] in _UNCHANGED - {b"etag"}]
    if entry.compressible:
        common.append((b"vary", b"Accept-Encoding"))
    if entry.gens:
        common.append((b"surrogate-key", " ".join(entry.scopes).encode()))
    if coding != IDENTITY:
        own.append((b"content-encoding", coding))
    if not entry.stand_in:
        own.append((b"content-length", str(len(body)).encode()))
    headers, unchanged = (*own, *common), tuple(common)
    return Variant(etag, headers, _lines(headers), body, unchanged, _lines(unchanged))


def _lines(headers: Headers) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def _has(if_none_match: bytes, etag: bytes) -> bool:
    return if_none_match == etag or none_match(if_none_match.decode("latin-1"), etag.decode())
