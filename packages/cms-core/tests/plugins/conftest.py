from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from cms_core import CMS, Settings
from cms_core.assembly import load_cms
from cms_core.db.types import Base
from cms_core.faults import Fault, PluginFaults
from cms_core.settings import PluginSet

Values = dict[str, dict[str, Any]]

ANY_HOOK = """
@hookimpl
def register_permissions():
    return []
"""


class Site:
    """A folder on ``sys.path`` where tests install distributions with plugins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def module(self, name: str, code: str) -> str:
        """Write a module that can mark hooks; return its name."""
        header = "from cms_core import *\nfrom cms_core import hookimpl, hookspec\n"
        (self.folder / f"{name}.py").write_text(header + dedent(code))
        importlib.invalidate_caches()
        return name

    def plugin(
        self,
        name: str,
        code: str = ANY_HOOK,
        *,
        requires: tuple[str, ...] = (),
        distribution: str = "",
        version: str = "1.0",
        value: str = "",
    ) -> str:
        """Install a distribution (``acme-<name>``) with one plugin; return the plugin's name."""
        distribution = distribution or f"acme-{name}"
        module = value or self.module(f"acme_{name}", code)
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = [f"Requires-Dist: {each}" for each in requires]
        metadata = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}", *lines]
        (info / "METADATA").write_text("\n".join(metadata) + "\n")
        (info / "entry_points.txt").write_text(f"[cms.plugins]\n{name} = {module}\n")
        importlib.invalidate_caches()
        return name


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An empty folder of distributions, gone again after the test with all that it imported."""
    folder = tmp_path / "site"
    folder.mkdir()
    sys.path.insert(0, str(folder))
    try:
        yield Site(folder)
    finally:
        sys.path.remove(str(folder))
        _forget([name for name, module in sys.modules.items() if _is_in(folder, module)])


def _is_in(folder: Path, module: Any) -> bool:
    return (getattr(module, "__file__", None) or "").startswith(str(folder))


def _forget(modules: list[str]) -> None:
    for name in modules:
        del sys.modules[name]
    importlib.invalidate_caches()
    classes = [mapper.class_ for mapper in Base.registry.mappers]
    tables = [cls.__table__ for cls in classes if cls.__module__ in modules]
    for table in tables:
        Base.metadata.remove(table)
    if tables:
        del classes
        gc.collect()  # the registry of mapped classes holds them weakly


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., CMS]:
    """Build the CMS of the plugins named (and no other that is installed here)."""

    def build(*enabled: str, values: Values | None = None, **chosen: object) -> CMS:
        plugins = PluginSet.model_validate({"mode": "allowlist", "enabled": enabled, **chosen})
        settings = Settings(data=tmp_path, plugins=plugins, plugin_settings=values or {})
        return load_cms(settings)

    return build


@pytest.fixture
def faults(build: Callable[..., CMS]) -> Callable[..., list[Fault]]:
    """Like `build`, but return the faults that keep these plugins from being built."""

    def faults(*enabled: str, **chosen: object) -> list[Fault]:
        with pytest.raises(PluginFaults) as caught:
            build(*enabled, **chosen)
        return list(caught.value.faults)

    return faults
