"""Seeds: what `cms dev` puts into a new data folder so that there is something to try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cms_core.app import CMS


@dataclass(frozen=True, slots=True)
class Seed:
    """First-run work of a plugin; it runs at every start of `cms dev` and does nothing twice.

    `run(cms)` opens its own transactions and returns what the developer should read once, by
    label: ``{"Admin": "admin@example.com, password …"}``. `demo` marks content for trying things
    out, which ``--no-demo`` leaves out.
    """

    key: str
    run: Callable[[CMS], Awaitable[Mapping[str, str]]]
    demo: bool = False
