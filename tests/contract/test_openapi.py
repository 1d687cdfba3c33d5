"""The API keeps the contract that its own OpenAPI description states, whatever is sent to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(600)

ADMINISTRATOR = {"CMS_ADMIN_EMAIL": "admin@example.com", "CMS_ADMIN_PASSWORD": "Sturmvogel-41-Ost"}
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
#: A request may fit its schema and still be refused: a cursor of another list, a weak password.
UNCHECKED = "positive_data_acceptance"


@pytest.fixture
def address(
    start: Callable[..., Any],
    free_port: int,
    cms_database_url: str,
    cms_cache_url: str,
    tmp_path: Path,
) -> Iterator[str]:
    """The address of a served CMS that has an administrator."""
    url = f"http://127.0.0.1:{free_port}"
    variables = {
        "CMS_DATABASE_URL": cms_database_url,
        "CMS_CACHE_URL": cms_cache_url,
        "CMS_DATA": str(tmp_path),
        "CMS_SECRET_KEY": "of this run of the tests, and of no other",
        "CMS_PUBLIC_URL": url,
        "CMS_LOG_LEVEL": "ERROR",
        **ADMINISTRATOR,
    }
    made = start("cms", "users", "create", "--if-none", **variables)
    assert made.ended() == 0, made.output
    running = start("cms", "serve", "--port", str(free_port), **variables)
    running.address()
    yield url
    assert "Traceback" not in running.output


def fuzz(address: str, folder: Path, examples: int, **variables: str) -> int:
    """Try every operation with all checks; return how many requests were made.

    The seed is fixed: a change is judged by the same requests as the one before it.
    """
    report = folder / "report.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}"),
            *("run", f"{address}/openapi.json"),
            *("--checks=all", f"--exclude-checks={UNCHECKED}", "--continue-on-failure"),
            *("--seed=1", f"--max-examples={examples}", "--no-color"),
            *("--report=json", f"--report-json-path={report}"),
        ],
        cwd=folder,
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": "serializing", "PYTHONPATH": str(Path(__file__).parent)}
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads(report.read_text())
    assert done.returncode == 0, f"{told['failures']}\n{done.stdout[:20_000]}{done.stderr}"
    cases: dict[str, int] = told["test_cases"]
    return cases["generated"]


def test_an_administrator_gets_only_what_is_documented(address: str, tmp_path: Path) -> None:
    signed_in = {
        "SCHEMATHESIS_HOOKS": "signing_in",
        "CONTRACT_API": f"{address}/api/v1",
        "CONTRACT_EMAIL": ADMINISTRATOR["CMS_ADMIN_EMAIL"],
        "CONTRACT_PASSWORD": ADMINISTRATOR["CMS_ADMIN_PASSWORD"],
    }

    assert fuzz(address, tmp_path, 3, **signed_in) >= 800


def test_nobody_gets_only_what_is_documented(address: str, tmp_path: Path) -> None:
    assert fuzz(address, tmp_path, 2) >= 500
