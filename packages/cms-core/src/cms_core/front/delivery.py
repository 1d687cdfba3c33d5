"""A kept answer in the form that a client asks for; only the id of the request is still missing."""

from __future__ import annotations

import asyncio
import re
import string
from collections.abc import Collection, Iterable
from functools import lru_cache
from time import monotonic
from urllib.parse import quote

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from cms_core.cache.encodings import CODINGS, IDENTITY, Variant, chosen, tagged
from cms_core.cache.entry import Entry, Headers
from cms_core.cache.published import Outcome
from cms_core.front.asked import Asked
from cms_core.front.cors import ANYBODY
from cms_core.front.wire import cycle_of, write_ready
from cms_core.http.conditional import none_match

#: Where a request carries why nobody can tell whether what is kept is current.
UNCONFIRMED = "cms.unconfirmed"
#: Bytes from which compressing is done in a thread, so that other readers need not wait.
_LONG = 64 * 1024
#: What every published answer says.
_ALWAYS = (*ANYBODY, (b"x-content-type-options", b"nosniff"))
_WORD = string.punctuation.replace("%", "")
_ENDS_LINE = re.compile(b"[\x00-\x08\x0a-\x1f\x7f]")
#: What an answer to whoever has it already still says (RFC 9110, 15.4.5).
_UNCHANGED = frozenset(
    (b"cache-control", b"cdn-cache-control", b"content-location", b"expires", b"link")
)

#: Status, headers as ASGI takes them and as they go over the wire, body.
Form = tuple[int, Headers, bytes, bytes]


async def deliver(entry: Entry, asked: Asked, send: Send, outcome: Outcome) -> int:
    """Send an entry to a client, and return the status: in one piece where the server is ours."""
    variant = ready_variant(entry, asked) or await _in_thread(entry, _coding(entry, asked))
    form = answer_of(entry, variant, asked)
    status, headers, _, body = form
    if (cycle := cycle_of(send)) is not None:
        write_form(cycle, form, entry, asked, outcome)
        return status
    told, _ = lines_of(outcome, entry)
    headers = (*headers, (b"x-request-id", asked.request_id.encode()), *told)
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
    return status


def write_form(
    cycle: RequestResponseCycle, form: Form, entry: Entry, asked: Asked, outcome: Outcome
) -> None:
    """Write an answer to its connection, with the id of the request and where it came from."""
    status, _, lines, body = form
    _, told = lines_of(outcome, entry)
    id = b"x-request-id: %b\r\n" % asked.request_id.encode()
    write_ready(cycle, status, (lines, id, told), body)


def ready_variant(entry: Entry, asked: Asked) -> Variant | None:
    """Return the form of an entry for a client; None where making it takes too long to wait for."""
    coding = _coding(entry, asked)
    variant = entry.variants.get(coding)
    if variant is not None:
        return variant
    body = entry.body
    if coding != IDENTITY:
        if len(body) > _LONG:
            return None
        body = CODINGS[coding](body)
    return _variant(entry, coding, body)


def answer_of(entry: Entry, variant: Variant, asked: Asked) -> Form:
    """Return the answer to a request; the id of the request is not among its headers yet."""
    status, headers, lines, body = entry.status, variant.headers, variant.head, variant.body
    if asked.if_none_match and status == 200 and _has(asked.if_none_match, variant.etag):
        status, body = 304, b""
        headers, lines = variant.unchanged_headers, variant.unchanged_head
    elif entry.stand_in:
        body = body.replace(entry.stand_in, asked.request_id.encode())
        length = ((b"content-length", str(len(body)).encode()),)
        headers, lines = (*headers, *length), lines + _lines(length)
    return status, headers, lines, b"" if asked.head_only else body


def _coding(entry: Entry, asked: Asked) -> bytes:
    if not asked.accept_encoding or not entry.compressible:
        return IDENTITY
    return chosen(asked.accept_encoding)


async def _in_thread(entry: Entry, coding: bytes) -> Variant:
    return _variant(entry, coding, await asyncio.to_thread(CODINGS[coding], entry.body))


def _variant(entry: Entry, coding: bytes, body: bytes) -> Variant:
    """Keep a body with its headers, ready for everybody who takes this coding."""
    etag, common = b"", list(_ALWAYS)
    own: list[tuple[bytes, bytes]] = []
    for header in entry.headers:
        name, value = header
        if name == b"etag":
            etag = tagged(value, coding)
            common.append((name, etag))
        else:
            (common if name in _UNCHANGED else own).append(header)
    if entry.compressible:
        common.append((b"vary", b"Accept-Encoding"))
    if entry.gens:
        common.append((b"surrogate-key", _names(entry.scopes)))
    if coding != IDENTITY:
        own.append((b"content-encoding", coding))
    if not entry.stand_in:
        own.append((b"content-length", str(len(body)).encode()))
    headers, unchanged, last = (*own, *common), tuple(common), _lines(common)
    made = Variant(etag, headers, _lines(own) + last, body, unchanged, last)
    entry.variants[coding] = made
    return made


def _names(scopes: Iterable[str]) -> bytes:
    """Scopes as words of a header: what was asked for is part of them, whatever it is."""
    return " ".join(map(_name, scopes)).encode()


@lru_cache(maxsize=4096)
def _name(scope: str) -> str:
    return quote(scope, safe=_WORD)


def _lines(headers: Collection[tuple[bytes, bytes]]) -> bytes:
    # uvicorn would refuse it on the long way; ready lines pass it by.
    if _ENDS_LINE.search(b"".join([value for _, value in headers])):
        raise ValueError("a header holds control characters")
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def _has(if_none_match: bytes, etag: bytes) -> bool:
    return if_none_match == etag or none_match(if_none_match.decode("latin-1"), etag.decode())


_STATUS = {each: (b"cache-status", each.value) for each in Outcome}
_TOLD: dict[Outcome, tuple[Headers, bytes]] = {
    each: ((header,), _lines((header,))) for each, header in _STATUS.items()
}


@lru_cache(maxsize=1024)
def _told_of_hit(age: int) -> tuple[Headers, bytes]:
    headers = (_STATUS[Outcome.HIT], (b"age", b"%d" % age))
    return headers, _lines(headers)


def lines_of(outcome: Outcome, entry: Entry) -> tuple[Headers, bytes]:
    """Return the headers, as ASGI takes them and as lines, that tell where an answer came from."""
    if outcome is not Outcome.HIT:
        return _TOLD[outcome]
    age = monotonic() - entry.confirmed_at
    return _told_of_hit(int(age) if age < 1e6 else 0)
