"""All benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks import files, growth, memory, misses, publishing, reads, writes
from benchmarks.figures import Figure
from benchmarks.measuring import Plan
from benchmarks.stage import Stage


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark with what it does by default."""

    what: str
    run: Callable[[Stage, Plan], list[Figure]]
    seconds: int = 10
    posts: int = 10_000


BENCHMARKS: Mapping[str, Benchmark] = {
    "reads": Benchmark("Measure posts, lists and 304 that the cache holds.", reads.run),
    "misses": Benchmark("Measure posts and lists that no cache holds.", misses.run),
    "writes": Benchmark("Measure creating, changing and publishing posts.", writes.run),
    "growth": Benchmark(
        "Measure lists with so many posts, a tenth and a hundredth.", growth.run, 3, 100_000
    ),
    "publishing": Benchmark("Measure how fast a worker publishes what is due.", publishing.run),
    "files": Benchmark("Measure uploads of 200 MB and downloads of 1 MB.", files.run, posts=100),
    "memory": Benchmark("Measure the memory of a process, its cache empty and full.", memory.run),
}
