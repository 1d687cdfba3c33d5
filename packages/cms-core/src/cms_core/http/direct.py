"""Endpoints that need none of FastAPI's work: called with what the route has at hand.

Resolving dependencies costs a read that is not kept a good part of its time. An endpoint that takes
its session, its request and plain parts of the path, and that makes its response itself, gets all
of that without. Whatever asks for more goes through FastAPI, which documents all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant

Direct = Callable[[Request], Awaitable[Response]]


def direct_call(
    endpoint: Callable[..., Any], dependant: Dependant, session_of: Iterable[Callable[..., Any]]
) -> Direct | None:
    """Return how to call an endpoint by itself; None for one that needs FastAPI."""
    if not _is_plain(endpoint, dependant, frozenset(session_of)):
        return None
    sessions = [child.name for child in dependant.dependencies if child.name]
    path = [field.alias for field in dependant.path_params]

    async def call(request: Request) -> Response:
        values: dict[str, Any] = {name: request.path_params[name] for name in path}
        if sessions:
            values |= dict.fromkeys(sessions, request.state.session)
        if dependant.request_param_name:
            values[dependant.request_param_name] = request
        response: Response = await endpoint(**values)
        return response

    return call


def _is_plain(
    endpoint: Callable[..., Any], dependant: Dependant, session_of: frozenset[Callable[..., Any]]
) -> bool:
    more = (
        *dependant.query_params,
        *dependant.header_params,
        *dependant.cookie_params,
        *dependant.body_params,
    )
    return (
        inspect.iscoroutinefunction(endpoint)
        and not more
        and all(child.call in session_of for child in dependant.dependencies)
        and all(_is_text(field.field_info) for field in dependant.path_params)
        and _makes_response(endpoint)
        and not (dependant.response_param_name or dependant.background_tasks_param_name)
    )


def _is_text(field: Any) -> bool:
    return field.annotation is str and not field.metadata


def _makes_response(endpoint: Callable[..., Any]) -> bool:
    try:
        returned = get_type_hints(endpoint).get("return")
    except NameError:  # a name that only type checkers know
        return False
    return isinstance(returned, type) and issubclass(returned, Response)
