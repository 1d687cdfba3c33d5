"""The pages for authors of plugins: hooks, public names, fixtures."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from scripts.reference.text import marked, page, prose, summary, table

import cms_core
from cms_core import CMS, hookspecs
from cms_core.testing import drivers, pytest_plugin, recorders

#: A plugin that implements every hook; the tests build a CMS with it.
EXAMPLES = Path(__file__).parents[2] / "tests" / "docs" / "bookmarks" / "plugin.py"
_PACKAGES = ("cms_core", "cms_auth", "cms_posts", "cms_media", "cms_search", "cms_scheduler")


def hooks_page(cms: CMS) -> str:
    """Return the page of every hook."""
    modules = [hookspecs]
    for plugin in cms.contributions.plugins:
        if hasattr(plugin.module, "register_hookspecs"):
            modules.append(plugin.module.register_hookspecs())
    parts: list[str] = []
    for module in modules:
        parts.append(f"## Hooks of {module.__name__.partition('.')[0].replace('_', '-')}")
        for name, spec in vars(module).items():
            if hasattr(spec, "cms_spec"):
                parts += _hook(name, spec)
    return page(*parts)


def _hook(name: str, spec: Callable[..., Any]) -> Iterator[str]:
    arguments = ", ".join(inspect.signature(spec).parameters)
    yield f"### `{name}({arguments})`"
    yield f"Returns `{inspect.signature(spec).return_annotation}`."
    yield prose(spec)
    yield f"```python\n{_example(name)}\n```"


def _example(hook: str) -> str:
    source = EXAMPLES.read_text()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == hook:
            lines = source.splitlines()[node.decorator_list[0].lineno - 1 : node.end_lineno]
            return "\n".join(lines)
    raise LookupError(f"{EXAMPLES.name} implements no {hook}")


def names_page() -> str:
    """Return the page of all public names."""
    parts: list[str] = []
    for package in map(importlib.import_module, _PACKAGES):
        if package.__all__:
            rows = [(f"`{name}`", _said(package, name)) for name in package.__all__]
            parts += [f"## {package.__name__}", table(("name", "what it is"), rows)]
    return page(*parts)


def _said(package: ModuleType, name: str) -> str:
    value = getattr(package, name)
    said = summary(value) if inspect.isroutine(value) or inspect.isclass(value) else _comment(name)
    return said.removesuffix(":") + "." if said.endswith(":") else said


def _comment(name: str) -> str:
    """What the `#:` comment above an assignment says, wherever in the core that is."""
    for path in sorted(Path(cms_core.__file__).parent.rglob("*.py")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if line.startswith(f"{name} =") and number and lines[number - 1].startswith("#: "):
                return marked(lines[number - 1].removeprefix("#: "))
    return ""


def fixtures_page() -> str:
    """Return the page of the fixtures."""
    fixtures = {
        name: value for name, value in vars(pytest_plugin).items() if name.startswith("cms_")
    }
    rows = [(f"`{name}`", _fixture(value)) for name, value in fixtures.items()]
    parts = ["## Fixtures", table(("fixture", "what it is"), rows)]
    for kind in (drivers.WorkerDriver, drivers.MigrationsDriver, recorders.EventRecorder):
        parts += [f"## {kind.__name__}", prose(kind), table(("method", "what it does"), _of(kind))]
    return page(*parts)


def _fixture(value: Any) -> str:
    text = prose(value._get_wrapped_function())
    return " ".join(text.split())


def _of(kind: type) -> Iterator[tuple[str, str]]:
    for name, value in vars(kind).items():
        if inspect.isfunction(value) and not name.startswith("_") and value.__doc__:
            arguments = list(inspect.signature(value).parameters)[1:]
            yield f"`{name}({', '.join(arguments)})`", " ".join(prose(value).split())
