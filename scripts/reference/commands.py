"""The page of commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from scripts.reference.text import marked, page, table

from cms_core.cli import command_line


def commands_page() -> str:
    """Return the page of every command."""
    root = command_line()
    return page(*_commands(root, typer.Context(root, info_name="cms")))


def _commands(command: Any, context: Any) -> Iterator[str]:
    children = getattr(command, "commands", {})
    for name in sorted(children):
        child = typer.Context(children[name], info_name=name, parent=context)
        yield from _commands(children[name], child)
    if not children:
        yield from _command(command, context)


def _command(command: Any, context: Any) -> Iterator[str]:
    usage = [context.command_path, *_usage(command)]
    yield f"## `{context.command_path}`"
    yield f"    {' '.join(usage)}"
    text, _, examples = command.help.partition("\n\nExample")
    yield marked(re.sub(r"(?<!\n)\n(?!\n)", " ", text.strip()))
    rows = [row for each in command.params if (row := _row(each))]
    if rows:
        yield table(("argument or option", "what it says", "default"), rows)
    if examples:
        lines = [line for line in examples.lstrip("s: ").splitlines() if line]
        yield "\n".join(f"    {line}" for line in lines)


def _usage(command: Any) -> Iterator[str]:
    if any(_row(each) and each.param_type_name == "option" for each in command.params):
        yield "[OPTIONS]"
    for each in command.params:
        if each.param_type_name == "argument":
            name = each.metavar or each.name.upper()
            yield name if each.required else f"[{name}]"


def _row(parameter: Any) -> tuple[str, str, str] | None:
    if parameter.name in ("data", "help"):
        return None
    names = [*parameter.opts, *parameter.secondary_opts]
    if parameter.param_type_name == "argument":
        names = [parameter.metavar or parameter.name.upper()]
    default = parameter.default
    shown = "" if default in (None, False, "") or callable(default) else f"`{default}`".lower()
    return ", ".join(f"`{name}`" for name in names), parameter.help or "", shown
