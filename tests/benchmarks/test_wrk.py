"""What wrk prints is understood, its errors too."""

from __future__ import annotations

import pytest
from benchmarks.wrk import Printed, Unreadable, parse

CALM = """Running 10s test @ http://127.0.0.1:8000
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.51ms  301.22us  14.24ms   96.52%
    Req/Sec    12.82k   407.73    13.27k    85.00%
  127613 requests in 10.01s, 689.84MB read
Requests/sec:  12751.25
Transfer/sec:     68.93MB
"""
TROUBLED = """  512 requests in 1.5m, 689.84KB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 20
Requests/sec:      5.68
"""


def test_requests_and_seconds() -> None:
    assert parse(CALM) == Printed(requests=127_613, seconds=10.01, errors=0)


def test_refusals_and_broken_connections_are_errors() -> None:
    assert parse(TROUBLED) == Printed(requests=512, seconds=90.0, errors=30)


def test_anything_else_is_told() -> None:
    with pytest.raises(Unreadable, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1 Connection refused")
