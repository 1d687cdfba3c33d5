"""Published content out of the cache: what readers ask for again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from benchmarks.bare import Kind
from benchmarks.cases import POSTS, Case, compare_all, paths_of_posts, warm
from benchmarks.ceilings import bare
from benchmarks.figures import Figure
from benchmarks.measuring import Plan
from benchmarks.processes import Process
from benchmarks.reader import Reader
from benchmarks.stage import Content, Engine, Stage
from benchmarks.targets import Request, gets

HOT, CONDITIONAL = 100, 1_000
#: Ways to run the CMS, and the least ratio to bare of a post, a hot post, a list and a 304.
FLOORS = {
    "strict": (0.60, 0.65, 0.60, 0.60),
    "bounded 250 ms": (0.85, 0.85, 0.85, 0.85),
    "SQLite, strict": (0.75, 0.75, 0.75, 0.75),
}
_EMBEDDED = {"CMS_CACHE_URL": "memory://"}
#: A post of 5 KB is delivered as Markdown and as HTML, and takes 13 KB of the cache.
_ROOM_FOR_ALL = {"CMS_CACHE_BYTES": str(256 * 2**20)}


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure posts and lists that the cache holds, by ratio to a bare application."""
    with ExitStack() as stack:
        servers = _servers(stage, plan, stack)
        with Reader(servers["strict"]) as api:
            paths = paths_of_posts(api, plan.posts)
            body = api.get(paths[0]).body
        cases = [
            case
            for way, floors in FLOORS.items()
            for case in _cases(way, servers[way], paths, floors)
        ]
        quiet = servers["without request log"]
        warm(quiet, gets(paths))
        cases.append(Case("post, strict, no request log", None, quiet, gets(paths)))
        lookup = stack.enter_context(bare(stage, Kind.LOOKUP, body, paths=paths))
        cases.append(Case("bare with headers and a dictionary", None, lookup, gets(paths)))
        plain = stack.enter_context(bare(stage, Kind.PLAIN, body))
        return compare_all("reads", cases, plain, paths, plan)


def _servers(stage: Stage, plan: Plan, stack: ExitStack) -> dict[str, Process]:
    content = Content(plan.posts)
    log = {"CMS_LOG_LEVEL": plan.log_level, **_ROOM_FOR_ALL}
    database = stage.database(content)
    embedded = stage.database(content, Engine.SQLITE)
    ways: dict[str, tuple[str, Mapping[str, str]]] = {
        "strict": (database, log),
        "bounded 250 ms": (database, {**log, "CMS_CACHE_BOUNDED_MS": "250"}),
        "SQLite, strict": (embedded, {**log, **_EMBEDDED}),
        "without request log": (database, {**log, "CMS_LOG_LEVEL": "warning"}),
    }
    return {
        way: stack.enter_context(stage.serve(url, **variables))
        for way, (url, variables) in ways.items()
    }


def _cases(way: str, process: Process, paths: Sequence[str], floors: Sequence[float]) -> list[Case]:
    warm(process, gets([*paths, POSTS]))
    with Reader(process) as api:
        tagged = [(path, api.get(path).headers["etag"]) for path in paths[:CONDITIONAL]]
    known = [Request(path, headers={"If-None-Match": etag}) for path, etag in tagged]
    warm(process, known, status=304)
    asked = {
        "post": gets(paths),
        "hot post": gets(paths[:HOT]),
        "list": gets([POSTS]),
        "304": known,
    }
    return [
        Case(f"{what}, {way}", floor, process, requests)
        for (what, requests), floor in zip(asked.items(), floors, strict=True)
    ]
