"""What authors do, through the authoring API, with all that is promised of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle, islice

from benchmarks import client
from benchmarks.articles import SEED, TAGS_OF_ONE, Writer
from benchmarks.bare import Kind
from benchmarks.cases import paths_of_posts
from benchmarks.ceilings import bare
from benchmarks.failures import Failed
from benchmarks.figures import Figure
from benchmarks.measuring import Contender, Plan, Sent, compare, dispatch, reader
from benchmarks.processes import Process
from benchmarks.progress import bar
from benchmarks.reader import Reader
from benchmarks.stage import ADMIN, Content, Stage
from benchmarks.targets import Request, gets

POSTS = "/api/v1/admin/posts"
CONNECTIONS = 16
#: Requests that are not counted, so that statements are compiled and connections open.
WARM = 50
#: The least ratio to bare.
CREATE, UPDATE, PUBLISH = 0.02, 0.02, 0.015
#: Bodies are made before the load begins: to make one takes the client as long as to send many.
#: A prime number, so that a post that is changed again does not get the body that it has.
BODIES = 499
#: Drafts to publish, per second that is measured; a round ends early where they are used up.
DRAFTS = 300


class NothingLeft(Failed):
    """The server was faster than was thought possible."""


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure creating, changing and publishing, by ratio to a bare application."""
    content = Content(plan.posts, drafts=DRAFTS * plan.seconds * plan.rounds)
    with ExitStack() as stack:
        process = stack.enter_context(
            stage.serve(stage.copy(content), CMS_LOG_LEVEL=plan.log_level)
        )
        with Reader(process) as api:
            paths = paths_of_posts(api, plan.posts)
            body = api.get(paths[0]).body
            author = Author(api)
            live, drafts = author.posts("published"), author.posts("draft")
        asked = {
            "create": (CREATE, author.creations()),
            "update": (UPDATE, author.changes(live)),
            "publish": (PUBLISH, author.publications(drafts)),
        }
        plain = stack.enter_context(bare(stage, Kind.PLAIN, body))
        ceiling = reader(plain, gets(paths), plan)
        figures = []
        with bar("writes", len(asked) * plan.rounds) as progress:
            for name, (floor, requests) in asked.items():
                figure = Figure(name, "of bare", floor=floor)
                raw = (each.raw() for each in requests)
                asyncio.run(client.send(process.address(), islice(raw, WARM), connections=4))
                ours = _writer(process, raw, plan)
                asyncio.run(compare(figure, ceiling, ours, plan, progress))
                figures.append(figure)
        return figures


class Author:
    """The administrator, signed in, and what is to be sent in its name: never the same twice."""

    def __init__(self, api: Reader) -> None:
        token = api.post("/api/v1/auth/login", ADMIN).json["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}
        api.headers |= self._headers
        self._api = api
        self._writer = Writer(SEED + 1)
        self._bodies = cycle(["\n\n".join(self._writer.paragraphs()) for _ in range(BODIES)])

    def posts(self, status: str) -> list[str]:
        """Return the ids of all posts of that status."""
        pages = self._api.pages(POSTS, "id", status=status)
        return [item["id"] for page in pages for item in page["items"]]

    def creations(self) -> Iterator[Request]:
        """Yield new posts, without end."""
        while True:
            title = self._writer.title()
            tags = self._writer.words[:60]
            chosen = self._writer.choice.sample(tags, TAGS_OF_ONE)
            yield self._send(
                "POST", POSTS, {"title": title, "body": next(self._bodies), "tags": chosen}
            )

    def changes(self, posts: Sequence[str]) -> Iterator[Request]:
        """Yield new bodies of these posts, without end, one after the other."""
        while True:
            for id in posts:
                yield self._send("PATCH", f"{POSTS}/{id}", {"body": next(self._bodies)})

    def publications(self, posts: Sequence[str]) -> Iterator[Request]:
        """Yield the publication of each of these posts."""
        for id in posts:
            yield self._send("POST", f"{POSTS}/{id}/publish", {})

    def _send(self, method: str, path: str, body: Mapping[str, object]) -> Request:
        return Request(path, method, self._headers, json.dumps(body).encode())


def _writer(process: Process, raw: Iterator[bytes], plan: Plan) -> Contender:
    """Return a contender that gets these requests in their order, whatever the round."""

    async def send(_: int) -> Sent:
        sent = await dispatch(process.address(), raw, CONNECTIONS, plan.seconds)
        if not sent.requests:
            raise NothingLeft
        return sent

    return Contender(process, send)
