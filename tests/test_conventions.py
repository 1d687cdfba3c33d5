"""The habits of the house, held by tests: what a reviewer would otherwise have to look for."""

import ast
import importlib
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.name for path in (ROOT / "packages").iterdir())
DATABASE = ROOT / "packages/cms-core/src/cms_core/db"

TEXT = ("", ".cfg", ".css", ".html", ".ini", ".js", ".mako", ".md", ".py", ".toml", ".ts", ".yml")
LEFT_BY_RUNS = {"__pycache__", "build", "dist", "node_modules", "uploads", "var"}
FOR_LATER = re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b")
OF_A_MACHINE = re.compile(r"(?<![\w.~}-])/(root|home|Users)/\w")
VAGUE = {"base", "common", "helpers", "manager", "misc", "utils"}
SKIPS = {"importorskip", "skip", "skipif", "xfail"}


def files(*suffixes: str) -> Iterator[Path]:
    """The files of the repository with these suffixes, without what tools and runs leave there."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in LEFT_BY_RUNS and name[0] != "."]
        paths = (Path(folder, name) for name in names if name[0] != ".")
        yield from sorted(path for path in paths if path.suffix in suffixes)


def commits(path: Path, node: ast.AST) -> bool:
    """Only the database ends transactions: a service, a job or a command never does."""
    called = node.func if isinstance(node, ast.Call) else None
    in_domain = "src" in path.parts and DATABASE not in path.parents
    return in_domain and isinstance(called, ast.Attribute) and called.attr == "commit"


def skips(path: Path, node: ast.AST) -> bool:
    """A test runs everywhere, or it is none: the servers it needs come with the project."""
    return "tests" in path.parts and isinstance(node, ast.Attribute) and node.attr in SKIPS


def has_no_message(path: Path, node: ast.AST) -> bool:
    """The docstring of an error is what a client reads."""
    error = node if path.name == "errors.py" and isinstance(node, ast.ClassDef) else None
    return error is not None and ast.get_docstring(error) is None


@pytest.mark.parametrize("forbidden", [commits, skips, has_no_message])
def test_no_python_file(forbidden: Callable[[Path, ast.AST], bool]) -> None:
    found = [
        f"{path}:{getattr(node, 'lineno', 1)}"
        for path in files(".py")
        for node in ast.walk(ast.parse(path.read_text()))
        if forbidden(path, node)
    ]

    assert found == []


@pytest.mark.parametrize("pattern", [FOR_LATER, OF_A_MACHINE], ids=["for_later", "of_a_machine"])
def test_no_text_holds_something(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path}:{number}"
        for path in files(*TEXT)
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]

    assert found == []


def test_no_python_file_is_longer_than_500_lines() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in files(".py")}

    assert {path: lines for path, lines in lengths.items() if lines > 500} == {}


def test_every_module_has_a_name_that_says_what_it_holds() -> None:
    assert [str(path) for path in files(".py") if path.stem in VAGUE] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_front_door_offers_exactly_the_public_names(package: str) -> None:
    door = importlib.import_module(package.replace("-", "_"))
    names = {
        name
        for name, value in vars(door).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }

    assert set(door.__all__) == names


@pytest.mark.parametrize("package", PACKAGES)
def test_the_changelog_begins_with_the_version_of_the_package(package: str) -> None:
    changelog = (ROOT / "packages" / package / "CHANGELOG.md").read_text()

    assert re.findall(r"^## \[(\d.*?)\]", changelog, re.MULTILINE)[0] == project(package)["version"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_accepts_the_present_versions_of_the_others_and_no_next_major(
    package: str,
) -> None:
    requirements = [Requirement(line) for line in project(package)["dependencies"]]
    ours = [needed for needed in requirements if needed.name in PACKAGES]

    for needed in ours:
        version = Version(str(project(needed.name)["version"]))
        assert version in needed.specifier
        assert Version(f"{version.major + 1}.0") not in needed.specifier


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_brings_what_every_package_has(package: str) -> None:
    folder = ROOT / "packages" / package
    expected = ["README.md", "CHANGELOG.md", "tests", f"src/{package.replace('-', '_')}/py.typed"]

    assert [name for name in expected if not (folder / name).exists()] == []
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def project(package: str) -> dict[str, Any]:
    """What the package says of itself."""
    table = tomllib.loads((ROOT / "packages" / package / "pyproject.toml").read_text())
    return dict(table["project"])
