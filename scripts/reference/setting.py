"""The page of settings."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from scripts.reference.text import page, table

from cms_core import CMS, Settings
from cms_core.settings import PluginSet

_NOT_VARIABLES = frozenset({"plugins", "plugin_settings"})


def settings_page(cms: CMS) -> str:
    """Return the page of every setting, by variable."""
    core = {name: f for name, f in Settings.model_fields.items() if name not in _NOT_VARIABLES}
    parts = [
        "## Core",
        _settings("CMS_", core),
        "## The set of plugins",
        "Distributions and grants are tables: write them in `cms.toml`.",
        _settings("CMS_PLUGINS__", PluginSet.model_fields),
    ]
    for plugin, settings in cms.contributions.settings.items():
        parts.append(f"## {plugin.capitalize()}")
        parts.append(_settings(f"CMS_{plugin.upper()}__", type(settings).model_fields))
    return page(*parts)


def _settings(prefix: str, fields: dict[str, FieldInfo]) -> str:
    rows = [
        (f"`{prefix}{name.upper()}`", _type(field), _default(field), field.description or "")
        for name, field in fields.items()
    ]
    return table(("variable", "type", "default", "what it decides"), rows)


def _type(field: FieldInfo) -> str:
    kind: Any = field.annotation
    return ", ".join([_kind(kind), *_limits(field)])


def _kind(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return "list of secrets" if SecretStr in get_args(kind) else "list"
    if get_origin(kind) is dict:
        return "table"
    if issubclass(kind, StrEnum):
        return " or ".join(f"`{each}`" for each in kind)
    names = {str: "text", bool: "`true` or `false`", SecretStr: "secret", int: "whole number"}
    return names.get(kind, {float: "number"}.get(kind, "path"))


def _limits(field: FieldInfo) -> Iterator[str]:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    for limit in field.metadata:
        for name, word in words.items():
            if (value := getattr(limit, name, None)) is not None:
                yield f"{word} {value}"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, BaseModel) or value in ("", (), {}):
        return ""
    return f"`{value}`"
