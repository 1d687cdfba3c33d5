"""Published content that no cache holds: the database is asked each time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from itertools import islice

from benchmarks.articles import LAST
from benchmarks.bare import Kind
from benchmarks.cases import POSTS, Case, compare_all, paths_of_posts, warm
from benchmarks.ceilings import bare
from benchmarks.figures import Figure
from benchmarks.measuring import Plan
from benchmarks.reader import Reader
from benchmarks.stage import Content, Stage
from benchmarks.targets import gets

#: A CMS that keeps no answer, neither in the process nor in Redis.
UNCACHED = {"CMS_CACHE_URL": "memory://", "CMS_CACHE_BYTES": "0"}
#: Pages around the middle of the list that are asked for, and instants that lists end before.
DEEP = INSTANTS = 60
#: Requests that come at once for one address share the answer, cached or not. So lists are asked
#: for with so many items, 20 on average, which makes addresses enough.
LENGTHS = range(16, 25)
WARM = 50
#: The least ratio to bare; 0.10 is the aim for a post.
FLOORS = {"post": 0.06, "list": 0.05, "list of a tag": 0.05, "deep page": 0.05}


def run(stage: Stage, plan: Plan) -> list[Figure]:
    """Measure reads that miss, by ratio to a bare application."""
    database = stage.database(Content(plan.posts))
    variables = {**UNCACHED, "CMS_LOG_LEVEL": plan.log_level}
    with ExitStack() as stack:
        process = stack.enter_context(stage.serve(database, **variables))
        with Reader(process) as api:
            posts = paths_of_posts(api, plan.posts)
            body = api.get(posts[0]).body
            asked = {
                "post": posts,
                "list": with_lengths(_paths_of_first_pages()),
                "list of a tag": with_lengths(paths_of_tags(api)),
                "deep page": with_lengths(paths_in_the_middle(api, plan.posts)),
            }
        cases = [
            Case(f"{what}, miss", FLOORS[what], process, gets(paths))
            for what, paths in asked.items()
        ]
        for case in cases:
            warm(process, case.requests[:WARM])
        row = stack.enter_context(bare(stage, Kind.ROW, body, database=database))
        warm(row, gets(posts[:WARM]))
        cases.append(Case("bare with one row by asyncpg", None, row, gets(posts)))
        plain = stack.enter_context(bare(stage, Kind.PLAIN, body))
        return compare_all("misses", cases, plain, posts, plan)


def with_lengths(paths: Sequence[str]) -> list[str]:
    """Return the addresses of these lists with each of the lengths."""
    return [f"{path}&limit={length}" for path in paths for length in LENGTHS]


def _paths_of_first_pages() -> list[str]:
    """Return addresses of the first page, of what was published before this and that instant."""
    ends = (LAST - timedelta(minutes=number) for number in range(INSTANTS))
    return [f"{POSTS}?published_before={end:%Y-%m-%dT%H:%M:%SZ}" for end in ends]


def paths_of_tags(api: Reader) -> list[str]:
    """Return the addresses of the lists of all tags."""
    return [
        f"{POSTS}?tag={item['slug']}"
        for page in api.pages("/api/v1/tags", "slug")
        for item in page["items"]
    ]


def paths_in_the_middle(api: Reader, count: int) -> list[str]:
    """Return the addresses of some pages in the middle of a list of so many posts, by cursor."""
    limit = min(100, count // 100)
    pages = islice(api.pages(POSTS, "id", limit=str(limit)), count // limit // 2)
    return [f"{POSTS}?cursor={page['next_cursor']}" for page in pages][-DEEP:]
