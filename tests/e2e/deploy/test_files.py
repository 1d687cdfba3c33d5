"""What the files in ``deploy/`` must hold, whoever edits them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from cms_core import Settings

if TYPE_CHECKING:
    from tests.e2e.deploy.conftest import Compose, Image

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
OURS = ("migrate", "api", "worker")


@pytest.mark.parametrize("secret", ["CMS_SECRET_KEY", "POSTGRES_PASSWORD"])
def test_nothing_starts_without_a_secret(compose: Callable[..., Compose], secret: str) -> None:
    with pytest.raises(LookupError, match=f"{secret}: fill it in"):
        compose(**{secret: ""})


def test_only_the_api_is_published_and_only_on_this_machine(
    compose: Callable[..., Compose],
) -> None:
    ports = {name: each["ports"] for name, each in compose().services.items() if "ports" in each}

    assert ports == {"api": ["127.0.0.1:8000:8000"]}


def test_database_and_cache_are_on_a_network_without_a_way_out(
    compose: Callable[..., Compose],
) -> None:
    file = compose().file

    assert [file["services"][name]["networks"] for name in ("db", "cache")] == [["inner"]] * 2
    assert file["networks"]["inner"] == {"internal": True}


def test_every_service_has_as_few_rights_as_it_can_do_with(compose: Callable[..., Compose]) -> None:
    services = compose().services

    assert {name for name, each in services.items() if each["read_only"] is not True} == set()
    assert {tuple(each["security_opt"]) for each in services.values()} == {
        ("no-new-privileges:true",)
    }
    assert [services[name]["cap_drop"] for name in OURS] == [["ALL"]] * 3


def test_nothing_of_the_cms_runs_before_the_schema_is_current(
    compose: Callable[..., Compose],
) -> None:
    services = compose().services
    conditions = {
        name: {on: how["condition"] for on, how in services[name]["depends_on"].items()}
        for name in OURS
    }

    running = {
        "db": "service_healthy",
        "cache": "service_healthy",
        "migrate": "service_completed_successfully",
    }
    assert conditions == {"migrate": {"db": "service_healthy"}, "api": running, "worker": running}
    assert {name for name in services if "test" in services[name]["healthcheck"]} == {
        "db",
        "cache",
        "api",
    }


def test_what_ends_is_started_again_except_the_migration(compose: Callable[..., Compose]) -> None:
    restart = {name: each["restart"] for name, each in compose().services.items()}

    assert restart.pop("migrate") == "no"
    assert set(restart.values()) == {"unless-stopped"}


def test_requests_may_finish_before_the_api_is_killed(compose: Callable[..., Compose]) -> None:
    grace = compose().services["api"]["stop_grace_period"]

    assert int(grace.removesuffix("s")) > 10


def test_the_cache_is_bounded_and_saves_nothing(compose: Callable[..., Compose]) -> None:
    command = compose().services["cache"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))

    assert options["--maxmemory-policy"] == "allkeys-lru"
    assert {"--maxmemory", "--save", "--appendonly"} < set(options)
    assert (options["--save"], options["--appendonly"]) == ("", "no")


def test_the_password_of_the_administrator_reaches_the_migration_alone(
    compose: Callable[..., Compose],
) -> None:
    installed = compose()
    told = [installed.environment(name)["CMS_ADMIN_PASSWORD"] for name in OURS]

    assert told == ["a lighthouse made of paper", "", ""]


def test_every_variable_of_the_compose_file_is_explained(compose: Callable[..., Compose]) -> None:
    used = set(re.findall(r"\$\{(\w+)", (DEPLOY / "docker-compose.yml").read_text()))
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    explained = {line.split("=")[0] for line in lines if line and line[0] != "#"}

    assert used <= explained
    assert {"CMS_SECRET_KEY=", "POSTGRES_PASSWORD=", "CMS_ADMIN_PASSWORD="} <= set(lines)


def test_every_variable_of_the_example_is_a_setting_or_used_by_the_compose_file() -> None:
    settings = {f"CMS_{field}".upper() for field in Settings.model_fields}
    names = re.findall(r"^(\w+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE)
    used = re.findall(r"\$\{(\w+)", (DEPLOY / "docker-compose.yml").read_text())

    assert set(names) - settings - set(used) == set()


def test_the_image_runs_as_a_user_without_rights_and_stops_when_asked(image: Image) -> None:
    assert image.instruction("USER") == "10001:10001"
    assert image.instruction("STOPSIGNAL") == "SIGTERM"


def test_the_image_holds_neither_compilers_nor_secrets(image: Image) -> None:
    last = image.stages[-1]

    assert len(image.stages) == 2
    assert last.startswith("python:${PYTHON_VERSION}-slim\n")
    assert not re.search(r"apt|gcc|build-essential|pip ", last)
    assert not any(re.search("SECRET|PASSWORD|TOKEN", name) for name in image.environment)


def test_the_curated_set_is_pinned_to_the_versions_of_this_repository() -> None:
    lines = (DEPLOY / "requirements.txt").read_text().splitlines()
    required = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    pinned = {f"{each.name}{each.specifier}" for each in required}
    tables = [
        tomllib.loads(path.read_text())["project"]
        for path in (ROOT / "packages").glob("*/pyproject.toml")
    ]

    assert pinned == {f"{table['name']}=={table['version']}" for table in tables}
    assert "-c ../constraints.txt" in lines
