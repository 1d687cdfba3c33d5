"""Outcomes and records as campaigns leave them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from campaigns.campaign import Assignment, Engine, Outcome, Size
from campaigns.results import Record, Results


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path)


@pytest.fixture
def assignment() -> Assignment:
    return Assignment("events", Size.FULL, Engine.SQLITE, 1, "kills")


@pytest.fixture
def record(assignment: Assignment) -> Callable[..., Record]:
    """``record(outcome, seed=…)``: what a full run of `events` with 10 things leaves."""

    def record(outcome: Outcome | None = None, seed: int = 1, fault: str | None = None) -> Record:
        return Record(
            assignment=Assignment("events", Size.FULL, Engine.SQLITE, seed, "kills", fault),
            parameters={"things": 10},
            outcome=outcome or Outcome(cases=100, violations={"lost": 0}),
            versions={"python": "3.11"},
            commit="abc",
            date="2026-11-23T08:00:00+00:00",
            seconds=1.0,
        )

    return record
