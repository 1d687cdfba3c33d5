"""Full runs are kept, and taken up where they ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from campaigns.campaign import Assignment, Engine, Outcome
from campaigns.results import Record, Results

PARAMETERS = {"things": 10}


def test_a_seed_that_passed_is_not_run_again(
    results: Results, record: Callable[..., Record], assignment: Assignment
) -> None:
    results.append(record())

    assert results.holds(assignment, PARAMETERS)
    assert not results.holds(replace(assignment, seed=2), PARAMETERS)


def test_another_engine_variant_or_load_is_another_run(
    results: Results, record: Callable[..., Record], assignment: Assignment
) -> None:
    results.append(record())

    assert not results.holds(replace(assignment, engine=Engine.POSTGRESQL), PARAMETERS)
    assert not results.holds(replace(assignment, variant="calm"), PARAMETERS)
    assert not results.holds(assignment, {"things": 20})


def test_a_seed_that_failed_is_run_again(
    results: Results, record: Callable[..., Record], assignment: Assignment
) -> None:
    results.append(record(Outcome(cases=1, violations={"lost": 1})))

    assert not results.holds(assignment, PARAMETERS)


def test_a_run_with_a_planted_fault_does_not_stand_for_one_without(
    results: Results, record: Callable[..., Record], assignment: Assignment
) -> None:
    caught = Outcome(cases=1, violations={"lost": 1})
    results.append(record(caught, fault="outbox-outside-transaction"))

    assert not results.holds(assignment, PARAMETERS)


def test_another_commit_is_no_reason_to_repeat(
    results: Results, record: Callable[..., Record], assignment: Assignment
) -> None:
    results.append(replace(record(), commit="def"))

    assert results.holds(assignment, PARAMETERS)


def test_a_line_holds_all_that_was_found(results: Results, record: Callable[..., Record]) -> None:
    outcome = Outcome(
        cases=100,
        injected={"kills": 30},
        load={"deliveries": 1200},
        violations={"lost": 0},
        figures={"late_p99": 0.12345},
    )
    results.append(record(outcome, seed=7))

    (line,) = results.read("events")

    assert (line["seed"], line["engine"], line["size"], line["fault"]) == (
        7,
        "sqlite",
        "full",
        None,
    )
    assert (line["cases"], line["injected"], line["load"]) == (
        100,
        {"kills": 30},
        {"deliveries": 1200},
    )
    assert (line["violations"], line["figures"]) == ({"lost": 0}, {"late_p99": 0.123})
    assert (line["commit"], line["passed"]) == ("abc", True)
