"""The routes about deliveries; what they do to them is tested beside the outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from httpx2 import AsyncClient
from sqlalchemy import insert

from cms_core.app import CMS
from cms_core.db.clock import db_now
from cms_core.db.outbox import OutboxRow
from cms_core.ids import new_id

Login = Callable[..., dict[str, str]]
DOOR = "/api/v1/admin/system/outbox"


async def put(cms: CMS, subscriber: str = "mail", attempts: int = 0, **values: Any) -> int:
    """Write a delivery; one that was tried is parked unless `values` say otherwise."""
    row = {"event_id": new_id(), "event": "x.Y", "aggregate": "x", "payload": {"secret": "plan"}}
    due = {"due_at": None if attempts else db_now(), "created_at": db_now()}
    written = insert(OutboxRow).values(row | due | values)
    written = written.values(subscriber=subscriber, attempts=attempts)
    async with cms.db.transaction() as session:
        return (await session.execute(written.returning(OutboxRow.id))).scalar_one()


@pytest.fixture
def admin(cms_login: Login) -> dict[str, str]:
    return cms_login()


async def test_deliveries_are_listed_the_oldest_first_without_what_they_tell(
    cms_client: AsyncClient, cms_app: CMS, admin: dict[str, str]
) -> None:
    waiting = await put(cms_app)
    parked = await put(cms_app, attempts=30, last_error="OSError: no")
    body = (await cms_client.get(DOOR, headers=admin)).json()
    first, second = body["items"]
    assert (first["id"], first["state"], first["attempts"]) == (waiting, "waiting", 0)
    assert (second["id"], second["state"], second["due_at"]) == (parked, "parked", None)
    assert second["last_error"] == "OSError: no"
    assert UUID(second["event_id"]).version == 7
    assert "plan" not in str(body)


async def test_the_list_is_filtered_and_paged(
    cms_client: AsyncClient, cms_app: CMS, admin: dict[str, str]
) -> None:
    ids = [await put(cms_app, attempts=30 * (number % 2)) for number in range(4)]
    other = await put(cms_app, subscriber="search")

    async def listed(**params: Any) -> list[int]:
        answer = await cms_client.get(DOOR, headers=admin, params=params)
        return [item["id"] for item in answer.json()["items"]]

    assert await listed(subscriber="search") == [other]
    assert await listed(subscriber="mail", state="parked") == [ids[1], ids[3]]
    assert await listed(subscriber="mail", state="waiting") == [ids[0], ids[2]]
    first = (await cms_client.get(DOOR, headers=admin, params={"limit": 2})).json()
    assert await listed(limit=2, cursor=first["next_cursor"]) == ids[2:]
    answer = await cms_client.get(DOOR, headers=admin, params={"state": "lost"})
    assert answer.status_code == 422


async def test_one_delivery_is_read_with_what_it_tells(
    cms_client: AsyncClient, cms_app: CMS, admin: dict[str, str]
) -> None:
    body = (await cms_client.get(f"{DOOR}/{await put(cms_app)}", headers=admin)).json()
    assert body["payload"] == {"secret": "plan"}
    assert body["state"] == "waiting"


async def test_a_parked_delivery_is_due_again_after_retry(
    cms_client: AsyncClient, cms_app: CMS, admin: dict[str, str]
) -> None:
    id = await put(cms_app, attempts=30)
    answer = await cms_client.post(f"{DOOR}/{id}/retry", headers=admin)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["state"], body["attempts"]) == ("waiting", 0)
    assert body["due_at"] is not None


async def test_a_discarded_delivery_is_gone(
    cms_client: AsyncClient, cms_app: CMS, admin: dict[str, str]
) -> None:
    id = await put(cms_app)
    assert (await cms_client.delete(f"{DOOR}/{id}", headers=admin)).status_code == 204
    for method, path in (("GET", ""), ("POST", "/retry"), ("DELETE", "")):
        answer = await cms_client.request(method, f"{DOOR}/{id}{path}", headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (404, "delivery-not-found")


async def test_a_delivery_that_is_being_tried_can_not_be_changed(
    cms_client: AsyncClient, cms_app: CMS, admin: dict[str, str]
) -> None:
    async with cms_app.db.snapshot() as session:
        now = await session.now()
    later = now.replace(year=now.year + 1)
    id = await put(cms_app, attempts=1, taken_at=now, due_at=later)
    for method, path in (("POST", "/retry"), ("DELETE", "")):
        answer = await cms_client.request(method, f"{DOOR}/{id}{path}", headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (409, "delivery-running")


@pytest.mark.parametrize("id", ["0", "x", str(2**63)])
async def test_an_id_that_can_not_be_one_is_refused(
    cms_client: AsyncClient, admin: dict[str, str], id: str
) -> None:
    assert (await cms_client.get(f"{DOOR}/{id}", headers=admin)).status_code == 422


async def test_who_may_only_look_changes_nothing(
    cms_client: AsyncClient, cms_app: CMS, cms_login: Login
) -> None:
    id = await put(cms_app)
    looker = cms_login(permissions=["core:system"], name="looker")
    assert (await cms_client.get(f"{DOOR}/{id}", headers=looker)).status_code == 200
    for method, path in (("POST", "/retry"), ("DELETE", "")):
        answer = await cms_client.request(method, f"{DOOR}/{id}{path}", headers=looker)
        assert answer.status_code == 403
