"""The model of the cache: ours holds, every wrong one is told from it, and it does cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from campaigns.faults import FAULTS
from campaigns.model import variants
from campaigns.model.campaign import Load, worlds
from campaigns.model.checker import Checker
from campaigns.model.protocol import Protocol, is_settled
from campaigns.model.rules import RULES, Rules, World
from campaigns.model.states import Phase, Reader

ALONE = World(readers=(0, 0), writers=(0,))
APART = World(readers=(0, 1), writers=(0,))
PLAN = World(readers=(0, 0), plan=True)
RESTORE = World(readers=(0, 0), writers=(0, 0), restores=1)
WRONG = [
    (variants.delete_after_commit, APART, 9),
    (variants.delete_before_commit, APART, 9),
    (variants.delete_twice, APART, 10),
    (variants.join_query_in_flight, ALONE, 7),
    (variants.renew_after_commit, APART, 11),
    (variants.renew_before_commit, ALONE, 11),
    (variants.delete_generations, ALONE, 7),
    (variants.read_gens_last, ALONE, 11),
    (variants.count_generations, RESTORE, 11),
    (variants.join_older_load, ALONE, 8),
    (variants.ignore_due, PLAN, 5),
    (variants.trust_workers_clock, PLAN, 5),
]


def count_to_three(number: int) -> Iterator[tuple[str, int]]:
    if number < 3:
        yield "one more", number + 1
        yield "two more", number + 2


def never(state: object) -> None:
    return None


def test_the_way_to_a_broken_state_is_the_shortest() -> None:
    checker = Checker(count_to_three, lambda number: "three" if number == 3 else None, never)

    broken = checker.explore([0]).broken

    assert str(broken) == "  1 one more\n  2 two more\n    three"


def test_a_state_where_nothing_can_happen_is_judged_as_an_end() -> None:
    checker = Checker(count_to_three, never, lambda number: f"ends at {number}")

    broken = checker.explore([0]).broken

    assert broken is not None
    assert broken.kind == "ends at 3"


def test_an_exploration_that_was_given_up_is_not_complete() -> None:
    assert Checker(count_to_three, never, never).explore([0]).complete
    assert not Checker(count_to_three, never, never, most=2).explore([0]).complete


@pytest.mark.parametrize(
    "world",
    [ALONE, APART, PLAN, World((0, 1), (0,), hostile=True), World((0, 0), (0,), restores=1)],
)
def test_the_protocol_holds(world: World) -> None:
    explored = Protocol(RULES, world).explore()

    assert explored.broken is None
    assert explored.complete


@pytest.mark.parametrize(("variant", "world", "steps"), WRONG)
def test_a_wrong_variant_is_caught_on_the_shortest_way(
    variant: Callable[[Rules], Rules], world: World, steps: int
) -> None:
    broken = Protocol(variant(RULES), world).explore().broken

    assert broken is not None
    assert broken.kind == ("early" if variant is variants.trust_workers_clock else "stale")
    assert len(broken.trace) == steps


def test_every_wrong_variant_is_a_planted_fault() -> None:
    planted = {
        replace
        for fault in FAULTS.values()
        for target, replace in fault.replacements.items()
        if target == "campaigns.model.rules:RULES"
    }

    assert planted == {variant for variant, _, _ in WRONG}


def test_what_a_slow_reader_puts_back_after_a_delete_stays() -> None:
    broken = Protocol(variants.delete_after_commit(RULES), APART).explore().broken

    assert broken is not None
    assert broken.trace[-1] == "reader 2 comes and finds (0,)"
    assert broken.trace.index("Redis stores (0,)") > broken.trace.index(
        "writer 1 deletes the key in Redis"
    )


def test_a_repeated_read_is_a_hit_wherever_everything_is_settled() -> None:
    protocol = Protocol(RULES, ALONE)
    settled = [state for state in protocol.explore().reached if is_settled(state)]

    assert len(settled) > 30
    assert protocol.repeat(settled).broken is None


def test_a_second_process_hits_what_the_first_has_put_into_redis() -> None:
    protocol = Protocol(RULES, World(readers=(0, 1), calm=True))
    checker = Checker(protocol.steps, protocol.judge, protocol.judge_repeated)

    assert checker.explore(protocol.initial()).broken is None


def test_a_repeated_read_that_was_loaded_is_told() -> None:
    protocol = Protocol(RULES, ALONE)
    state = next(protocol.initial())
    hit, loaded = Reader(Phase.ANSWERED, hit=True), Reader(Phase.ANSWERED)

    assert protocol.judge_repeated(state._replace(readers=(loaded, hit))) is None
    assert protocol.judge_repeated(state._replace(readers=(hit, loaded))) == "no hit"
    assert protocol.judge_repeated(state._replace(readers=(hit, Reader()))) == "stuck"


def test_the_worlds_grow_with_the_load() -> None:
    assert worlds(Load(3, 2))["two-processes"] == World((0, 1, 0), (0, 0))
