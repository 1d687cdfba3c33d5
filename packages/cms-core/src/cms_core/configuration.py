"""Reads settings: the environment goes before ``cms.toml``, which goes before the defaults.

``[cms]`` and ``CMS_<FIELD>`` hold the fields of `Settings`, ``[plugins]`` and
``CMS_PLUGINS__<FIELD>`` the curated set, ``[<plugin>]`` and ``CMS_<PLUGIN>__<FIELD>`` the settings
of that plugin.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource

from cms_core.faults import Fault, PluginFaults
from cms_core.settings import PluginSet, PluginSettings, Settings

if TYPE_CHECKING:
    from cms_core.plugins.contributions import Plugin

log = structlog.get_logger(__name__)

#: Where the file is when neither an argument nor CMS_CONFIG says so.
DEFAULT_FILE = Path("cms.toml")
# Kubernetes sets these for a service that is called cms or cms-something.
_SERVICE_LINK = re.compile(r"_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP)")


def _variables(prefix: str, kind: type[BaseModel]) -> frozenset[str]:
    return frozenset(prefix + field.upper() for field in kind.model_fields)


_CORE = (
    {"CMS_CONFIG", *_variables("CMS_", Settings), *_variables("CMS_PLUGINS__", PluginSet)}
    # Not variables themselves: these two are tables.
    - {"CMS_PLUGINS", "CMS_PLUGIN_SETTINGS"}
)


def load_settings(data: Path | None = None, config: Path | None = None) -> Settings:
    """Return the settings of this process; `data` goes before all else that names a data folder.

    Raises `PluginFaults` (P080, P081) with every invalid or unknown core setting.
    """
    tables = _read_file(config)
    values = {**tables.pop("cms", {}), "plugins": tables.pop("plugins", {})}
    for field, value in EnvSettingsSource(Settings)().items():
        values[field] = {**values["plugins"], **value} if field == "plugins" else value
    if data is not None:
        values["data"] = data
    try:
        return Settings(**{**values, "plugin_settings": tables})
    except ValidationError as error:
        raise PluginFaults(_faults_of(error, _CORE, "core", "cms-core", "CMS_")) from None


def read_plugin_settings(
    plugin: Plugin, kind: type[PluginSettings], table: Mapping[str, Any]
) -> PluginSettings | list[Fault]:
    """Return a plugin's settings, or what is invalid (P080) and unknown (P081) in them."""
    prefix = f"CMS_{plugin.name.upper()}__"
    known = _variables(prefix, kind)
    found = EnvSettingsSource(kind, env_prefix=prefix, env_nested_delimiter="__")()
    faults = [
        _unknown(prefix + field.upper(), known, plugin.name, plugin.distribution)
        for field in _fields_in_environment(prefix)
        if field not in kind.model_fields
    ]
    try:
        settings = kind(**{**table, **found})
    except ValidationError as error:
        faults += _faults_of(error, known, plugin.name, plugin.distribution, prefix)
    return faults or settings


def unknown_settings(settings: Settings, installed: Collection[str]) -> Iterator[Fault]:
    """Yield a fault (P081) for each variable and table that is nobody's, but looks like a mistake.

    What belongs to a plugin that is disabled or was uninstalled is kept for its return.
    """
    for name in sorted(name.upper() for name in os.environ if name.upper().startswith("CMS_")):
        if name in _CORE or name.startswith("CMS_TEST_") or _is_service_link(name):
            continue
        plugin, delimiter, _ = name.removeprefix("CMS_").lower().partition("__")
        if not delimiter or plugin == "plugins":
            yield _unknown(name, _CORE, "core", "cms-core")
        else:
            yield from _unknown_plugin(plugin, installed, name)
    for table in sorted(settings.plugin_settings):
        yield from _unknown_plugin(table, installed, f"[{table}]")


def _unknown_plugin(plugin: str, installed: Collection[str], place: str) -> Iterator[Fault]:
    if plugin in installed:
        return
    if close := difflib.get_close_matches(plugin, installed, n=1):
        message = f"{place} is for a plugin that is not installed"
        yield Fault("P081", "core", "cms-core", message, f"Did you mean the plugin {close[0]!r}?")
    else:
        log.warning("settings_of_absent_plugin", place=place)


def _read_file(config: Path | None) -> dict[str, Any]:
    named = config or (Path(os.environ["CMS_CONFIG"]) if os.environ.get("CMS_CONFIG") else None)
    path = named or DEFAULT_FILE
    if named is None and not path.exists():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PluginFaults([_bad_file(path, f"can't be read: {error}")]) from None
    if loose := sorted(key for key, value in tables.items() if not isinstance(value, dict)):
        raise PluginFaults([_bad_file(path, f"has {', '.join(loose)} outside of any table")])
    return tables


def _bad_file(path: Path, message: str) -> Fault:
    remedy = "Settings of the core belong into [cms], those of a plugin into the table of its name."
    return Fault("P080", "core", "cms-core", f"{path} {message}", remedy)


def _faults_of(
    error: ValidationError, known: Collection[str], plugin: str, distribution: str, prefix: str
) -> list[Fault]:
    """Turn pydantic's errors into faults; the values stay out, since they may be secrets."""
    faults = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        name = prefix + "__".join(str(part) for part in each["loc"]).upper()
        if each["type"] == "extra_forbidden":
            faults.append(_unknown(name, known, plugin, distribution))
        else:
            message = f"{name}: {each['msg']}"
            remedy = "Correct the variable, or the value in cms.toml."
            faults.append(Fault("P080", plugin, distribution, message, remedy))
    return faults


def _unknown(name: str, known: Collection[str], plugin: str, distribution: str) -> Fault:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    remedy = f"Did you mean {close[0]}?" if close else "Remove it."
    return Fault("P081", plugin, distribution, f"{name} is no setting", remedy)


def _fields_in_environment(prefix: str) -> list[str]:
    names = sorted(name.upper() for name in os.environ)
    return [
        name.removeprefix(prefix).partition("__")[0].lower()
        for name in names
        if name.startswith(prefix)
    ]


def _is_service_link(name: str) -> bool:
    return bool(_SERVICE_LINK.search(name)) or os.environ.get(name, "").startswith("tcp://")
