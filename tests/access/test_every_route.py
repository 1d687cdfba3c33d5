"""Who may use which route, for every live route, actor and state of the post that it is about.

`EXPECTED` is the whole policy on one page. A route that is missing there fails the test, so a new
one can't go live without somebody saying who may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute
from httpx2 import AsyncClient
from sqlalchemy import insert

from cms_auth.models import User
from cms_core import CMS, Principal, db_now

ACTORS = ("nobody", "forged", "reader", "ada", "bob", "editor", "admin")
STATES = ("draft", "live", "trashed")
PASS = "pass"

Outcome = str
Row = dict[str, Outcome]


def row(nobody: Outcome, reader: Outcome, own: Outcome, other: Outcome, editor: Outcome) -> Row:
    """What each actor gets; `ada` owns the post, `bob` is another author, `admin` may do all."""
    outcomes = (nobody, nobody, reader, own, other, editor, PASS)
    return dict(zip(ACTORS, outcomes, strict=True))


EVERYBODY = row(PASS, PASS, PASS, PASS, PASS)
NOT_FOUND = dict.fromkeys(ACTORS, "404")
SIGNED_IN = row("401", PASS, PASS, PASS, PASS)
AUTHORS = row("401", "403", PASS, PASS, PASS)
OWNER_AND_EDITORS = row("401", "403", PASS, "404", PASS)
OWN_FILES = row("401", "403", PASS, "403", PASS)
OWN_UPLOADS = row("401", "403", PASS, "404", "404") | {"admin": "404"}
EDITORS = row("401", "403", "403", "403", PASS)
ADMINS = row("401", "403", "403", "403", "403")
UNPLANNED = row("401", "403", "404", "404", "404") | {"admin": "404"}


@dataclass(frozen=True)
class Policy:
    """What the actors get, by the state of the post; one row stands for all states."""

    rows: Row | dict[str, Row]
    body: Mapping[str, Any] | None = None
    #: States of the post that make a difference here; routes not about a post have none.
    states: tuple[str, ...] = field(default=("draft",))

    def outcome(self, actor: str, state: str) -> Outcome:
        found = self.rows.get(state, self.rows)
        assert isinstance(found, dict)
        return str(found[actor])


def of_post(rows: Row | dict[str, Row], body: Mapping[str, Any] | None = None) -> Policy:
    """The same for a draft, a live post and one in the trash."""
    return Policy(rows, body, STATES)


POSTS, POST = "/api/v1/admin/posts", "/api/v1/admin/posts/{id}"
REVISION, PREVIEWS = f"{POST}/revisions/{{number}}", f"{POST}/preview-links"
SCHEDULE = f"{POST}/schedule"
TRANSITION = f"{SCHEDULE}/{{transition_id}}"
TAG, ME, USERS = "/api/v1/admin/tags/{slug}", "/api/v1/admin/me", "/api/v1/admin/users"
ROLES, SYSTEM = "/api/v1/admin/roles", "/api/v1/admin/system"
MEDIA, FILE = "/api/v1/admin/media", "/api/v1/admin/media/{id}"
UPLOADS = "/api/v1/admin/uploads"
#: What the tus protocol wants in the heads of requests.
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Offset": "0"}
TUS |= {"Content-Type": "application/offset+octet-stream"}

EXPECTED: Mapping[tuple[str, str], Policy] = {
    # Delivery never looks at identity: what is not live is not there, whoever asks.
    ("GET", "/api/v1/posts"): Policy(EVERYBODY),
    ("GET", "/api/v1/posts/{slug}"): Policy(
        {"draft": NOT_FOUND, "live": EVERYBODY, "trashed": NOT_FOUND}, states=STATES
    ),
    ("GET", "/api/v1/tags"): Policy(EVERYBODY),
    ("GET", "/feed.atom"): Policy(EVERYBODY),
    ("GET", "/sitemap.xml"): Policy(EVERYBODY),
    ("GET", "/sitemap-{number}.xml"): Policy(NOT_FOUND),
    # Outside /api/v1: the state of the server, and pages that explain it.
    ("GET", "/"): Policy(EVERYBODY),
    ("GET", "/docs"): Policy(EVERYBODY),
    ("GET", "/openapi.json"): Policy(EVERYBODY),
    ("GET", "/problems"): Policy(EVERYBODY),
    ("GET", "/problems/{code}"): Policy(EVERYBODY),
    ("GET", "/livez"): Policy(EVERYBODY),
    ("GET", "/readyz"): Policy(EVERYBODY),
    # Not without its own token, which is no identity: not even for administrators.
    ("GET", "/metrics"): Policy(NOT_FOUND),
    # Open by declaration: whoever holds the link, the password or the token.
    ("GET", "/api/v1/previews/{token}"): Policy(
        {"draft": EVERYBODY, "live": EVERYBODY, "trashed": NOT_FOUND}, states=STATES
    ),
    ("POST", "/api/v1/auth/login"): Policy(EVERYBODY, {}),
    ("POST", "/api/v1/auth/refresh"): Policy(EVERYBODY, {}),
    ("POST", "/api/v1/auth/logout"): Policy(SIGNED_IN),
    # One's own account.
    ("GET", ME): Policy(SIGNED_IN),
    ("PATCH", ME): Policy(SIGNED_IN, {}),
    ("POST", f"{ME}/password"): Policy(SIGNED_IN, {}),
    ("GET", f"{ME}/sessions"): Policy(SIGNED_IN),
    ("DELETE", f"{ME}/sessions/{{id}}"): Policy(
        {"draft": row("401", "404", "404", "404", "404") | {"admin": "404"}}
    ),
    # Posts.
    ("GET", POSTS): Policy(AUTHORS),
    ("POST", POSTS): Policy(AUTHORS, {"title": "New"}),
    ("GET", POST): of_post(OWNER_AND_EDITORS),
    ("PATCH", POST): of_post(OWNER_AND_EDITORS, {"title": "Changed"}),
    ("DELETE", POST): of_post(OWNER_AND_EDITORS),
    ("POST", f"{POST}/untrash"): of_post(OWNER_AND_EDITORS),
    ("POST", f"{POST}/purge"): of_post(EDITORS),
    ("POST", f"{POST}/publish"): of_post(OWNER_AND_EDITORS, {}),
    ("POST", f"{POST}/unpublish"): of_post(OWNER_AND_EDITORS),
    ("GET", f"{POST}/visibility"): of_post(OWNER_AND_EDITORS),
    ("GET", f"{POST}/revisions"): of_post(OWNER_AND_EDITORS),
    ("GET", REVISION): of_post(OWNER_AND_EDITORS),
    ("GET", f"{REVISION}/diff"): of_post(OWNER_AND_EDITORS),
    ("POST", f"{REVISION}/restore"): of_post(OWNER_AND_EDITORS),
    ("GET", PREVIEWS): of_post(OWNER_AND_EDITORS),
    ("POST", PREVIEWS): of_post(OWNER_AND_EDITORS, {"expires_in": 3600}),
    ("GET", f"{PREVIEWS}/{{link_id}}"): of_post(OWNER_AND_EDITORS),
    ("DELETE", f"{PREVIEWS}/{{link_id}}"): of_post(OWNER_AND_EDITORS),
    # The plan: what is in the trash has none.
    ("GET", SCHEDULE): of_post(OWNER_AND_EDITORS),
    ("POST", SCHEDULE): of_post(
        OWNER_AND_EDITORS, {"action": "publish", "at": "2036-02-01T08:00:00Z"}
    ),
    ("GET", TRANSITION): of_post(
        dict.fromkeys(STATES[:2], OWNER_AND_EDITORS) | {"trashed": UNPLANNED}
    ),
    ("PATCH", TRANSITION): of_post(OWNER_AND_EDITORS, {}),
    ("DELETE", TRANSITION): of_post(OWNER_AND_EDITORS),
    ("POST", f"{TRANSITION}/retry"): of_post(OWNER_AND_EDITORS),
    ("GET", "/api/v1/admin/schedule"): Policy(AUTHORS),
    # Tags.
    ("GET", "/api/v1/admin/tags"): Policy(EDITORS),
    ("GET", TAG): Policy(EDITORS),
    ("PATCH", TAG): Policy(EDITORS, {"name": "Ocean"}),
    ("POST", f"{TAG}/merge"): Policy(EDITORS, {"into": "land"}),
    ("DELETE", TAG): Policy(EDITORS),
    # Files: authors show each other's, but change only their own. Ada's is the cover of her post.
    ("GET", MEDIA): Policy(AUTHORS),
    ("POST", MEDIA): Policy(row("401", "403", PASS, PASS, PASS)),
    ("PUT", f"{FILE}/{{filename}}"): Policy(AUTHORS),
    ("GET", FILE): Policy(AUTHORS),
    ("GET", f"{FILE}/variants/{{format}}"): Policy(AUTHORS),
    ("PATCH", FILE): Policy(OWN_FILES, {"alt": "The sea"}),
    ("DELETE", FILE): Policy(OWN_FILES),
    # Uploads that can be resumed: whoever began one, nobody else.
    ("POST", UPLOADS): Policy(AUTHORS),
    ("GET", f"{UPLOADS}/{{id}}"): Policy(OWN_UPLOADS),
    ("PATCH", f"{UPLOADS}/{{id}}"): Policy(OWN_UPLOADS),
    ("DELETE", f"{UPLOADS}/{{id}}"): Policy(OWN_UPLOADS),
    ("GET", "/media/{id}/{filename}"): Policy(
        {"draft": NOT_FOUND, "live": EVERYBODY, "trashed": NOT_FOUND}, states=STATES
    ),
    # The system.
    ("GET", f"{SYSTEM}/plugins"): Policy(ADMINS),
    ("GET", f"{SYSTEM}/jobs"): Policy(ADMINS),
    ("GET", f"{SYSTEM}/outbox"): Policy(ADMINS),
    ("GET", f"{SYSTEM}/outbox/{{id}}"): Policy(ADMINS),
    ("POST", f"{SYSTEM}/outbox/{{id}}/retry"): Policy(ADMINS),
    ("DELETE", f"{SYSTEM}/outbox/{{id}}"): Policy(ADMINS),
    # Accounts and roles.
    ("GET", USERS): Policy(ADMINS),
    ("POST", USERS): Policy(ADMINS, {}),
    ("GET", f"{USERS}/{{id}}"): Policy(ADMINS),
    ("PATCH", f"{USERS}/{{id}}"): Policy(ADMINS, {}),
    ("DELETE", f"{USERS}/{{id}}"): Policy(ADMINS),
    ("GET", ROLES): Policy(ADMINS),
    ("GET", f"{ROLES}/{{name}}"): Policy(ADMINS),
    ("PUT", f"{ROLES}/{{name}}"): Policy(ADMINS, {}),
    ("DELETE", f"{ROLES}/{{name}}"): Policy(ADMINS),
}


def live_routes(cms: CMS) -> set[tuple[str, str]]:
    return {
        (method, route.path_format)
        for _, router in cms.contributions.routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


@pytest.mark.parametrize("cms_engine", ["sqlite"])
async def test_every_live_route_has_an_expectation(cms_app: CMS) -> None:
    assert live_routes(cms_app) == set(EXPECTED)


def _file_for(method: str, path: str) -> dict[str, Any]:
    """The body of a request that uploads a file."""
    if (method, path) == ("POST", MEDIA):
        return {"files": {"file": ("words.txt", b"Other words")}}
    if path.startswith(UPLOADS):
        return {"content": b"Words"} if method in ("POST", "PATCH") else {}
    return {"content": b"Other words"} if method == "PUT" and path.startswith(MEDIA) else {}


class World:
    """A site with one author's post, and everybody who might ask for it."""

    def __init__(
        self, client: AsyncClient, headers: Mapping[str, Mapping[str, str]], account: UUID
    ) -> None:
        self._client = client
        self._headers = headers
        self._account = account
        self._made = 0

    async def ask(self, method: str, path: str, actor: str, state: str, policy: Policy) -> Outcome:
        """Make the post anew, let the actor send the request, and return what came of it."""
        address = path.format(**await self._post(state, path))
        answer = await self._client.request(
            method,
            address,
            headers={**self._headers[actor], **(TUS if path.startswith(UPLOADS) else {})},
            json=policy.body,
            **_file_for(method, path),
            params={"against": 1} if path.endswith("/diff") else None,
        )
        assert answer.status_code < 500, answer.text
        denied = answer.status_code in (401, 403, 404)
        return str(answer.status_code) if denied else PASS

    async def _post(self, state: str, path: str) -> dict[str, object]:
        self._made += 1
        content: dict[str, object] = {"title": "Post", "slug": f"post-{self._made}"}
        content |= {"tags": [f"Tag {self._made}", "Land"]}
        if "media" in path:
            content["cover"] = await self._upload()
        post = await self._send("ada", "POST", POSTS, json=content)
        previews = f"{POSTS}/{post['id']}/preview-links"
        link = await self._send("ada", "POST", previews, json={"expires_in": 60})
        plan = {"action": "publish", "at": "2036-01-01T08:00:00Z"}
        planned = await self._send("ada", "POST", f"{POSTS}/{post['id']}/schedule", json=plan)
        if state == "live":
            await self._send("ada", "POST", f"{POSTS}/{post['id']}/publish")
        if state == "trashed":
            await self._send("ada", "DELETE", f"{POSTS}/{post['id']}")
        return {
            "id": await self._id(path, post),
            "filename": "words.txt",
            "format": "webp",
            "slug": f"tag-{self._made}" if "tags" in path else post["slug"],
            "number": 1 if "revisions" in path else 9,
            "link_id": link["id"],
            "transition_id": planned["id"],
            "token": str(link["url"]).rpartition("/")[2],
            "name": "reader",
            "code": "not-found",
        }

    async def _upload(self) -> str:
        files = {"file": ("words.txt", f"Words {self._made}".encode())}
        return str((await self._send("ada", "POST", MEDIA, files=files))["id"])

    async def _id(self, path: str, post: dict[str, Any]) -> object:
        if path.startswith(f"{UPLOADS}/"):
            headers = {**self._headers["ada"], **TUS}
            begun = await self._client.post(UPLOADS, headers=headers)
            return begun.headers["location"].rpartition("/")[2]
        if path.endswith("/{filename}") and "admin" in path:
            return uuid4()
        if "/media" in path:
            return post["cover"]["id"]
        return self._account if "/users" in path else post["id"]

    async def _send(self, actor: str, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = await self._client.request(method, path, headers=self._headers[actor], **options)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


@pytest.fixture
async def world(
    cms_app: CMS,
    cms_client: AsyncClient,
    cms_login: Callable[..., dict[str, str]],
    cms_principal: Callable[..., Principal],
) -> World:
    roles = {"reader": "reader", "ada": "author", "bob": "author", "editor": "editor"}
    roles |= {"admin": "admin"}
    accounts = [
        {
            "id": cms_principal(role, name=actor).id,
            "email": f"{actor}@example.com",
            "name": actor,
            "role": role,
            "created_at": db_now(),
            "updated_at": db_now(),
        }
        for actor, role in roles.items()
    ]
    async with cms_app.db.transaction() as session:
        for account in accounts:
            await session.execute(insert(User).values(account))
    headers = {actor: cms_login(role, name=actor) for actor, role in roles.items()}
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."}
    everybody = {"nobody": {}, "forged": forged, **headers}
    return World(cms_client, everybody, cms_principal("author", name="bob").id)


@pytest.mark.parametrize(("method", "path"), EXPECTED, ids=lambda part: part)
async def test_each_actor_gets_what_the_policy_says(world: World, method: str, path: str) -> None:
    policy = EXPECTED[method, path]

    found = {
        (actor, state): await world.ask(method, path, actor, state, policy)
        for state in policy.states
        for actor in ACTORS
    }

    assert found == {(actor, state): policy.outcome(actor, state) for actor, state in found}
