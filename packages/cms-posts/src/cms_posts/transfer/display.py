"""An import's report for people."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cms_posts.transfer.report import FileOutcome, Outcome, Report

#: Notes that are shown; all of them are in the JSON form.
MOST_NOTES = 100
_LABELS = {
    Outcome.IMPORTED: "imported",
    Outcome.ALREADY_THERE: "there already",
    Outcome.CONFLICT: "in conflict with what is there; left as it is",
    Outcome.FAILED: "failed",
}
_FILES = {
    FileOutcome.IMPORTED: "imported",
    FileOutcome.ALREADY_THERE: "there already",
    FileOutcome.MISSING: "not in the folder; posts go on showing them where they were",
    FileOutcome.REFUSED: "refused; posts go on showing them where they were",
}
_REASONS = {
    "attachment": "files come with --uploads; posts go on showing these where they are",
    "auto-draft": "was never saved",
    "comment": "comments are not kept",
    "nav_menu_item": "menus belong to the theme",
    "wp_navigation": "menus belong to the theme",
}
_OTHERWISE = "neither a post nor a page"


def render_report(report: Report) -> RenderableType:
    """Return the report as tables: what came in, what was left out, what to look at."""
    parts: list[RenderableType] = [_outcomes(report)]
    if report.files:
        parts.append(_files(report))
    if report.notes:
        parts.append(_notes(report))
    if len(report.notes) > MOST_NOTES:
        parts.append(f"… and {len(report.notes) - MOST_NOTES} more: see --json.")
    return Group(*parts)


def _outcomes(report: Report) -> Table:
    table = Table("Posts", "", box=SIMPLE)
    for outcome, label in _LABELS.items():
        if report.outcomes[outcome] or outcome is Outcome.IMPORTED:
            table.add_row(str(report.outcomes[outcome]), label)
    table.add_row(str(report.live), "of the imported ones are published")
    for kind, count in report.left_out.most_common():
        table.add_row(str(count), Text(f"{kind} left out: {_REASONS.get(kind, _OTHERWISE)}"))
    for change, count in report.changes.most_common():
        table.add_row(str(count), Text(change))
    return table


def _files(report: Report) -> Table:
    table = Table("Files", "", box=SIMPLE)
    for outcome, label in _FILES.items():
        if report.files[outcome]:
            table.add_row(str(report.files[outcome]), label)
    return table


def _notes(report: Report) -> Table:
    # As Text: a title in square brackets is no markup.
    table = Table("Where", "Title", "Note", box=SIMPLE)
    for note in report.notes[:MOST_NOTES]:
        table.add_row(note.place, Text(note.title), Text(note.message))
    return table
