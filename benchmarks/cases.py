"""Reads that are compared with a bare application, one case after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import client
from benchmarks.figures import Figure
from benchmarks.measuring import Plan, compare, reader
from benchmarks.processes import Process
from benchmarks.progress import bar
from benchmarks.reader import Reader, Refused
from benchmarks.targets import Request, gets

POSTS = "/api/v1/posts"


@dataclass(frozen=True, slots=True)
class Case:
    """What one server is asked."""

    name: str
    floor: float | None
    process: Process
    requests: Sequence[Request]


def paths_of_posts(api: Reader, count: int) -> list[str]:
    """Return the addresses of so many posts, the latest first."""
    paths: list[str] = []
    for page in api.pages(POSTS, "slug"):
        paths += [f"{POSTS}/{item['slug']}" for item in page["items"]]
        if len(paths) >= count:
            break
    return paths[:count]


def warm(process: Process, requests: Sequence[Request], status: int = 200) -> None:
    """Send each request once; all must be answered with that status. Raises `Refused`."""
    raw = iter([each.raw() for each in requests])
    tally = asyncio.run(client.send(process.address(), raw, connections=4))
    if set(tally.statuses) != {status}:
        told = f"{dict(tally.statuses)}, not {status} alone; {tally.refusal}"
        raise Refused(f"{requests[0].path} and such: {told}")


def compare_all(
    label: str, cases: Sequence[Case], plain: Process, paths: Sequence[str], plan: Plan
) -> list[Figure]:
    """Measure each case and `plain`, which is asked for these paths, in turn."""
    figures = []
    ceiling = reader(plain, gets(paths), plan)
    with bar(label, len(cases) * plan.rounds) as progress:
        for case in cases:
            figure = Figure(case.name, "of bare", floor=case.floor)
            ours = reader(case.process, case.requests, plan)
            asyncio.run(compare(figure, ceiling, ours, plan, progress))
            figures.append(figure)
    return figures
