"""What goes wrong between storages and S3, on a disk that is full, and what is clean of it."""

from __future__ import annotations

import errno
import json
import os
import random
from pathlib import Path

import pytest
from campaigns.media.fault_proxy import spoilt
from campaigns.media.replies import Reply, parsed
from campaigns.media.small_disk import small_disk
from campaigns.media.weather import EVERY, LASTING, Fault, Weather
from campaigns.processes import isolated
from campaigns.wire import Answer

ANSWER = Answer(206, (("content-length", "10"), ("connection", "close")), b"0123456789")
PROBLEM = {"content-type": "application/problem+json", "retry-after": "1", "content-length": "15"}
REFUSAL = Reply(503, PROBLEM, json.dumps({"status": 503}).encode())


@pytest.fixture
def weather() -> Weather:
    return Weather(random.Random(1))


@pytest.mark.parametrize(
    ("method", "query", "never"),
    [
        ("PUT", "", {Fault.CUT, Fault.SHORT, Fault.LATE_ERROR}),
        ("GET", "", {Fault.LATE_ERROR}),
        ("POST", "?uploadId=1", set()),
    ],
)
def test_all_that_may_happen_to_a_request_happens(
    weather: Weather, method: str, query: str, never: set[Fault]
) -> None:
    requests = EVERY * len(LASTING) * len(Fault)

    seen = {weather.fault(method, f"/{number}{query}") for number in range(requests)}

    assert seen == {None, *Fault} - never


def test_faults_pass_at_once_or_outlast_every_retry(weather: Weather) -> None:
    lasted = set()
    for number in range(1000):
        times = 0
        while weather.fault("PUT", f"/{number}") is not None:
            times += 1
        lasted.add(times)

    assert {0, 1} < lasted
    assert max(lasted) > 1 + 3  # the storage tries three times again


@pytest.mark.parametrize(
    ("fault", "status", "announced", "body"),
    [
        (None, 206, 10, b"0123456789"),
        (Fault.SLOW, 206, 10, b"0123456789"),
        (Fault.CUT, 206, 10, b"01234"),
        (Fault.SHORT, 206, 5, b"01234"),
    ],
)
def test_an_answer_is_cut_or_short(
    fault: Fault | None, status: int, announced: int, body: bytes
) -> None:
    reply = parsed(spoilt(ANSWER, fault))

    assert (reply.status, reply.announced, reply.body) == (status, announced, body)


def test_an_error_comes_late() -> None:
    reply = parsed(spoilt(ANSWER, Fault.LATE_ERROR))

    assert reply.status == 200
    assert b"<Code>InternalError</Code>" in reply.body


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.RESET_ANSWER])
def test_of_an_answer_that_is_lost_no_head_is_whole_or_no_body(fault: Fault) -> None:
    reply = parsed(spoilt(ANSWER, fault))

    assert (reply.status == 0) or len(reply.body) < reply.announced


def test_a_whole_problem_refuses() -> None:
    assert REFUSAL.refuses(503)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, PROBLEM, REFUSAL.body),
        Reply(503, PROBLEM, REFUSAL.body[:-1]),
        Reply(503, PROBLEM, json.dumps({"status": 502}).encode()),
        Reply(503, PROBLEM | {"content-type": "text/plain"}, REFUSAL.body),
        Reply(503, {name: PROBLEM[name] for name in PROBLEM if name != "retry-after"}, b"{}"),
        parsed(b"HTTP/1.1 503"),
    ],
)
def test_anything_else_does_not(reply: Reply) -> None:
    assert not reply.refuses(503)


def test_a_small_disk_is_full_for_those_who_see_it(tmp_path: Path) -> None:
    disk = tmp_path / "disk"

    def fill() -> str:
        with small_disk(disk, 2**20):
            try:
                (disk / "file").write_bytes(bytes(2**21))
            except OSError as error:
                return error.strerror or ""
            return "there was room"

    assert isolated(fill, within=10) == os.strerror(errno.ENOSPC)
    assert not list(disk.iterdir())


def test_a_small_disk_is_seen_by_nobody_else(tmp_path: Path) -> None:
    disk = tmp_path / "disk"

    def look() -> str:
        # What was open before still looks at what everybody sees.
        everybody = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
        with small_disk(disk, 2**20):
            mine = os.stat(disk).st_dev
            theirs = os.stat(disk.name, dir_fd=everybody).st_dev
            return "mine alone" if mine != theirs else "everybody's"

    assert isolated(look, within=10) == "mine alone"
