"""Strict JSON bodies: bounded in depth and numbers, without text that no database can hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from fastapi import Request

from cms_core.errors import BadRequest, FieldError, Invalid, UnsupportedMediaType

MAX_DEPTH = 32
MAX_NUMBER = 2**63
#: Values in one body: each costs far more time to check than its few bytes suggest.
MAX_VALUES = 20_000
_MOST_FAULTS = 20
_UNACCEPTABLE = re.compile("[\x00\ud800-\udfff]")

#: Where a value is: the place that holds it, and its key or number there.
_Place = tuple[Any, str | int] | None


class MalformedJson(BadRequest):
    """The body is not valid JSON."""


class UnacceptableText(Invalid):
    """The body holds text, numbers or nesting that can't be stored."""


async def read_json(request: Request) -> None:
    """Read and check the body, and leave it parsed on the request for FastAPI to validate.

    Raises `UnsupportedMediaType`, `MalformedJson` or `UnacceptableText`.
    """
    raw = await request.body()
    if not raw:
        return
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise UnsupportedMediaType("Send the body as application/json.")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding.")
    # Starlette keeps its parsed body under this name; FastAPI asks for it with `request.json()`.
    request._json = parse_json(raw)


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON text; raises `MalformedJson` or `UnacceptableText`."""
    try:
        # Decoded first: the parser would guess at UTF-16 and UTF-32.
        value = json.loads(raw.decode(), parse_constant=_refuse_constant)
    except RecursionError:
        raise UnacceptableText("nested too deeply") from None
    except UnicodeDecodeError:
        raise MalformedJson("It is not in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(f"Line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise MalformedJson("It holds a number that JSON or this server does not know.") from None
    if faults := list(_faults(value)):
        raise UnacceptableText(errors=faults)
    return value


def fault_of_text(text: str) -> str | None:
    """Say why a text can't be stored: NUL (PostgreSQL) or lone surrogates (UTF-8)."""
    found = _UNACCEPTABLE.search(text)
    if found is None:
        return None
    return "holds a NUL character" if found[0] == "\x00" else "holds a lone surrogate"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _faults(root: Any) -> Iterator[FieldError]:
    """Walk without recursion: the depth is what the sender chose."""
    todo: list[tuple[_Place, Any, int]] = [(None, root, 0)]
    seen = faults = 0
    while todo and faults < _MOST_FAULTS:
        place, value, depth = todo.pop()
        seen += 1
        if seen > MAX_VALUES:
            yield FieldError("", f"holds more than {MAX_VALUES} values")
            return
        if message := _fault(value, depth):
            faults += 1
            yield FieldError(_pointer(place), message)
        elif isinstance(value, list):
            todo.extend(((place, i), item, depth + 1) for i, item in enumerate(value))
        elif isinstance(value, dict):
            todo.extend(((place, key), item, depth + 1) for key, item in value.items())


def _fault(value: Any, depth: int) -> str | None:
    if depth > MAX_DEPTH:
        return "nested too deeply"
    if isinstance(value, str):
        return fault_of_text(value)
    if isinstance(value, (int, float)) and abs(value) >= MAX_NUMBER:
        return "number too large"
    if isinstance(value, dict) and any(_UNACCEPTABLE.search(key) for key in value):
        return "holds an unacceptable key"
    return None


def _pointer(place: _Place) -> str:
    parts: list[str] = []
    while place is not None:
        place, part = place
        parts.append("/" + str(part)[:100].replace("~", "~0").replace("/", "~1"))
    return "".join(reversed(parts))
