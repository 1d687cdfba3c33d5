"""No draft and no secret leaks: not in any answer, and not in what is kept, counted or logged."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from fastapi.routing import APIRoute
from pydantic import SecretStr
from redis.asyncio import Redis

from campaigns.arena import Arena, plugins
from campaigns.campaign import Campaign, Engine, Outcome, Size
from campaigns.hiding import Hider
from campaigns.histories import Names
from campaigns.markers import Markers
from campaigns.progress import bar
from campaigns.questions import Questions
from campaigns.sites import Desk, served, shared_cache, sign_in
from campaigns.violations import Violations
from campaigns.wire import Answer, Headers, NoAnswer, Request, Wire, close_all
from cms_core import CMS, AdminRouter, build_cms
from cms_core.settings import LogLevel, Settings
from cms_core.telemetry import configure_logging

ASKERS = 6
#: Of all requests, those that go through the routes and the actors one by one.
IN_TURN = 0.4
#: Things that are hidden before anybody asks.
FIRST = 20
_PARAMETER = re.compile(r"\{(\w+)(:\w+)?\}")
_GARBAGE = (("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."),)


@dataclass(frozen=True, slots=True)
class Load:
    answers: int
    #: Answers after each thing that is hidden.
    batch: int


def run(arena: Arena, load: Load) -> Outcome:
    """Hide something, let everybody ask for everything, and look for it in what they get."""
    markers = Markers()
    with shared_cache(arena) as plain, (arena.folder / "lines").open("w") as lines:
        secret = {
            "secret_key": SecretStr(markers.word("secretkey")),
            "metrics_token": SecretStr(markers.word("metricstoken")),
            "plugin_settings": {"auth": {"access_token_lifetime": 3600}},
            "log_level": LogLevel.INFO,
        }
        settings = plain.model_copy(update=secret)
        configure_logging(settings, stream=lines)
        return uvloop.run(_watch(arena, settings, load, markers))


async def _watch(arena: Arena, settings: Settings, load: Load, markers: Markers) -> Outcome:
    cms = build_cms(settings, plugins())
    names, watch = Names(), Watch(markers)
    async with served(cms) as address:
        desk, wires = Desk(address, sign_in(cms)), [Wire(address) for _ in range(ASKERS)]
        hider = Hider(arena.chance("hiding"), desk, cms, names, markers)
        actors = {"nobody": (), "garbage": _GARBAGE, **await hider.begin(wires[0])}
        for _ in range(FIRST):
            await hider.hide()
        crowd = Crowd(arena.chance("crowd"), cms, actors, hider, wires, watch)
        with bar("answers", load.answers) as progress:
            while watch.judged < load.answers:
                await hider.hide()
                await crowd.ask(load.batch)
                progress.show(watch.judged)
        await watch.metrics(wires[0], settings)
        async for text in _kept(cms, settings):
            watch.look_at("kept", text)
        watch.look_at("in_log", (arena.folder / "lines").read_bytes())
        close_all(wires)
        desk.close()
    return _outcome(load, watch, crowd, hider, arena.folder / "lines")


def _outcome(load: Load, watch: Watch, crowd: Crowd, hider: Hider, lines: Path) -> Outcome:
    pairs = len(crowd.pairs)
    logged = len(lines.read_bytes().splitlines())
    return Outcome(
        cases=watch.judged,
        injected={"secrets": watch.markers.made, "changes": hider.hidden.total()},
        load={
            "answers": watch.judged,
            "hits": watch.seen["hits"],
            "found": watch.seen["found"],
            "kept_texts": watch.seen["kept"],
            "log_lines": logged,
            "routes_by_actors": len(crowd.asked),
        },
        floors={
            "answers": load.answers,
            "secrets": 200,
            "hits": load.answers // 10,
            "found": load.answers // 5,
            "kept_texts": 50,
            "log_lines": load.answers,
            "routes_by_actors": pairs,
        },
        violations=watch.found.counts,
        examples=watch.found.examples,
    )


class Watch:
    """Looks for secrets."""

    def __init__(self, markers: Markers) -> None:
        self.markers = markers
        self.found = Violations("in_answer", "in_metrics", "kept", "in_log", "failed")
        self.judged = 0
        self.seen: Counter[str] = Counter()

    def judge(self, request: Request, answer: Answer) -> None:
        """Look at an answer that anybody may get."""
        self.judged += 1
        self.seen["hits"] += answer.is_hit
        self.seen["found"] += answer.status == 200
        head = "\n".join(f"{name}: {value}" for name, value in answer.headers)
        secrets = self.markers.in_answer(head.encode() + b"\n\n" + answer.body, request)
        for secret in secrets:
            where = "head" if secret in head.encode() else "body"
            self.found.note("in_answer", f"{request.target}: {secret.decode()} in the {where}")
        if answer.status >= 500 and answer.status != 503:
            self.found.note("failed", f"{request.target} gave {answer.status}")

    def look_at(self, kind: str, text: bytes) -> None:
        """Look at something that is kept, and not for clients."""
        self.seen[kind] += 1
        for secret in self.markers.in_store(text):
            begin = text.lower().find(secret)
            around = text[max(begin - 150, 0) : begin + 60]
            self.found.note(kind, f"{secret.decode()} in {around!r}")

    async def metrics(self, wire: Wire, settings: Settings) -> None:
        """Look at the figures, as whoever may read them."""
        token = settings.metrics_token.get_secret_value()
        headers = (("Authorization", f"Bearer {token}"),)
        answer = await wire.ask(Request("/metrics", headers))
        if answer.status != 200:
            raise RuntimeError(f"/metrics gave {answer.status}")
        self.look_at("in_metrics", answer.body)


class Crowd:
    """Everybody: asks at every route in turn, and whatever may be asked at published content."""

    def __init__(
        self,
        chance: random.Random,
        cms: CMS,
        actors: Mapping[str, Headers],
        hider: Hider,
        wires: Sequence[Wire],
        watch: Watch,
    ) -> None:
        self._chance = chance
        self._actors = actors
        self._hider = hider
        self._wires = wires
        self._watch = watch
        self._questions = Questions(chance, hider.names)
        self.pairs = [(path, actor) for path in public_routes(cms) for actor in actors]
        #: Which of them were asked.
        self.asked: set[tuple[str, str]] = set()
        self._turn = 0

    async def ask(self, count: int) -> None:
        """Ask for so many things, several at once; and look at the answers."""
        requests = iter([self._request() for _ in range(count)])
        await asyncio.gather(*(self._work_off(requests, wire) for wire in self._wires))
        await self._look_in()

    def _request(self) -> Request:
        if self._chance.random() < IN_TURN:
            return self._in_turn()
        request = self._questions.ask()
        actor = self._chance.choice(list(self._actors.values()))
        return Request(request.target, (*request.headers, *actor), request.method, request.body)

    def _in_turn(self) -> Request:
        path, actor = self.pairs[self._turn % len(self.pairs)]
        self._turn += 1
        self.asked.add((path, actor))
        return Request(_PARAMETER.sub(self._value, path), self._actors[actor])

    def _value(self, parameter: re.Match[str]) -> str:
        names = self._hider.names
        values: dict[str, Sequence[str]] = {
            "slug": [*names.slugs[-40:], *names.ids[-40:]],
            "token": ["x", "AAAA.BBBB", "a" * 80],
            "number": ["0", "1", "2", "99"],
            "code": ["not-found", "slug-taken", "x"],
        }
        return self._chance.choice(values.get(parameter[1], ["x"]))

    async def _work_off(self, requests: Iterator[Request], wire: Wire) -> None:
        for request in requests:
            try:
                answer = await wire.ask(request)
            except NoAnswer as failure:
                self._watch.found.note("failed", str(failure)[:300])
                continue
            self._questions.learn(request, answer)
            if not request.target.lower().startswith("/api/v1/admin"):
                self._watch.judge(request, answer)

    async def _look_in(self) -> None:
        """Read what is hidden, as those who may: nobody else is to find it afterwards."""
        targets = ["/api/v1/admin/posts", "/api/v1/admin/users", "/api/v1/admin/tags"]
        targets += [f"/api/v1/previews/{token}" for token in self._hider.previews[-2:]]
        for target in targets:
            await self._wires[0].ask(Request(target, self._actors["admin"]))


def public_routes(cms: CMS) -> list[str]:
    """The paths of all live routes that anybody may `GET`."""
    return sorted(
        route.path
        for _, router in cms.contributions.routers
        if not isinstance(router, AdminRouter)
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    )


async def _kept(cms: CMS, settings: Settings) -> AsyncIterator[bytes]:
    """All answers that the process keeps, and all that is in Redis."""
    for entry in cms.published.memory._entries.values():
        yield repr((entry.key, entry.headers, entry.gens)).encode() + entry.body
    if settings.cache_url == "memory://":
        return
    redis = Redis.from_url(settings.cache_url)
    async for key in redis.scan_iter(count=500):
        yield repr((key, await _held(redis, key))).encode()
    await redis.aclose()


async def _held(redis: Any, key: Any) -> object:
    """Return what Redis keeps under a key."""
    kind = await redis.type(key)
    ways = {b"string": redis.get, b"set": redis.smembers, b"hash": redis.hgetall}
    if kind not in ways:
        raise LookupError(f"{kind!r} is kept under {key!r}, and nobody knows how to look at it")
    held: object = await ways[kind](key)
    return held


CANARIES = Campaign(
    name="canaries",
    promise="No draft and no secret is in any answer, nor in what is kept, counted or logged.",
    run=run,
    loads={
        (Size.CI, Engine.SQLITE): Load(800, batch=50),
        (Size.CI, Engine.POSTGRESQL): Load(800, batch=50),
        (Size.FULL, Engine.SQLITE): Load(100_000, batch=200),
        (Size.FULL, Engine.POSTGRESQL): Load(100_000, batch=200),
    },
    variants=("everywhere",),
)
