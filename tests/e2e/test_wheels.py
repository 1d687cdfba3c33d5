"""The six wheels in an environment of their own, which holds nothing but what they require."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from tests.conftest import Running

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.name for path in (ROOT / "packages").iterdir())
ADA = {"email": "ada@example.com", "password": "a lighthouse made of paper"}
ADMIN = {f"CMS_ADMIN_{name.upper()}": value for name, value in ADA.items()}


# It starts a dozen processes, on machines that may have other things to do.
pytestmark = pytest.mark.timeout(300)


def described(wheel: Path) -> Distribution:
    """What a wheel says of itself; what is installed here may be older."""
    name, version = wheel.name.split("-")[:2]
    return PathDistribution(zipfile.Path(wheel) / f"{name}-{version}.dist-info")


def needs(lender: Distribution, extra: str) -> Iterator[tuple[str, str]]:
    """Yield what a distribution with that extra needs here, once for each extra of its own."""
    for needed in map(Requirement, lender.requires or ()):
        if needed.marker is None or needed.marker.evaluate({"extra": extra}):
            for each in {"", *needed.extras}:
                yield canonicalize_name(needed.name), each


def borrowed(wheels: Path) -> set[str]:
    """The distributions that the wheels need, directly or not, without the wheels themselves."""
    todo = [need for wheel in wheels.iterdir() for need in needs(described(wheel), "")]
    seen: set[tuple[str, str]] = set()
    while todo:
        need = todo.pop()
        if need not in seen and need[0] not in PACKAGES:
            seen.add(need)
            todo += needs(distribution(need[0]), need[1])
    return {name for name, _ in seen}


class Environment:
    """A virtual environment that borrows its dependencies from the one that runs the tests."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        command = [sys.executable, "-m", "virtualenv", "--quiet", "--no-setuptools", str(folder)]
        subprocess.run(command, check=True)
        self._wheels = wheels
        self.commands = folder / "bin"
        [self._packages] = folder.glob("lib/python*/site-packages")
        for name in borrowed(wheels):
            self._borrow(name)

    def _borrow(self, name: str) -> None:
        lender = distribution(name)
        tops = {file.parts[0] for file in lender.files or ()} - {"..", "__pycache__"}
        for top in tops:
            place = self._packages / top
            if not place.exists():
                place.symlink_to(str(lender.locate_file(top)))

    def install(self, *packages: str) -> None:
        self._pip("install", "--no-index", "--find-links", str(self._wheels), *packages)

    def uninstall(self, *packages: str) -> None:
        self._pip("uninstall", "--yes", *packages)

    def _pip(self, *arguments: str) -> None:
        command = [str(self.commands / "pip"), "--quiet", "--disable-pip-version-check", *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    for package in PACKAGES:
        subprocess.run([*build, str(ROOT / "packages" / package)], check=True, capture_output=True)
    return folder


@pytest.fixture
def environment(tmp_path: Path, wheels: Path) -> Environment:
    environment = Environment(tmp_path / "environment", wheels)
    environment.install(*PACKAGES)
    return environment


def test_plugins_leave_and_come_back_and_the_others_go_on(
    environment: Environment,
    start: Callable[..., Running],
    sign_in: Callable[..., httpx2.Client],
    publish: Callable[..., Any],
    tmp_path: Path,
) -> None:
    cms, data = str(environment.commands / "cms"), str(tmp_path / "data")

    @contextmanager
    def dev() -> Iterator[str]:
        running = start(cms, "dev", "--no-demo", "--port", "0", "--data", data, **ADMIN)
        assert httpx2.get(f"{running.address()}/readyz").status_code == 200
        yield running.address()
        assert running.stop() == 0

    def upgraded() -> bool:
        return start(cms, "db", "upgrade", "--data", data).ended() == 0

    def status(url: str) -> int:
        return httpx2.get(f"{url}/api/v1/posts/{post['slug']}").status_code

    with dev() as url:
        post = publish(sign_in(url, ADA), "Kept")

    environment.uninstall("cms-scheduler", "cms-auth")
    assert upgraded()
    with dev() as url:
        assert status(url) == 200

    environment.uninstall("cms-search", "cms-posts")
    environment.install("cms-auth")
    assert upgraded()
    with dev() as url:
        assert status(url) == 404
        sign_in(url, ADA)

    environment.install("cms-search", "cms-posts", "cms-scheduler")
    with dev() as url:
        assert status(url) == 200
        publish(sign_in(url, ADA), "Added")
