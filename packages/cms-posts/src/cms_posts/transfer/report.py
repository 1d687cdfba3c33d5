"""What an import did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What became of one post of the file."""

    IMPORTED = "imported"
    ALREADY_THERE = "already_there"
    #: The id or a slug belongs to another post, or to a later state of this one.
    CONFLICT = "conflict"
    FAILED = "failed"


class FileOutcome(StrEnum):
    """What became of one file that belongs to the posts."""

    IMPORTED = "imported"
    ALREADY_THERE = "already_there"
    #: It is not where files are looked for.
    MISSING = "missing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about one post or file."""

    place: str
    title: str
    message: str


@dataclass(slots=True)
class Report:
    """Counts and notes, in the order of the file."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    files: Counter[FileOutcome] = field(default_factory=Counter)
    #: Of the imported ones, those that readers see.
    live: int = 0
    #: What was left out by kind, such as ``attachment``.
    left_out: Counter[str] = field(default_factory=Counter)
    #: What was changed on the way, such as ``[gallery] made figures``.
    changes: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every post of the file is there now, with every file that was found."""
        missed = self.outcomes[Outcome.CONFLICT] + self.outcomes[Outcome.FAILED]
        return not missed and not self.files[FileOutcome.REFUSED]

    def to_plain(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            **{outcome.value: self.outcomes[outcome] for outcome in Outcome},
            "live": self.live,
            "files": {outcome.value: self.files[outcome] for outcome in FileOutcome},
            "left_out": dict(self.left_out),
            "changes": dict(self.changes),
            "notes": [
                {"place": note.place, "title": note.title, "message": note.message}
                for note in self.notes
            ],
        }
