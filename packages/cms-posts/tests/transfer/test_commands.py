"""``cms posts …`` as processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cms = Callable[..., subprocess.CompletedProcess[str]]
CMS = (sys.executable, "-c", "from cms_core.cli import main; main()")
LINE = {
    "title": "Hello",
    "body": "Words",
    "status": "published",
    "created_at": "2026-03-01T12:00:00Z",
}


@pytest.fixture
def cms(tmp_path: Path) -> Cms:
    """Run a command in a data folder of its own, with posts as the only plugin."""
    chosen = {
        "CMS_DATA": str(tmp_path / "data"),
        "CMS_PLUGINS__MODE": "allowlist",
        "CMS_PLUGINS__ENABLED": "posts",
        "COLUMNS": "120",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}

    def cms(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = (*CMS, "posts", *map(str, arguments))
        return subprocess.run(
            command, env=inherited | chosen, capture_output=True, text=True, check=False
        )

    return cms


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """A file with two posts."""
    file = tmp_path / "posts.jsonl"
    file.write_text(f"{json.dumps(LINE)}\n{json.dumps(LINE | {'title': '[bold]Else'})}\n")
    return file


def report_of(ran: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def test_what_was_imported_is_exported(cms: Cms, lines: Path, tmp_path: Path) -> None:
    assert report_of(cms("import", lines, "--json"))["imported"] == 2

    written = cms("export", "--output", tmp_path / "out.jsonl")
    printed = cms("export")

    assert (written.returncode, printed.returncode) == (0, 0)
    assert (tmp_path / "out.jsonl").read_text() == printed.stdout
    titles = {json.loads(line)["revisions"][0]["title"] for line in printed.stdout.splitlines()}
    assert titles == {"Hello", "[bold]Else"}
    assert [path.name for path in tmp_path.glob("*out*")] == ["out.jsonl"]
    again = cms("import", tmp_path / "out.jsonl", "--json")
    assert (again.returncode, report_of(again)["already_there"]) == (0, 2)


def test_people_get_a_table(cms: Cms, lines: Path) -> None:
    ran = cms("import", lines)

    assert ran.returncode == 0, ran.stderr
    assert "2" in ran.stdout
    assert "imported" in ran.stdout


def test_a_line_that_fails_is_told_and_the_process_says_so(cms: Cms, lines: Path) -> None:
    lines.write_text(lines.read_text() + json.dumps({"title": "[bold]"}) + "\n")

    ran = cms("import", lines)

    assert ran.returncode == 1
    assert "[bold]" in ran.stdout
    assert "line 3" in ran.stdout


def test_a_wrong_file_is_one_line_of_error(cms: Cms, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("<html>")

    for command in ("import", "import-wordpress"):
        ran = cms(command, tmp_path / "wrong")

        assert ran.returncode == 1
        assert "Error: " in ran.stderr
        assert "Traceback" not in ran.stderr


def test_a_truncated_export_of_wordpress_is_imported_up_to_the_fault(
    cms: Cms, tmp_path: Path
) -> None:
    whole = (Path(__file__).parents[1] / "data" / "wordpress.xml").read_bytes()
    file = tmp_path / "site.xml"
    file.write_bytes(whole[: whole.index(b"For friends")])

    cut = cms("import-wordpress", file, "--json")
    file.write_bytes(whole)
    rest = cms("import-wordpress", file, "--json")

    assert (cut.returncode, report_of(cut)["imported"]) == (1, 5)
    assert (rest.returncode, report_of(rest)["imported"]) == (0, 4)


def test_files_are_refused_at_once_where_nobody_keeps_them(cms: Cms, tmp_path: Path) -> None:
    export = Path(__file__).parents[1] / "data" / "wordpress.xml"

    ran = cms("import-wordpress", export, "--uploads", tmp_path)

    assert ran.returncode == 1
    assert "install cms-media" in ran.stderr
    assert cms("export").stdout == ""
