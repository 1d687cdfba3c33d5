"""The reference is what the code says, and leaves nothing out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from cms_core import CMS, Event, OpenRouter, Settings, build_cms, hookspecs
from cms_core.cli import command_line
from cms_core.plugins.loading import discover
from cms_core.problems import catalog
from cms_core.settings import PluginSet

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def cms() -> CMS:
    return build_cms(Settings(), discover())


def entries(page: str) -> set[str]:
    """What a page has a heading or a row for."""
    text = (REFERENCE / page).read_text()
    return set(re.findall(r"^(?:#+|\|) `([^`]+)`", text, re.MULTILINE))


def test_the_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.reference", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, f"Run python -m scripts.reference: {done.stdout}{done.stderr}"


def test_hooks(cms: CMS) -> None:
    names = {name for name, spec in vars(hookspecs).items() if hasattr(spec, "cms_spec")}
    names |= cms.contributions.extensions.keys()

    assert names == {entry.partition("(")[0] for entry in entries("hooks.md")}


def tables(cms: CMS) -> dict[str, type[BaseModel]]:
    """Every kind of settings by the prefix of its variables."""
    of_plugins = {
        f"CMS_{plugin.upper()}__": type(settings)
        for plugin, settings in cms.contributions.settings.items()
    }
    return {"CMS_": Settings, "CMS_PLUGINS__": PluginSet, **of_plugins}


def test_settings(cms: CMS) -> None:
    variables = {
        prefix + field.upper()
        for prefix, kind in tables(cms).items()
        for field in kind.model_fields
    }

    assert variables - entries("settings.md") == {"CMS_PLUGINS", "CMS_PLUGIN_SETTINGS"}


def test_every_setting_says_what_it_decides(cms: CMS) -> None:
    fields = [field for kind in tables(cms).values() for field in kind.model_fields.items()]

    assert [name for name, field in fields if not field.description] == []


@pytest.mark.usefixtures("cms")
def test_events() -> None:
    def below(kind: type[Event]) -> Iterator[type[Event]]:
        for child in kind.__subclasses__():
            yield from below(child)
            if not child.__subclasses__():
                yield child

    ours = {each.event_name for each in below(Event) if each.__module__.startswith("cms_")}

    assert ours == {entry for entry in entries("events.md") if "." in entry}


@pytest.mark.usefixtures("cms")
def test_errors() -> None:
    ours = {code for code, kind in catalog().items() if kind.title in sources()}

    assert ours == entries("errors.md")


def sources() -> str:
    """All code of the project: other tests of this run bring errors of their own."""
    return "".join(path.read_text() for path in ROOT.glob("packages/*/src/**/*.py"))


def test_permissions(cms: CMS) -> None:
    assert set(cms.contributions.permissions) == entries("permissions.md")


def test_routes(cms: CMS) -> None:
    schema = {
        f"{method} {getattr(route, 'path_format', route)}"
        for _, router in cms.contributions.routers
        for route in router.routes
        if getattr(route, "include_in_schema", False)
        for method in getattr(route, "methods", ())
    }

    assert schema == {entry for entry in entries("rest.md") if "/" in entry}


def test_every_route_says_what_it_does(cms: CMS) -> None:
    routes = [route for _, router in cms.contributions.routers for route in router.routes]
    silent = [route for route in routes if not getattr(route, "endpoint", route).__doc__]

    assert [getattr(route, "path", "?") for route in silent] == []


def test_open_routes_with_their_reasons(cms: CMS) -> None:
    page = (REFERENCE / "open-routes.md").read_text()
    routers = [router for _, router in cms.contributions.routers if isinstance(router, OpenRouter)]

    assert routers
    for router in routers:
        assert router.reason in page
        for route in router.routes:
            assert getattr(route, "path", "?") in page


def test_every_command_is_listed() -> None:
    def paths(command: Any, name: str) -> Iterator[str]:
        children = getattr(command, "commands", {})
        for child in children:
            yield from paths(children[child], f"{name} {child}")
        if not children:
            yield name

    listed = {entry for entry in entries("command-line.md") if entry.startswith("cms ")}
    assert set(paths(command_line(), "cms")) == listed
