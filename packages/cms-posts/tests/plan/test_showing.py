"""What authors see of plans in their posts, and what travels with an export."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from httpx2 import AsyncClient

from cms_core import CMS
from cms_posts.transfer.exporting import export_lines
from cms_posts.transfer.lines import PostLine

if TYPE_CHECKING:
    from tests.plan.conftest import Desk


@pytest.fixture
def admin(cms_client: AsyncClient, cms_login: Any) -> AsyncClient:
    cms_client.headers.update(cms_login("editor"))
    return cms_client


async def test_a_draft_that_is_to_be_published_is_scheduled(
    desk: "Desk", admin: AsyncClient
) -> None:
    post_id = await desk.draft()
    due_at = (await desk.transition(await desk.plan(post_id))).due_at

    post = (await admin.get(f"/api/v1/admin/posts/{post_id}")).json()

    assert post["status"] == "scheduled"
    assert datetime.fromisoformat(post["next_transition"].pop("at")) == due_at
    assert post["next_transition"] == {"action": "publish", "revision": 1}


async def test_a_live_post_with_a_plan_stays_published(desk: "Desk", admin: AsyncClient) -> None:
    post_id = await desk.draft()
    await desk.plan(post_id)
    await desk.plan(post_id, "unpublish", seconds=1200)
    await desk.pass_time(600)
    await desk.apply()

    post = (await admin.get(f"/api/v1/admin/posts/{post_id}")).json()

    assert post["status"] == "published"
    assert post["next_transition"]["action"] == "unpublish"
    assert post["next_transition"]["revision"] is None


async def test_lists_by_status_tell_scheduled_posts_from_drafts(
    desk: "Desk", admin: AsyncClient
) -> None:
    draft, scheduled = await desk.draft("Draft"), await desk.draft("Scheduled")
    await desk.plan(scheduled)

    async def listed(status: str) -> list[tuple[str, str]]:
        answer = await admin.get("/api/v1/admin/posts", params={"status": status})
        return [(post["id"], post["status"]) for post in answer.json()["items"]]

    assert await listed("scheduled") == [(str(scheduled), "scheduled")]
    assert await listed("draft") == [(str(draft), "draft")]
    assert await listed("published") == []


async def test_visibility_tells_what_comes(desk: "Desk", admin: AsyncClient) -> None:
    post_id = await desk.draft()
    transition = await desk.transition(await desk.plan(post_id))

    answer = await admin.get(f"/api/v1/admin/posts/{post_id}/visibility")

    messages = {each["code"]: each["message"] for each in answer.json()["reasons"]}
    at = transition.due_at.isoformat().replace("+00:00", "Z")
    assert messages["to-be-published"] == f"Revision 1 goes live at {at}."


async def test_an_export_holds_what_is_still_to_come(cms_app: CMS, desk: "Desk") -> None:
    post_id = await desk.draft()
    await desk.cancel(post_id, await desk.plan(post_id, seconds=30))
    kept = await desk.transition(await desk.plan(post_id, seconds=60))

    async with cms_app.db.snapshot() as session:
        exported = [line async for line in export_lines(session, cms_app)]

    (planned,) = PostLine.model_validate_json(exported[0]).plan
    assert (planned.action, planned.due_at, planned.revision) == ("publish", kept.due_at, 1)
    assert planned.due_at - (await desk.post(post_id)).created_at > timedelta(seconds=50)
