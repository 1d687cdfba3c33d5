"""Endpoints that need none of FastAPI's work: called with what the route has at hand.

Resolving dependencies costs a read that is not kept a good part of its time. An endpoint that takes
its session, its request, plain parts of the path and single values of the query string, itself or
through dependencies that take no more, and that makes its response itself, gets all of that
without. Whatever asks for more goes through FastAPI, which documents all of them and says what is
wrong with a value.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import Enum
from types import NoneType
from typing import Any, get_type_hints

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from cms_core.http.query import holds_many, pairs_of

#: What a default may be that all calls share; one that is made each time is of another kind.
_FIXED = (str, int, float, Enum, NoneType)

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

    plan = _Plan(dependant, session_of)

    async def call(request: Request) -> Response:
        response: Response = await plan.call(request, dict(pairs_of(request.scope["query_string"])))
        return response

    return call


class _Plan:
    """Where what a function is to be called with comes from."""

    def __init__(self, dependant: Dependant, session_of: Collection[Callable[..., Any]]) -> None:
        assert dependant.call is not None
        self._call: Callable[..., Any] = dependant.call
        self._request = dependant.request_param_name
        self._path = [(field.name, field.alias) for field in dependant.path_params]
        query = [(field, field.field_info.is_required()) for field in dependant.query_params]
        self._query = [(field.name, field.alias, field.validate) for field, _ in query]
        self._required = {field.alias for field, is_required in query if is_required}
        self._defaults = {
            field.name: field.default for field, is_required in query if not is_required
        }
        self._sessions: list[str] = []
        self._others: list[tuple[str | None, _Plan]] = []
        for child in dependant.dependencies:
            if child.call not in session_of:
                self._others.append((child.name, _Plan(child, session_of)))
            elif child.name is not None:
                self._sessions.append(child.name)

    async def call(self, request: Request, sent: Mapping[str, str]) -> Any:
        """Call it for a request and its query parameters. Raises `NeedsFastAPI` before."""
        values = self._own(request, sent)
        for name, plan in self._others:
            given = await plan.call(request, sent)
            if name is not None:
                values[name] = given
        return await self._call(**values)

    def _own(self, request: Request, sent: Mapping[str, str]) -> dict[str, Any]:
        """What it takes from the request itself."""
        if not sent.keys() >= self._required:
            raise NeedsFastAPI
        values = self._defaults.copy()
        for name, alias, validate in self._query:
            if alias in sent:
                values[name], errors = validate(sent[alias])
                if errors:
                    raise NeedsFastAPI
        for name, alias in self._path:
            values[name] = request.path_params[alias]
        for name in self._sessions:
            values[name] = request.state.session
        if self._request:
            values[self._request] = request
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
        and all(_is_fixed(field.field_info) for field in dependant.query_params)
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


def _is_fixed(field: Any) -> bool:
    """Whether all calls may share what is taken where nothing was sent."""
    return field.is_required() or isinstance(field.default, _FIXED)


def _makes_response(endpoint: Callable[..., Any]) -> bool:
    try:
        returned = get_type_hints(endpoint).get("return")
    except NameError:  # a name that only type checkers know
        return False
    return isinstance(returned, type) and issubclass(returned, Response)
