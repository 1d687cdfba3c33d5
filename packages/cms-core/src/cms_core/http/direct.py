"""Endpoints that need none of FastAPI's work: called with what the route has at hand.

Resolving dependencies costs a read that is not kept a good part of its time. An endpoint that takes
its session, its request, plain parts of the path and single values of the query string, itself or
through dependencies that take no more, and that makes its response itself, gets all of that
without. Whatever asks for more goes through FastAPI, which documents all of them and says what is
wrong with a value.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from cms_core.http.query import holds_many

Handler = Callable[[Request], Awaitable[Response]]


class NeedsFastAPI(Exception):
    """A value is missing or wrong, and FastAPI shall say how."""


def direct_call(
    endpoint: Callable[..., Any],
    dependant: Dependant,
    session_of: Collection[Callable[..., Any]],
) -> Handler | None:
    """Return how to call an endpoint by itself; None for one that always needs FastAPI.

    The call raises `NeedsFastAPI`, before the endpoint has begun.
    """
    if not (_makes_response(endpoint) and _is_plain(dependant, session_of)):
        return None

    async def call(request: Request) -> Response:
        response: Response = await endpoint(**await _values(dependant, request, session_of))
        return response

    return call


async def _values(
    dependant: Dependant, request: Request, session_of: Collection[Callable[..., Any]]
) -> dict[str, Any]:
    """Return what a function is to be called with. Raises `NeedsFastAPI`."""
    values: dict[str, Any] = {}
    for field in dependant.path_params:
        values[field.name] = request.path_params[field.alias]
    for field in dependant.query_params:
        sent = request.query_params.get(field.alias)
        if sent is not None:
            values[field.name], errors = field.validate(sent)
            if errors:
                raise NeedsFastAPI
        elif field.field_info.is_required():
            raise NeedsFastAPI
        else:
            values[field.name] = field.default
    for child in dependant.dependencies:
        if child.call in session_of:
            given = request.state.session
        else:
            assert child.call is not None
            given = await child.call(**await _values(child, request, session_of))
        if child.name is not None:
            values[child.name] = given
    if dependant.request_param_name:
        values[dependant.request_param_name] = request
    return values


def _is_plain(dependant: Dependant, session_of: Collection[Callable[..., Any]]) -> bool:
    """Whether a function takes nothing but what is handed over here."""
    more = (*dependant.header_params, *dependant.cookie_params, *dependant.body_params)
    other = (
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.websocket_param_name,
        dependant.http_connection_param_name,
        dependant.security_scopes_param_name,
    )
    return (
        inspect.iscoroutinefunction(dependant.call)
        and not more
        and not any(other)
        and all(_is_text(field.field_info) for field in dependant.path_params)
        and all(_is_single(field.field_info.annotation) for field in dependant.query_params)
        and all(
            child.call in session_of or _is_plain(child, session_of)
            for child in dependant.dependencies
        )
    )


def _is_text(field: Any) -> bool:
    return field.annotation is str and not field.metadata


def _is_single(annotation: Any) -> bool:
    """Whether one parameter of the query string is the whole value."""
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return not is_model and not holds_many(annotation)


def _makes_response(endpoint: Callable[..., Any]) -> bool:
    try:
        returned = get_type_hints(endpoint).get("return")
    except NameError:  # a name that only type checkers know
        return False
    return isinstance(returned, type) and issubclass(returned, Response)
