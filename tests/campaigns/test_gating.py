"""What makes a run fail: counts, never times."""

from __future__ import annotations

import pytest
from campaigns.campaign import Outcome, Size
from campaigns.catalogue import CAMPAIGNS
from campaigns.ci import assignments
from campaigns.fault import Fault, FaultTargetGone
from campaigns.faults import FAULTS

HELD = Outcome(cases=10, injected={"kills": 5}, floors={"kills": 5}, violations={"lost": 0})


def test_a_run_passes_that_reached_its_load_and_broke_nothing() -> None:
    assert HELD.failure(None) is None


def test_a_broken_promise_fails() -> None:
    broken = Outcome(cases=10, violations={"lost": 2, "early": 0})

    assert broken.failure(None) == "violations: 2 lost"


@pytest.mark.parametrize("injected", [{"kills": 4}, {}])
def test_too_little_load_fails(injected: dict[str, int]) -> None:
    idle = Outcome(cases=10, injected=injected, floors={"kills": 5})

    assert idle.failure(None) == "the load was not reached: kills < 5"


def test_a_planted_fault_that_nobody_noticed_fails() -> None:
    assert HELD.failure("boundary-ignored") == "the planted fault 'boundary-ignored' was not caught"


def test_a_planted_fault_is_caught_whatever_the_load() -> None:
    noticed = Outcome(cases=10, floors={"kills": 5}, violations={"lost": 1})

    assert noticed.failure("boundary-ignored") is None


def test_a_planted_fault_that_only_breaks_things_is_not_caught() -> None:
    broken = Outcome(cases=10, violations={"stale": 0, "failed": 12, "crashed": 1})

    assert broken.failure("boundary-ignored") is not None
    assert broken.failure(None) == "violations: 12 failed, 1 crashed"


def test_slowness_does_not_fail() -> None:
    slow = Outcome(cases=10, figures={"late_p99": 3600.0})

    assert slow.failure(None) is None


def test_a_fault_whose_target_is_gone_can_not_be_planted() -> None:
    gone = Fault("gone", "events", "kills", (), "", {"cms_core.db.session:renamed": lambda _: None})

    with pytest.raises(FaultTargetGone, match="session:renamed"):
        gone.plant()


def test_every_fault_belongs_to_a_variant_that_runs_where_it_is_planted() -> None:
    for fault in FAULTS.values():
        campaign = CAMPAIGNS[fault.campaign]
        assert fault.variant in campaign.variants
        assert all((Size.CI, engine) in campaign.loads for engine in fault.engines)


def test_ci_runs_everything_in_its_own_size() -> None:
    runs = list(assignments())

    assert {run.size for run in runs} == {Size.CI}
    assert {run.fault for run in runs} == {None, *FAULTS}
    assert {(run.campaign, run.variant, run.engine) for run in runs if run.fault is None} == {
        (campaign.name, variant, engine)
        for campaign in CAMPAIGNS.values()
        for size, engine in campaign.loads
        for variant in campaign.variants
        if size is Size.CI
    }


def test_every_campaign_has_a_fault_that_it_must_catch() -> None:
    assert {fault.campaign for fault in FAULTS.values()} == set(CAMPAIGNS)
