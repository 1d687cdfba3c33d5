"""A fault that a campaign must notice, or it proves nothing.

Each replaces named functions of the shipped code, in the processes of one run only. The shipped
code knows nothing of them. A function that is gone or has another name stops the run.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.campaign import Engine

BOTH = (Engine.SQLITE, Engine.POSTGRESQL)

#: Gets what it replaces and returns the replacement.
Replace = Callable[[Any], Any]


class FaultTargetGone(Exception):
    """The fault can't be planted: the shipped code no longer has what it replaces."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`replacements` are by target, as in ``cms_core.db.session:TransactionSession.emit``."""

    name: str
    campaign: str
    variant: str
    engines: tuple[Engine, ...]
    what: str
    replacements: Mapping[str, Replace]

    def plant(self) -> None:
        """Replace the targets in this process, and so in those that it forks.

        Raises `FaultTargetGone`.
        """
        for target, replace in self.replacements.items():
            holder, name = _resolve(target)
            setattr(holder, name, replace(getattr(holder, name)))


def _resolve(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    *outer, name = path.split(".")
    try:
        holder: Any = importlib.import_module(module)
        for each in outer:
            holder = getattr(holder, each)
        getattr(holder, name)
    except (ImportError, AttributeError) as error:
        raise FaultTargetGone(f"{target}: {error}") from error
    return holder, name
