"""Does without Docker what `docker compose` does with the files in ``deploy/``."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import yaml

from cms_core.testing.servers import create_database, drop_database

if TYPE_CHECKING:
    from tests.conftest import Running

DEPLOY = Path(__file__).parents[3] / "deploy"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class Image:
    """What the last stage of the Dockerfile says to whoever starts it."""

    def __init__(self) -> None:
        text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", "")
        self.stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
        self.entrypoint: list[str] = json.loads(self.instruction("ENTRYPOINT"))
        self.command: list[str] = json.loads(self.instruction("CMD"))
        self.health_check: list[str] = json.loads(self.instruction("HEALTHCHECK").split(" CMD ")[1])
        pairs = shlex.split(self.instruction("ENV"))
        self.environment = dict(pair.split("=", 1) for pair in pairs)

    def instruction(self, name: str) -> str:
        [argument] = re.findall(rf"^{name} +(.*)$", self.stages[-1], flags=re.MULTILINE)
        return str(argument)


class Compose:
    """The services of the file, with the variables that the operator has in ``.env``."""

    def __init__(self, **changed: str) -> None:
        self.variables = example() | changed
        text = (DEPLOY / "docker-compose.yml").read_text()
        self.file: dict[str, Any] = interpolate(yaml.safe_load(text), self.variables)
        self.services: dict[str, dict[str, Any]] = self.file["services"]
        self.image = Image()

    def command(self, service: str) -> list[str]:
        table = self.services[service]
        return [*table.get("entrypoint", self.image.entrypoint), *table["command"]]

    def environment(self, service: str) -> dict[str, str]:
        table = self.services[service]
        return {**self.image.environment, **self.variables, **table["environment"]}


def example() -> dict[str, str]:
    """The variables of ``.env.example``."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def interpolate(value: Any, variables: Mapping[str, str]) -> Any:
    """Fill in ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?message}``.

    Raises `LookupError` with the message.
    """
    if isinstance(value, dict):
        return {key: interpolate(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [interpolate(each, variables) for each in value]
    if not isinstance(value, str):
        return value

    def filled(match: re.Match[str]) -> str:
        name, kind, word = match.groups()
        if not variables.get(name) and kind == "?":
            raise LookupError(f"{name}: {word}")
        return variables.get(name) or word or ""

    return VARIABLE.sub(filled, value)


class Installation:
    """Runs the services as processes: real servers in place of db and cache, a folder as disk."""

    def __init__(self, start: Callable[..., Running], places: Mapping[str, str]) -> None:
        self._start = start
        self._places = places
        self.disk = Path(places["/var/lib/cms"])
        self.url = f"http://127.0.0.1:{places['8000']}"

    def run(self, service: str, compose: Compose, **variables: str) -> Running:
        """Start what the file starts for that service."""
        environment = compose.environment(service) | variables
        environment = {name: self._here(value) for name, value in environment.items()}
        del environment["PATH"]
        command = [self._here(part) for part in compose.command(service)]
        return self._start(*command, **environment)

    def await_health(self, compose: Compose) -> None:
        """Run the API's own health check until it succeeds."""
        check = compose.services["api"]["healthcheck"]["test"]
        assert check[0] == "CMD"
        deadline = time.monotonic() + 60
        while self.check(check[1:]) != 0:
            assert time.monotonic() < deadline
            time.sleep(0.5)

    def check(self, command: list[str]) -> int:
        """Run a health check once; return its exit code."""
        return self._start(*(self._here(part) for part in command)).ended()

    def _here(self, text: str) -> str:
        for place, ours in self._places.items():
            text = text.replace(place, ours)
        return text


@pytest.fixture
def image() -> Image:
    return Image()


@pytest.fixture
def compose() -> Callable[..., Compose]:
    """``compose(NAME="value")``: the file with ``.env.example``, its secrets filled in."""
    secrets = {
        "CMS_SECRET_KEY": "Zk3vT9qLx0Rw7mYb2NcJ5sHd8GfPaEuV",
        "POSTGRES_PASSWORD": "an elephant in the cellar",
        "CMS_ADMIN_EMAIL": "ada@example.com",
        "CMS_ADMIN_PASSWORD": "a lighthouse made of paper",
    }
    return lambda **changed: Compose(**{**secrets, **changed})


@pytest.fixture
async def installation(
    start: Callable[..., Running],
    cms_postgres: str,
    cms_redis: str,
    tmp_path: Path,
    free_port: int,
) -> AsyncIterator[Installation]:
    name = f"e2e_{uuid4().hex}"
    places = {
        "8000": str(free_port),
        "postgresql://cms@db:5432/cms": await create_database(cms_postgres, name),
        "redis://cache:6379/0": cms_redis,
        "/var/lib/cms": str(tmp_path),
        "0.0.0.0": "127.0.0.1",
    }
    yield Installation(start, places)
    await drop_database(cms_postgres, name)
