"""The transaction of an endpoint that has slow work to do before it opens one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastapi import Request, Response

from cms_core.db.session import TransactionSession
from cms_core.http import idempotency

if TYPE_CHECKING:
    from cms_core.app import CMS


async def transact(
    request: Request,
    perform: Callable[[TransactionSession], Awaitable[Response]],
    *,
    digest: bytes = b"",
) -> Response:
    """Run `perform` in the transaction of this request, under its `Idempotency-Key`.

    For endpoints that hash, upload or ask others first and so do not take a `Transaction`: theirs
    would be open, and on SQLite keep every writer waiting, all the while. Call it once; `perform`
    may run again after a race. `digest` stands for a streamed body, so that a key that is used
    again with another one is refused.
    """
    cms: CMS = request.app.state.cms
    route = request.scope["route"]
    claim = idempotency.claim_of(request, digest) if route.idempotent else None

    async def work(session: TransactionSession) -> Response:
        if claim is None:
            return await perform(session)
        return await idempotency.once(session, claim, route, lambda: perform(session))

    if claim is None or cms.db.dialect != "sqlite":
        return await cms.db.run(work)
    with idempotency.waiting_for_twins(claim):
        return await cms.db.run(work)
