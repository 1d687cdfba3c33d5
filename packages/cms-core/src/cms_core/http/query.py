"""Strict query strings: what a route does not know, it refuses."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from cms_core.errors import FieldError, Invalid

_MANY = (list, set, frozenset, tuple)
_MOST_FAULTS = 20


class UnknownParameter(Invalid):
    """The query string holds a parameter that this route does not know."""


class BadParameter(Invalid):
    """The query string holds a parameter that can't be used so."""


def query_parameters(dependants: Iterator[Dependant]) -> dict[str, bool]:
    """Return the query parameters of a route: name → whether it may be given more than once."""
    known: dict[str, bool] = {}
    for dependant in dependants:
        for field in dependant.query_params:
            annotation = field.field_info.annotation
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                for name, inner in annotation.model_fields.items():
                    known[inner.alias or name] = holds_many(inner.annotation)
            else:
                known[field.alias] = holds_many(annotation)
    return known


@lru_cache(maxsize=2048)
def pairs_of(query: bytes) -> tuple[tuple[str, str], ...]:
    """Return the parameters of a query string as they were meant, in its order."""
    return tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True))


def refuse_unknown_parameters(request: Request, known: Mapping[str, bool]) -> None:
    """Raise for unknown or repeated parameters and for characters that no text may hold."""
    items = pairs_of(request.scope["query_string"])
    names = {name for name, _ in items}
    is_clean = not any("\x00" in value for _, value in items)
    if is_clean and len(names) == len(items) and names <= known.keys():
        return  # as nearly all of them
    if unknown := [name for name, _ in items if name not in known]:
        raise UnknownParameter(errors=[_unknown(name, known) for name in unknown[:_MOST_FAULTS]])
    times = Counter(name for name, _ in items)
    bad = [FieldError(name, "holds a NUL character") for name, value in items if "\x00" in value]
    for name, count in times.items():
        if count > 1 and not known[name]:
            bad.append(FieldError(name, "given more than once"))
    if bad:
        raise BadParameter(errors=bad[:_MOST_FAULTS])


def _unknown(name: str, known: Mapping[str, bool]) -> FieldError:
    close = difflib.get_close_matches(name[:50], known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return FieldError(name[:50], f"unknown parameter{hint}")


def holds_many(annotation: Any) -> bool:
    """Whether a parameter of this type may be given more than once."""
    return any(get_origin(part) in _MANY for part in (annotation, *get_args(annotation)))
