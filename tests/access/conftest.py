"""A site of which every kind of thing is there, as often as a test says."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient
from PIL import Image
from sqlalchemy import insert, update

from cms_auth.administrator import ensure_administrator
from cms_core import CMS, db_now, new_id
from cms_core.db.outbox import OutboxRow
from cms_core.db.parts import Parts
from cms_posts.models import PostTransition, TransitionState

API, ADMIN = "/api/v1", "/api/v1/admin"
POSTS, TAGS, ME = f"{ADMIN}/posts", f"{ADMIN}/tags", f"{ADMIN}/me"
USERS, ROLES, OUTBOX = f"{ADMIN}/users", f"{ADMIN}/roles", f"{ADMIN}/system/outbox"
MEDIA = f"{ADMIN}/media"
UPLOADS = "/api/v1/admin/uploads"
#: A piece of an upload, and what a request with one says.
WORDS = b"Words"
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
#: Routes about the same kind of thing; all others are about posts.
FAMILIES = (UPLOADS, MEDIA, "/media", USERS, ROLES, OUTBOX, ME, f"{API}/auth", TAGS)

EMAIL, PASSWORD, OTHER = "ada@example.com", "quartz-lantern-92-meadow", "velvet-harbour-17-comet"

Route = tuple[str, str]
Things = dict[str, Any]


def picture(number: int) -> bytes:
    """An image that is like no other."""
    output = BytesIO()
    Image.new("RGB", (2, 2), (number >> 16 & 255, number >> 8 & 255, number & 255)).save(
        output, "PNG"
    )
    return output.getvalue()


class Site:
    """A site with one administrator, who makes things, each with so many others as `size` says."""

    def __init__(self, cms: CMS, client: AsyncClient) -> None:
        self.email, self.passwords = EMAIL, [PASSWORD, OTHER]
        self.size = 1
        self._cms = cms
        self._client = client
        self._made = 0
        self._shown: dict[tuple[int, str], Things] = {}

    async def send(self, method: str, path: str, body: Any = None, **file: Any) -> Any:
        """Send a request, which must succeed: a refusal would count too little."""
        token = self._cms.settings.metrics_token.get_secret_value()
        if path == "/metrics":
            file["headers"] = {"Authorization": f"Bearer {token}"}
        answer = await self._client.request(method, path, json=body, **file)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    async def sign_in(self, email: str = EMAIL, password: str = "") -> Things:
        """Begin a session and stay in it; its tokens are returned."""
        body = {"email": email, "password": password or self.passwords[0]}
        tokens: Things = await self.send("POST", f"{API}/auth/login", body)
        self._client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return tokens

    async def post(self, tags: list[str]) -> Things:
        """Make a live post with revisions since, preview links and a plan."""
        number = self.next()
        content = {"title": "Post", "slug": f"post-{number}", "tags": tags}
        made = await self.send("POST", POSTS, content)
        address = f"{POSTS}/{made['id']}"
        await self.send("POST", f"{address}/publish")
        for revision in range(self.size):
            await self.send("PATCH", address, {"body": f"Words {revision}."})
            link = await self.send("POST", f"{address}/preview-links", {"expires_in": 3600})
        plan = {"action": "unpublish", "at": f"2036-01-01T08:{number % 60:02}:00Z"}
        planned = await self.send("POST", f"{address}/schedule", plan)
        token = str(link["url"]).rpartition("/")[2]
        names = {"id": made["id"], "slug": f"post-{number}", "token": token, "number": 1}
        return {**names, "link_id": link["id"], "transition_id": planned["id"]}

    async def things(self, route: Route) -> Things:
        """Return the names of what a request of this route is about; what it changes is new."""
        method, path = route
        family = next((each for each in FAMILIES if path.startswith(each)), POSTS)
        if method != "GET":
            return await self._make(path)
        if (self.size, family) not in self._shown:
            self._shown[self.size, family] = await self._make(path)
        return self._shown[self.size, family]

    async def _make(self, path: str) -> Things:
        if path.startswith((UPLOADS, MEDIA, "/media")):
            return await (self._upload if path.startswith(UPLOADS) else self._file)(path)
        if path.startswith(USERS):
            return await self._account()
        if path.startswith(ROLES):
            role = f"clerk-{self.next()}"
            await self.send("PUT", f"{ROLES}/{role}", {"permissions": []})
            return {"name": role}
        if path.startswith(OUTBOX):
            return {"id": await self._parked_deliveries()}
        if path.startswith((ME, f"{API}/auth")):
            return await self._sessions()
        return await self._posts(path)

    async def _posts(self, path: str) -> Things:
        """One post of some tags; where a tag is asked about, as many posts as there shall be."""
        number, about_tags = self.next(), path.startswith(TAGS)
        tags = [f"tag-{number}-{each}" for each in range(self.size + 1)]
        for _ in range(self.size if about_tags else 1):
            made = await self.post(tags)
        if path.endswith(("/untrash", "/purge")):
            await self.send("DELETE", f"{POSTS}/{made['id']}")
        if path.endswith("/retry"):
            await self._give_up(made["transition_id"])
        made["code"], made["into"] = "not-found", tags[1]
        return made | ({"slug": tags[0]} if about_tags else {})

    async def _file(self, path: str) -> Things:
        """A file that as many posts show as there shall be; one to delete, nobody shows."""
        made = await self.send("POST", MEDIA, **self.file_for(("POST", MEDIA)))
        if path == f"{MEDIA}/{{id}}/{{filename}}":
            return {"id": uuid4(), "filename": "words.txt"}
        for _ in range(0 if path == f"{MEDIA}/{{id}}" else self.size):
            cover = {"title": "Post", "cover": made["id"]}
            post = await self.send("POST", POSTS, cover)
            await self.send("POST", f"{POSTS}/{post['id']}/publish")
        return {"id": made["id"], "filename": made["filename"], "format": "webp"}

    async def _upload(self, path: str) -> Things:
        """An upload of which one word is missing, in as many pieces as there shall be."""
        length = str(len(WORDS) * (self.size + 1))
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": length}
        begun = await self._client.post(UPLOADS, headers=headers)
        address = begun.headers["location"]
        for piece in range(self.size):
            offset = str(piece * len(WORDS))
            headers = {**TUS, "Upload-Offset": offset}
            answer = await self._client.patch(address, headers=headers, content=WORDS)
            assert answer.status_code == 204, answer.text
        return {"id": address.rpartition("/")[2]}

    def file_for(self, route: Route) -> Things:
        """The body of a request that uploads a file."""
        method, path = route
        words = f"Words {self.next()}".encode()
        if path.startswith(UPLOADS):
            return self._piece_for(method)
        if (method, path) == ("POST", MEDIA):
            return {"files": {"file": ("picture.png", picture(self.next()))}}
        return {"content": words} if method == "PUT" and path.startswith(MEDIA) else {}

    def _piece_for(self, method: str) -> Things:
        """The last piece of an upload, or the one that a new one consists of."""
        length, offset = str(len(WORDS)), str(len(WORDS) * self.size)
        if method == "POST":
            return {"headers": TUS | {"Upload-Length": length}, "content": WORDS}
        if method == "PATCH":
            return {"headers": TUS | {"Upload-Offset": offset}, "content": WORDS}
        return {"headers": {"Tus-Resumable": "1.0.0"}}

    async def _account(self) -> Things:
        email = f"user-{self.next()}@example.com"
        body = {"email": email, "name": "User", "role": "author", "password": OTHER}
        made = await self.send("POST", USERS, body)
        for _ in range(self.size):
            await self.sign_in(email, OTHER)
        await self.sign_in()
        return {"id": made["id"]}

    async def _sessions(self) -> Things:
        for _ in range(self.size):
            tokens = await self.sign_in()
        listed = await self.send("GET", f"{ME}/sessions")
        other = [each["id"] for each in listed["items"] if not each["current"]]
        return {"id": other[0], "refresh_token": tokens["refresh_token"]}

    async def _parked_deliveries(self) -> int:
        row = {"event": "x.Y", "aggregate": f"x-{self.next()}", "payload": {}, "attempts": 30}
        row |= {"subscriber": "posts.nobody", "due_at": None}
        rows = [{**row, "event_id": new_id()} for _ in range(self.size)]
        written = insert(OutboxRow).values(created_at=db_now()).returning(OutboxRow.id)
        async with self._cms.db.transaction() as session:
            ids = (await session.scalars(written, rows)).all()
        return min(ids)

    async def _give_up(self, transition: str) -> None:
        failed = {"state": TransitionState.FAILED, "try_at": None, "attempts": 9}
        of_it = PostTransition.id == UUID(transition)
        async with self._cms.db.transaction() as session:
            await session.execute(update(PostTransition).where(of_it).values(failed))

    def sent(self, route: Route) -> None:
        """Note what a request has changed of the administrator."""
        if route[1].startswith(f"{ME}/password"):
            self.passwords.reverse()

    def next(self) -> int:
        """Return a number that no other name has."""
        self._made += 1
        return self._made


@pytest.fixture
async def site(cms_app: CMS, cms_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Site:
    # Each reading begins with no part of an answer kept, as in a process that has just started.
    use = Parts.use
    monkeypatch.setattr(Parts, "use", lambda _: use(Parts()))
    await ensure_administrator(cms_app, email=EMAIL, name="Ada", password=PASSWORD)
    site = Site(cms_app, cms_client)
    await site.sign_in()
    return site
