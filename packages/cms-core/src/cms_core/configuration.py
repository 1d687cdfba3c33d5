"""Reads settings: variables of the environment before the file ``cms.toml`` before the defaults."""

from __future__ import annotations

from typing import Any

from pydantic_settings import EnvSettingsSource

from cms_core.settings import PluginSettings


def variables_of(kind: type[PluginSettings], plugin: str) -> dict[str, Any]:
    """Return the fields of a plugin's settings that the environment sets."""
    prefix = f"CMS_{plugin.upper()}__"
    return EnvSettingsSource(kind, env_prefix=prefix, env_nested_delimiter="__")()
