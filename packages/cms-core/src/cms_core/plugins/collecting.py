"""Calls hooks, one plugin after the other, and notes what goes wrong instead of stopping there."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import structlog

from cms_core.faults import Fault
from cms_core.plugins.contributions import Implementation, Plugin
from cms_core.plugins.hooks import Hooks

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Collector:
    """What plugins return from their hooks, with the faults of those that return something else.

    A plugin with a fault is not called any further, nor are those that require it: what they
    would find missing is no fault of theirs.
    """

    def __init__(self, hooks: Hooks, *, trace: bool = False) -> None:
        self._hooks = hooks
        self._trace = trace
        self._out: set[str] = set()
        self.faults: list[Fault] = []
        self.blame(hooks.faults)

    def kinds(self, hook: str, base: type[T]) -> Iterator[tuple[Plugin, type[T]]]:
        """Yield the subclass of `base` that each plugin returns."""
        for plugin, result in self.one(hook, type):
            if issubclass(result, base):
                yield plugin, result
            else:
                self._wrong(hook, plugin, result, base)

    def one(self, hook: str, kind: type[T], **arguments: Any) -> Iterator[tuple[Plugin, T]]:
        """Yield the one thing of this kind that each plugin returns."""
        for plugin, result in self._call(hook, arguments):
            if isinstance(result, kind):
                yield plugin, result
            else:
                self._wrong(hook, plugin, result, kind)

    def many(self, hook: str, kind: type[T], **arguments: Any) -> Iterator[tuple[Plugin, T]]:
        """Yield all things of this kind that the plugins return in sequences."""
        for plugin, results in self._call(hook, arguments):
            if not isinstance(results, Sequence):
                self._wrong(hook, plugin, results, Sequence)
                continue
            for result in results:
                if isinstance(result, kind):
                    yield plugin, result
                else:
                    self._wrong(hook, plugin, result, kind)

    def blame(self, faults: Iterable[Fault]) -> None:
        """Note faults, and call their plugins no more."""
        for fault in faults:
            self.faults.append(fault)
            self._out.add(fault.plugin)

    def _call(self, hook: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Plugin, Any]]:
        for implementation in self._hooks.of(hook):
            plugin = implementation.plugin
            if self._out.intersection((plugin.name, *plugin.requires)):
                self._out.add(plugin.name)
                continue
            try:
                result = implementation(**arguments)
            except Exception as error:
                self.blame([_failed(hook, implementation, error)])
            else:
                if self._trace:
                    log.info("hook_called", hook=hook, of=plugin.name, result=repr(result))
                yield plugin, result

    def _wrong(self, hook: str, plugin: Plugin, result: object, kind: type[Any]) -> None:
        if inspect.iscoroutine(result):
            result.close()
        message = f"{hook} returned {type(result).__name__} instead of {kind.__name__}"
        remedy = "Hooks are plain functions; their specs are in cms_core.hookspecs."
        self.blame([Fault("P042", plugin.name, plugin.distribution, message, remedy)])


def _failed(hook: str, implementation: Implementation, error: Exception) -> Fault:
    plugin = implementation.plugin
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = traceback.format_exception_only(error)[-1].strip()
    message = f"{hook} failed ({frame.filename}, line {frame.lineno}): {what}"
    return Fault(
        "P042", plugin.name, plugin.distribution, message, "Repair the plugin, or disable it."
    )
