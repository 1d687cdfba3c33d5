"""Endpoints that read their body themselves, piece by piece, or answer so: uploads, files."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request

from cms_core.http.exchange import exchange_of

F = TypeVar("F", bound=Callable[..., Any])


def streamed(max_body: int) -> Callable[[F], F]:
    """Mark an endpoint that reads ``request.stream()`` and takes up to so many bytes.

    Instead of the deadline of other requests, its sender must keep up a minimum rate. Who is not
    allowed in is refused before the first byte is read. Put it below the router's decorator.
    """

    def mark(endpoint: F) -> F:
        endpoint.streamed_body = max_body  # type: ignore[attr-defined]  # of a function
        return endpoint

    return mark


def streamed_body_of(endpoint: Callable[..., Any]) -> int | None:
    """Return how many bytes a marked endpoint takes; None for any other."""
    return getattr(endpoint, "streamed_body", None)


def wants_body(request: Request) -> bool:
    """Whether the client waits for the body: to a `HEAD`, long answers need not be read."""
    return not exchange_of(request.scope).head_only
