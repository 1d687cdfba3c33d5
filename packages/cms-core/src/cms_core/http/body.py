"""Strict JSON bodies: bounded in depth and numbers, without text that no database can hold."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from fastapi import Request

from cms_core.errors import BadRequest, FieldError, Invalid, UnsupportedMediaType

MAX_DEPTH = 32
MAX_NUMBER = 2**63


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
        raise UnsupportedMediaType
    # Starlette keeps its parsed body under this name; FastAPI asks for it with `request.json()`.
    request._json = _parse(raw)


def _parse(raw: bytes) -> Any:
    try:
        value = json.loads(raw, parse_constant=_refuse_constant)
    except RecursionError:
        raise UnacceptableText("nested too deeply") from None
    except ValueError as error:
        raise MalformedJson(f"{error}"[:200]) from None
    if errors := list(_faults(value)):
        raise UnacceptableText(errors=errors[:20])
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _faults(root: Any) -> Iterator[FieldError]:
    """Walk without recursion: the depth is what the sender chose."""
    todo: list[tuple[str, Any, int]] = [("", root, 0)]
    while todo:
        pointer, value, depth = todo.pop()
        if depth > MAX_DEPTH:
            yield FieldError(pointer, "nested too deeply")
        elif isinstance(value, str):
            if message := fault_of_text(value):
                yield FieldError(pointer, message)
        elif isinstance(value, (int, float)) and abs(value) >= MAX_NUMBER:
            yield FieldError(pointer, "number too large")
        elif isinstance(value, list):
            todo.extend((f"{pointer}/{i}", item, depth + 1) for i, item in enumerate(value))
        elif isinstance(value, dict):
            if any(fault_of_text(key) for key in value):
                yield FieldError(pointer, "holds an unacceptable key")
            todo.extend((f"{pointer}/{key}", item, depth + 1) for key, item in value.items())


def fault_of_text(text: str) -> str | None:
    """Say why a text can't be stored: NUL (PostgreSQL) or lone surrogates (UTF-8)."""
    if "\x00" in text:
        return "holds a NUL character"
    if any("\ud800" <= char <= "\udfff" for char in text):
        return "holds a lone surrogate"
    return None
