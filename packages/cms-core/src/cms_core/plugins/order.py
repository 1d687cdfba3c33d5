"""The order of plugins: what a plugin requires comes before it; ties are broken by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


def in_order(requires: Mapping[str, Collection[str]]) -> tuple[list[str], list[Sequence[str]]]:
    """Return the names in dependency order, and each cycle as a path that ends where it began.

    The names of a cycle are not among the ordered ones.
    """
    cycles: list[Sequence[str]] = []
    graph = {name: set(needed) & set(requires) for name, needed in requires.items()}
    while True:
        sorter = TopologicalSorter(graph)
        try:
            sorter.prepare()
        except CycleError as error:
            # graphlib tells the path from the required to the requiring.
            cycle = list(reversed(error.args[1]))
            cycles.append(cycle)
            graph = {n: needed - set(cycle) for n, needed in graph.items() if n not in cycle}
            continue
        return _sorted_by_name(sorter), cycles


def _sorted_by_name(sorter: TopologicalSorter[str]) -> list[str]:
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return ordered
