"""Runs have processes of their own, and none hangs for ever."""

from __future__ import annotations

import os
import signal
import time

import pytest
from campaigns.processes import ProcessFailed, isolated


def test_a_run_has_a_process_of_its_own_and_its_result_comes_back() -> None:
    assert isolated(os.getpid, within=10) != os.getpid()


def test_what_a_run_raises_is_told_with_its_traceback() -> None:
    def work() -> None:
        raise LookupError("nothing there")

    with pytest.raises(ProcessFailed, match="LookupError: nothing there"):
        isolated(work, within=10)


def test_a_run_that_hangs_is_ended() -> None:
    with pytest.raises(ProcessFailed, match="no result after 0 s"):
        isolated(lambda: time.sleep(60), within=0.2)


def test_a_run_that_is_killed_is_a_failure() -> None:
    with pytest.raises(ProcessFailed, match="without a word"):
        isolated(lambda: os.kill(os.getpid(), signal.SIGKILL), within=10)
