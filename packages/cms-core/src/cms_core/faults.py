"""What is wrong with a set of plugins: every fault of one run, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: a stable code (``P010``), where it is, what is wrong, and what to do."""

    code: str
    plugin: str
    distribution: str
    message: str
    remedy: str

    def __str__(self) -> str:
        origin = f" ({self.distribution})" if self.distribution else ""
        return f"{self.code} {self.plugin}{origin}: {self.message}. {self.remedy}"


class PluginFaults(Exception):
    """The plugins of a CMS don't fit together; `faults` holds every fault found in one run."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
