"""The page of the figures says what the kept results say."""

from __future__ import annotations

from collections.abc import Callable

from campaigns import documents
from campaigns.campaign import Outcome
from campaigns.results import Record, Results


def test_the_page_is_up_to_date() -> None:
    """If not: ``python -m campaigns report --write``."""
    assert documents.PAGE.read_text() == documents.current(Results())


def test_seeds_of_one_variant_are_added_up(results: Results, record: Callable[..., Record]) -> None:
    for seed in (1, 2):
        outcome = Outcome(cases=5000, injected={"kills": 60}, violations={"lost": 0})
        results.append(record(outcome, seed=seed))

    row = "| events, kills | sqlite | 1, 2 | 10,000 | 120 kills | none | 0 |"
    assert row in documents.tables(results)


def test_of_shares_the_least_is_told(results: Results, record: Callable[..., Record]) -> None:
    for seed, share in ((1, 0.984), (2, 0.456)):
        results.append(record(Outcome(cases=5, load={"hit_ratio": share}), seed=seed))

    assert "| 10 | none | 0.46 hit ratio | 0 |" in documents.tables(results)


def test_violations_are_told(results: Results, record: Callable[..., Record]) -> None:
    results.append(record(Outcome(cases=10, violations={"lost": 3, "invented": 0})))

    assert "| 10 | none | none | 3 lost |" in documents.tables(results)


def test_the_last_run_of_a_seed_counts(results: Results, record: Callable[..., Record]) -> None:
    results.append(record(Outcome(cases=10, violations={"lost": 3})))
    results.append(record(Outcome(cases=20, violations={"lost": 0})))

    assert "| 1 | 20 | none | none | 0 |" in documents.tables(results)


def test_runs_with_a_planted_fault_are_no_figures(
    results: Results, record: Callable[..., Record]
) -> None:
    caught = Outcome(cases=10, violations={"lost": 3})
    results.append(record(caught, fault="outbox-outside-transaction"))

    assert "3 lost" not in documents.tables(results)
