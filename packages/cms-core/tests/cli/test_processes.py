"""``cms dev``, ``cms serve`` and ``cms worker`` as the processes that operators start."""

import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cms_core.settings import random_secret

Start = Callable[..., Any]


def status(url: str) -> int:
    return httpx2.get(f"{url}/api/v1/nothing").status_code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_dev_answers_where_it_says_and_stops_cleanly(start: Start, number: int) -> None:
    running = start("dev", "--port", "0")
    assert status(running.url()) == 404
    assert running.stop(number) == 0


def test_dev_keeps_its_secret_key_to_itself(start: Start, data: Path) -> None:
    start("dev", "--port", "0").url()
    key = data / "secret-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_text().strip()) >= 32


def test_dev_says_which_port_is_taken(start: Start, tmp_path: Path) -> None:
    port = start("dev", "--port", "0").url().rpartition(":")[2]
    assert start("dev", "--port", port).process.wait(30) == 1
    assert f"port {port}: Address already in use. Choose another" in (tmp_path / "log").read_text()


def test_serve_takes_the_key_that_dev_made(start: Start) -> None:
    start("dev", "--port", "0").url()
    assert status(start("serve", "--port", "0").url()) == 404


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_ends_well_after_sigterm(start: Start, workers: str) -> None:
    key = random_secret()
    running = start("serve", "--port", "0", "--workers", workers, CMS_SECRET_KEY=key)
    assert status(running.url()) == 404
    assert running.stop(signal.SIGTERM) == 0


def test_serve_refuses_a_missing_key(start: Start, tmp_path: Path) -> None:
    assert start("serve", "--port", "0").process.wait(30) == 1
    assert "Error: CMS_SECRET_KEY is not set." in (tmp_path / "log").read_text()


def test_serve_stops_on_faulty_plugins(start: Start, tmp_path: Path) -> None:
    variables = {"CMS_PLUGINS__ENABLED": "absent", "CMS_SECRET_KEY": random_secret()}
    assert start("serve", "--port", "0", **variables).process.wait(30) == 78
    assert "P090 absent" in (tmp_path / "log").read_text()


def test_the_worker_ends_well_after_sigterm(start: Start, data: Path) -> None:
    variables = {"CMS_SECRET_KEY": random_secret(), "CMS_LOG_LEVEL": "DEBUG"}
    running = start("worker", **variables)
    while not (data / "cms.sqlite3-wal").exists():
        assert running.process.poll() is None
    assert running.stop(signal.SIGTERM) == 0


def test_a_worker_that_is_told_to_does_what_is_due_and_ends(start: Start) -> None:
    assert start("worker", "--once", CMS_SECRET_KEY=random_secret()).process.wait(30) == 0
