"""The pages of events, errors and permissions."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import Field, fields
from http.client import responses
from typing import Any

from scripts.reference.text import marked, page, prose, table

from cms_core import BUILT_IN_ROLES, CMS, Event
from cms_core.problems import catalog
from cms_core.system.pages.problems import ADVICE


def events_page() -> str:
    """Return the page of every event; the CMS must have been built."""
    parts: list[str] = []
    for event in sorted(_events(Event), key=lambda each: each.event_name):
        plain = object.__new__(event)
        for field in fields(event):
            object.__setattr__(plain, field.name, f"<{field.name}>")
        rows = [(f"`{field.name}`", f"`{_type(field)}`") for field in fields(event)]
        parts += [
            f"## `{event.event_name}`",
            prose(event),
            f"Aggregate: `{plain.aggregate}`.",
            table(("field", "type"), rows),
        ]
    return page(*parts)


def _type(field: Field[Any]) -> str:
    # Unions such as `int | None` have no name.
    return (
        field.type
        if isinstance(field.type, str)
        else getattr(field.type, "__name__", str(field.type))
    )


def _events(kind: type[Event]) -> Iterator[type[Event]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("cms_"):
            if not child.__subclasses__():
                yield child
            yield from _events(child)


def _status(number: int) -> str:
    """A status with its phrase; that of the tus protocol has none."""
    return f"{number} {responses.get(number, '')}".rstrip()


def errors_page() -> str:
    """Return the page of every code; the CMS must have been built."""
    parts: list[str] = []
    for kind in catalog().values():
        parts.append(f"## `{kind.code}`")
        parts.append(f"{_status(kind.status)}. {marked(kind.title)}")
        advice = ADVICE.get(kind.status, ADVICE[400])
        parts.append(marked(inspect.cleandoc(kind.explanation)) or advice)
    return page(*parts)


def permissions_page(cms: CMS) -> str:
    """Return the page of every permission and who has it."""
    rows = [
        (
            f"`{each.key}`",
            each.description,
            *("yes" if r == "admin" or r in each.default_roles else "" for r in BUILT_IN_ROLES),
        )
        for each in cms.contributions.permissions.values()
    ]
    headings = ("permission", "what it allows", *(f"`{role}`" for role in BUILT_IN_ROLES))
    return page(table(headings, rows))
