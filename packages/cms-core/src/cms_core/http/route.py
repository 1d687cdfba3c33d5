"""The route classes behind the doors: who may pass, which session opens, when the answer leaves.

    check query → (authoring) authenticate, authorise → read body → open session
    → endpoint → idempotency row → commit → after_commit → the response leaves

Before a session that only reads opens, what is due happens.

A yielding dependency could do none of this: FastAPI would commit after the response has left.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response, params
from fastapi.routing import APIRoute

from cms_core.db.session import SnapshotSession, TransactionSession
from cms_core.errors import NotFound
from cms_core.http.body import read_json
from cms_core.http.conditional import answer_conditionally
from cms_core.http.direct import Handler, direct_call
from cms_core.http.exchange import Door, exchange_of
from cms_core.http.guards import authenticate, authorise, permissions_of, walk
from cms_core.http.query import query_parameters, refuse_unknown_parameters
from cms_core.http.sessions import snapshot_of, transaction_of
from cms_core.http.streaming import streamed_body_of
from cms_core.http.transaction import transact

if TYPE_CHECKING:
    from cms_core.app import CMS


class CMSRoute(APIRoute):
    """One transaction per request, opened by the annotation of the endpoint's session."""

    door = Door.ROOT
    #: Whether answers made in a snapshot may be kept for everybody, if they declare scopes.
    is_published = False
    #: Whether handlers may be retried with an `Idempotency-Key` (authoring POSTs).
    idempotent = False
    cache_control = "no-store"
    #: Bytes that a body may have, where that is less than CMS_MAX_BODY_BYTES.
    max_body: int | None = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.calls = {child.call for child in walk(self.dependant)}
        self.permissions = permissions_of(self.dependant)
        self.writes = transaction_of in self.calls
        self.reads = snapshot_of in self.calls
        self.streamed_body = streamed_body_of(endpoint)
        if self.writes and self.reads:
            raise TypeError(f"{path}: ask for a Transaction or a Snapshot, not for both")
        if self.body_field is not None and isinstance(self.body_field.field_info, params.Form):
            raise TypeError(f"{path}: forms would be read inside the transaction; use @streamed")

    def get_route_handler(self) -> Callable[[Request], Any]:
        direct = direct_call(self.endpoint, self.dependant, (snapshot_of, transaction_of))
        #: Answers a request without FastAPI, where that does nothing for the endpoint anyway.
        #: Raises `NeedsFastAPI` for one that has to be refused.
        self.respond = self._around(direct) if direct else None
        return self._around(super().get_route_handler())

    def _around(self, endpoint: Handler) -> Handler:
        """Return all that happens to a request, with this in the middle."""
        known = query_parameters(walk(self.dependant))

        async def handle(request: Request) -> Response:
            cms: CMS = request.app.state.cms
            refuse_unknown_parameters(request, known)
            await self.admit(cms, request)
            if self.body_field is not None:
                # Before a session opens: a slow body must hold neither a connection nor a lock.
                await read_json(request)
            response = await self._run(cms, request, endpoint)
            response.headers.setdefault("Cache-Control", self.cache_control)
            return answer_conditionally(request, response)

        return handle

    async def admit(self, cms: CMS, request: Request) -> None:
        """Let the request pass, or raise; called before the body is read."""

    async def _run(self, cms: CMS, request: Request, endpoint: Handler) -> Response:
        async def perform(session: TransactionSession | SnapshotSession) -> Response:
            request.state.session = session
            return await endpoint(request)

        if self.writes:
            return await transact(request, perform)
        if self.reads:
            return await _read(cms, request, perform)
        return await endpoint(request)


async def _read(
    cms: CMS, request: Request, perform: Callable[[SnapshotSession], Awaitable[Response]]
) -> Response:
    async def work(session: SnapshotSession) -> Response | NotFound:
        try:
            return await perform(session)
        except NotFound as error:
            return error  # an answer like any other: it holds as long as what it was read from

    reading = await cms.catch_up.read(work)
    exchange_of(request.scope).reading = reading
    if isinstance(reading.result, NotFound):
        raise reading.result
    return reading.result


class DeliveryRoute(CMSRoute):
    """Published content: the answer never depends on who asks."""

    door = Door.DELIVERY
    is_published = True
    cache_control = "public, no-cache"


class RootRoute(CMSRoute):
    """Like delivery, outside ``/api/v1``."""

    is_published = True
    cache_control = "public, no-cache"


class OpenRoute(CMSRoute):
    """Public by declaration; never stored by anyone."""

    door = Door.OPEN
    max_body = 64 * 1024  # of people whom nobody knows yet


class AdminRoute(CMSRoute):
    """Authoring: authenticated, under a permission, retriable with an `Idempotency-Key`."""

    door = Door.AUTHORING
    idempotent = True

    async def admit(self, cms: CMS, request: Request) -> None:
        principal = await authenticate(request, cms.contributions.authenticators)
        authorise(principal, self.permissions)
        request.state.principal = principal
