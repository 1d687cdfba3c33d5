"""Strict query strings: what a route does not know, it refuses."""

import difflib
from collections.abc import Collection

from fastapi import Request

from cms_core.errors import FieldError, Invalid


class UnknownParameter(Invalid):
    """The query string holds a parameter that this route does not know."""


class BadParameter(Invalid):
    """The query string holds a parameter that can't be used so."""


def refuse_unknown_parameters(request: Request, known: Collection[str]) -> None:
    """Raise for unknown or repeated parameters and for characters that no text may hold."""
    unknown, bad = [], []
    for name, value in request.query_params.multi_items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            unknown.append(FieldError(name[:100], f"unknown parameter{hint}"))
        elif "\x00" in value:
            bad.append(FieldError(name, "holds a NUL character"))
        elif len(request.query_params.getlist(name)) > 1:
            bad.append(FieldError(name, "given more than once"))
    if unknown:
        raise UnknownParameter(errors=unknown)
    if bad:
        raise BadParameter(errors=bad)
