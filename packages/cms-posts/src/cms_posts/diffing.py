"""What changed between two revisions: lines of the body, words within them, and single fields."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from enum import StrEnum
from itertools import accumulate
from typing import Any, NamedTuple

MAX_STEPS = 5_000_000

# Letters that are written without spaces between words are words of their own.
_SPACELESS = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORDS = re.compile(rf"[^\s!-/:-@\[-`{{-~{_SPACELESS}]+|\s+|.")


class DiffOp(StrEnum):
    """What happened to a piece of text."""

    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Segment:
    """Some words inside a replaced hunk."""

    op: DiffOp
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """Successive lines with one fate; all hunks' old lines are the old text, and so with the new.

    Line numbers begin at 1; lines keep their ends. `segments` compare the words of replaced lines;
    `coarse` says that the lines were too many to be compared closely, and that there are none.
    """

    op: DiffOp
    old_start: int
    new_start: int
    old_lines: tuple[str, ...]
    new_lines: tuple[str, ...]
    segments: tuple[Segment, ...] = ()
    coarse: bool = False


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field's value before and after; a field of a mapping is named `seo.title`."""

    field: str
    old: Any
    new: Any


class _Change(NamedTuple):
    op: DiffOp
    old: slice
    new: slice
    coarse: bool


class _Budget:
    """How many steps comparing may still take."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def spend(self, steps: int) -> bool:
        if steps > self.steps:
            return False
        self.steps -= steps
        return True


class _Matcher(SequenceMatcher[str]):
    """Finds no more matches where the search takes more steps than the budget has left.

    Without this, two texts of a megabyte with well chosen repetitions are compared for hours.
    """

    a: Sequence[str]
    b: Sequence[str]
    b2j: Mapping[str, Sequence[int]]

    def __init__(self, old: Sequence[str], new: Sequence[str], budget: _Budget) -> None:
        super().__init__(None, old, new)
        self.budget = budget
        steps = (1 + len(self.b2j.get(item, ())) for item in old)
        self.steps_before = list(accumulate(steps, initial=0))
        self.unsearched: set[tuple[int, int, int, int]] = set()

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        ahi = len(self.a) if ahi is None else ahi
        bhi = len(self.b) if bhi is None else bhi
        if self.budget.spend(self.steps_before[ahi] - self.steps_before[alo]):
            return super().find_longest_match(alo, ahi, blo, bhi)
        self.unsearched.add((alo, ahi, blo, bhi))
        return Match(alo, blo, 0)


def diff_text(old: str, new: str) -> list[Hunk]:
    """Compare two texts by lines, and replaced lines by words."""
    budget = _Budget(MAX_STEPS)
    old_lines, new_lines = (text.splitlines(keepends=True) for text in (old, new))
    changes = list(_compare(old_lines, new_lines, budget))
    return [_hunk(change, old_lines, new_lines, budget) for change in changes]


def diff_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    """The fields that differ, in the order of the new ones; one that is absent counts as None."""
    changes = []
    for name in [*new, *(name for name in old if name not in new)]:
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            inner = diff_fields(before, after)
            changes += [FieldChange(f"{name}.{each.field}", each.old, each.new) for each in inner]
        elif before != after:
            changes.append(FieldChange(name, before, after))
    return changes


def _hunk(change: _Change, old: Sequence[str], new: Sequence[str], budget: _Budget) -> Hunk:
    before, after = tuple(old[change.old]), tuple(new[change.new])
    segments: tuple[Segment, ...] = ()
    coarse = change.coarse
    if change.op is DiffOp.REPLACE and not coarse:
        segments = _segments("".join(before), "".join(after), budget)
        coarse = not segments
    return Hunk(
        change.op, change.old.start + 1, change.new.start + 1, before, after, segments, coarse
    )


def _segments(old: str, new: str, budget: _Budget) -> tuple[Segment, ...]:
    """The words' changes, or nothing when they are too many."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    changes = list(_compare(before, after, budget))
    if any(change.coarse for change in changes):
        return ()
    return tuple(
        Segment(change.op, "".join(before[change.old]), "".join(after[change.new]))
        for change in changes
    )


def _compare(old: Sequence[str], new: Sequence[str], budget: _Budget) -> Iterator[_Change]:
    """The changes that lead from `old` to `new`, without gaps and in order."""
    start = _common_prefix(old, new)
    end = _common_prefix(old[start:][::-1], new[start:][::-1])
    old_end, new_end = len(old) - end, len(new) - end
    if start:
        yield _Change(DiffOp.EQUAL, slice(0, start), slice(0, start), False)
    matcher = _Matcher(old[start:old_end], new[start:new_end], budget)
    for op, *place in matcher.get_opcodes():
        i, i_end, j, j_end = (start + offset for offset in place)
        coarse = tuple(place) in matcher.unsearched
        yield _Change(DiffOp(op), slice(i, i_end), slice(j, j_end), coarse)
    if end:
        yield _Change(DiffOp.EQUAL, slice(old_end, len(old)), slice(new_end, len(new)), False)


def _common_prefix(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(old), len(new)))
