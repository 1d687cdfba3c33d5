"""``/api/v1/admin/system/outbox``: the deliveries that wait, and what may be done about them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import outbox
from cms_core.db.outbox import OutboxRow
from cms_core.http.answers import answer
from cms_core.http.guards import requires
from cms_core.http.listing import Listing, listing
from cms_core.http.pagination import Page, Sort
from cms_core.http.routers import AdminRouter
from cms_core.http.sessions import Transaction
from cms_core.outbox import MAX_ID, DeliveryNotFound, DeliveryState, deliveries
from cms_core.system.schemas import DeliveryDetails, ShownDelivery

DeliveryId = Annotated[int, Path(ge=1, le=MAX_ID)]
DeliveryListing = Annotated[
    Listing, Depends(listing(ShownDelivery, {"id": Sort((OutboxRow.id,))}, "id"))
]


def add_routes(router: AdminRouter, seeing: str, managing: str) -> None:
    """Add the routes; `seeing` and `managing` are their permissions."""
    sees, manages = requires(seeing), requires(managing)

    # No `Snapshot` below: that would first do what is overdue, which is to be seen here.

    @router.get("/outbox", response_model=Page[ShownDelivery], dependencies=[sees])
    async def list_outbox(
        request: Request,
        page: DeliveryListing,
        subscriber: Annotated[str | None, Query(max_length=200)] = None,
        state: DeliveryState | None = None,
    ) -> Response:
        """List the deliveries that have not arrived yet, the oldest first."""
        async with request.app.state.cms.db.snapshot() as session:
            found = await page.rows(session, deliveries(subscriber=subscriber, state=state))
        return page.answer([ShownDelivery.model_validate(row) for row in found.rows], found)

    @router.get("/outbox/{id}", response_model=DeliveryDetails, dependencies=[sees])
    async def read(request: Request, id: DeliveryId) -> Response:
        """Read one delivery with what it tells."""
        async with request.app.state.cms.db.snapshot() as session:
            return answer(await _details(session, id))

    @router.post("/outbox/{id}/retry", response_model=DeliveryDetails, dependencies=[manages])
    async def retry(session: Transaction, id: DeliveryId) -> Response:
        """Try a delivery again at once; `delivery-running` (409) while it is being tried anyway."""
        await outbox.retry(session, id)
        return answer(await _details(session, id))

    @router.delete("/outbox/{id}", status_code=204, dependencies=[manages])
    async def discard(session: Transaction, id: DeliveryId) -> Response:
        """Discard a delivery; its subscriber will never hear of the event, but of later ones."""
        await outbox.discard(session, id)
        return Response(status_code=204)


async def _details(session: AsyncSession, id: int) -> DeliveryDetails:
    only = deliveries().where(OutboxRow.id == id).add_columns(OutboxRow.payload)
    row: Any = (await session.execute(only)).one_or_none()
    if row is None:
        raise DeliveryNotFound
    return DeliveryDetails.model_validate(row)
