"""Fields that other plugins add to posts: checked by their schema, stored in the revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from cms_core import CMS, FieldError
from cms_posts.errors import UnacceptableExtensions


class Door(StrEnum):
    """Where a post is shown."""

    DELIVERY = "delivery"
    AUTHORING = "authoring"


@dataclass(frozen=True, slots=True)
class PostExtension:
    """The fields of one plugin: its name, their schema, and the doors that show them."""

    plugin: str
    schema: type[BaseModel]
    doors: frozenset[Door] = frozenset(Door)


class Extensions:
    """All extensions of posts by plugin."""

    def __init__(self, extensions: Iterable[PostExtension] = ()) -> None:
        self._by_plugin: dict[str, PostExtension] = {}
        for extension in extensions:
            if extension.plugin in self._by_plugin:
                raise ValueError(f"posts are extended twice under the name {extension.plugin!r}")
            self._by_plugin[extension.plugin] = extension

    def accept(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """Return each plugin's part as its schema reads it; None stays None.

        Raises `UnacceptableExtensions` with every fault, and for a plugin that extends no posts.
        """
        accepted: dict[str, Any] = {}
        faults: list[FieldError] = []
        for plugin, part in parts.items():
            extension = self._by_plugin.get(plugin)
            if extension is None:
                faults.append(FieldError(f"/extensions/{plugin}", "no such extension"))
            elif part is None:
                accepted[plugin] = None
            else:
                try:
                    accepted[plugin] = extension.schema.model_validate(part).model_dump(mode="json")
                except ValidationError as error:
                    faults.extend(_faults(plugin, error))
        if faults:
            raise UnacceptableExtensions(errors=faults)
        return accepted

    def shown(self, parts: Mapping[str, Any], door: Door) -> dict[str, Any]:
        """Return the parts that this door shows.

        Those of absent plugins are kept in every revision, but only authors see them: nobody is
        left who could say what readers may.
        """
        if not parts:
            return {}
        return {plugin: part for plugin, part in parts.items() if door in self._doors(plugin)}

    def _doors(self, plugin: str) -> frozenset[Door]:
        extension = self._by_plugin.get(plugin)
        return frozenset({Door.AUTHORING}) if extension is None else extension.doors


def extensions_of(cms: CMS) -> Extensions:
    """Ask every plugin of the CMS for its extensions of posts; only while the CMS is built."""
    hooks = cms.contributions.extensions.get("register_post_extensions", ())
    return Extensions(extension for hook in hooks for extension in hook())


def _faults(plugin: str, error: ValidationError) -> Iterator[FieldError]:
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        pointer = "/".join(("/extensions", plugin, *map(str, each["loc"])))
        yield FieldError(pointer, each["msg"])
