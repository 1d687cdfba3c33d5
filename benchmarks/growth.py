"""Whether lists stay as fast while a site grows tenfold, and tenfold again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks import client
from benchmarks.articles import MONTHS
from benchmarks.cases import POSTS, warm
from benchmarks.figures import Figure
from benchmarks.measuring import Plan, endless
from benchmarks.misses import UNCACHED, paths_in_the_middle, paths_of_tags
from benchmarks.processes import Process
from benchmarks.progress import bar
from benchmarks.reader import Reader
from benchmarks.stage import Content, Stage
from benchmarks.targets import Request, gets

#: The most that a page may take of the time that it took with a tenth of the posts.
LIMIT = 1.3

#: Of each site: its process, and the pages by their kind.
Sites = Mapping[int, tuple[Process, Mapping[str, Sequence[Request]]]]


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure pages that no cache holds, one at a time, on three sizes of the same site."""
    with ExitStack() as stack:
        sites = {size: _site(stage, size, plan, stack) for size in sizes(plan)}
        kinds = list(next(iter(sites.values()))[1])
        figures = []
        with bar("growth", len(kinds) * plan.rounds) as progress:
            for kind in kinds:
                figure = Figure(f"{kind}, ten times the posts", "of the time", limit=LIMIT)
                rounds = []
                for number in range(plan.rounds):
                    rounds.append(_round(sites, kind, plan.seconds, number, figure))
                    progress(1)
                figures.append(_judged(figure, rounds))
        return figures


def sizes(plan: Plan) -> tuple[int, int, int]:
    """Return how many posts the three sites have."""
    return plan.posts // 100, plan.posts // 10, plan.posts


def _site(
    stage: Stage, size: int, plan: Plan, stack: ExitStack
) -> tuple[Process, Mapping[str, Sequence[Request]]]:
    variables = {**UNCACHED, "CMS_LOG_LEVEL": plan.log_level}
    process = stack.enter_context(stage.serve(stage.database(Content(size)), **variables))
    with Reader(process) as api:
        pages = {
            "list": [POSTS],
            "list of a tag": paths_of_tags(api),
            "list of an author": _paths_of_authors(api),
            "list of a month": [f"{POSTS}?month={month}" for month in MONTHS],
            "page in the middle": paths_in_the_middle(api, size),
        }
    asked = {kind: gets(paths) for kind, paths in pages.items()}
    for requests in asked.values():
        warm(process, requests)
    return process, asked


def _paths_of_authors(api: Reader) -> list[str]:
    """Return the addresses of the lists of all authors: the latest posts are by each of them."""
    items = next(iter(api.pages(POSTS, "author")))["items"]
    return [f"{POSTS}?author={id}" for id in sorted({item["author"]["id"] for item in items})]


def _round(
    sites: Sites, kind: str, seconds: int, number: int, figure: Figure
) -> Mapping[int, float]:
    """Return the milliseconds that a page takes at the median on each site."""
    took = {}
    for size, (process, pages) in sites.items():
        drawn = endless(pages[kind], random.Random(number))
        tally = asyncio.run(client.send(process.address(), drawn, seconds=float(seconds)))
        figure.fail(tally.errors, tally.refusal)
        took[size] = 1000 * median(tally.latencies)
    return took


def _judged(figure: Figure, rounds: Sequence[Mapping[int, float]]) -> Figure:
    *_, tenth, whole = rounds[0]
    figure.values += [took[whole] / took[tenth] for took in rounds]
    for size in rounds[0]:
        figure.details[f"ms, {size:,} posts"] = round(median(took[size] for took in rounds), 2)
    return figure
