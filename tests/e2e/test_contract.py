"""The API keeps the contract that its own OpenAPI description states, whatever is sent to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

EMAIL, PASSWORD = "admin@example.com", "correct-horse-battery-staple-7"
#: Ends the very session that the run is signed in with.
ENDS_THE_SESSION = "^/api/v1/auth/logout$"


@pytest.fixture
def address(
    start: Callable[..., Any], cms_database_url: str, cms_cache_url: str, tmp_path: Path
) -> Iterator[str]:
    """The address of a served CMS with an administrator and the demo posts."""
    variables = {
        "CMS_DATABASE_URL": cms_database_url,
        "CMS_CACHE_URL": cms_cache_url,
        "CMS_DATA": str(tmp_path),
        "CMS_SECRET_KEY": "a-secret-of-this-test-run-and-no-other",
        "CMS_ADMIN_EMAIL": EMAIL,
        "CMS_ADMIN_PASSWORD": PASSWORD,
        "CMS_LOG_LEVEL": "ERROR",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = start("cms", "users", "create", "--if-none", **variables)
    assert made.ended() == 0, made.output
    url = f"http://127.0.0.1:{port}"
    running = start("cms", "serve", "--port", str(port), **variables, CMS_PUBLIC_URL=url)
    yield running.address()
    assert "Traceback" not in running.output


@pytest.fixture
def token(address: str) -> str:
    """A fresh access token of the administrator."""
    given = {"email": EMAIL, "password": PASSWORD}
    answer = httpx2.post(f"{address}/api/v1/auth/login", json=given)
    return str(answer.json()["access_token"])


def fuzz(address: str, folder: Path, *options: str) -> dict[str, Any]:
    """Run Schemathesis with all of its checks; return its report."""
    report = folder / "report.json"
    schemathesis = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"]
    settings = ["--checks=all", "--continue-on-failure", "--seed=1", "--max-examples=10"]
    reporting = ["--report=json", f"--report-json-path={report}", "--no-color"]
    said = subprocess.run(
        [*schemathesis, *settings, *reporting, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout[-20_000:] + said.stderr[-2_000:]
    result: dict[str, Any] = json.loads(report.read_text())
    return result


def test_an_administrator_gets_only_documented_answers(
    address: str, token: str, tmp_path: Path
) -> None:
    signed_in = f"Authorization: Bearer {token}"

    report = fuzz(address, tmp_path, "-H", signed_in, f"--exclude-path-regex={ENDS_THE_SESSION}")

    # Had the run signed itself out, every later answer would have been a documented 401.
    me = httpx2.get(f"{address}/api/v1/admin/me", headers={"Authorization": f"Bearer {token}"})
    assert me.status_code == 200
    assert cases(report) >= 700


def test_nobody_gets_only_documented_answers(address: str, tmp_path: Path) -> None:
    report = fuzz(address, tmp_path)

    assert cases(report) >= 300


def cases(report: dict[str, Any]) -> int:
    """How many requests were made and checked."""
    raise AssertionError(json.dumps(report)[:3000])
