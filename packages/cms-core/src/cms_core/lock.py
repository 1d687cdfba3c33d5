"""The lock of the curated set: name, distribution, version and newest revision of each plugin."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from cms_core.faults import Fault
from cms_core.migrations.history import History
from cms_core.plugins.contributions import Contributions

Entry = Mapping[str, str]


def entries_of(found: Contributions) -> dict[str, Entry]:
    """Return what the lock says of these plugins."""
    entries: dict[str, Entry] = {}
    for plugin in found.plugins:
        entry = {"distribution": plugin.distribution, "version": plugin.version}
        if versions := found.migrations.get(plugin.name):
            entry["revision"] = History(plugin.name, versions).head or ""
        entries[plugin.name] = entry
    return entries


def write_lock(path: Path, found: Contributions) -> None:
    """Write the lock of these plugins."""
    lines = ["# Written by `cms plugins freeze`; every start compares it with what is installed."]
    for name, entry in sorted(entries_of(found).items()):
        lines += ["", f"[{name}]", *(f'{key} = "{value}"' for key, value in entry.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def check_lock(path: Path, found: Contributions) -> Iterator[Fault]:
    """Yield a fault (P092) for each plugin that is not as locked; none where there is no lock."""
    if not path.exists():
        return
    locked = tomllib.loads(path.read_text(encoding="utf-8"))
    present = entries_of(found)
    remedy = "Install what the lock names, or write it anew: cms plugins freeze"
    for name in sorted(locked.keys() | present.keys()):
        wanted, found_here = locked.get(name), present.get(name)
        if wanted != found_here:
            distribution = (found_here or wanted or {}).get("distribution", "")
            message = f"{path} says {_text(wanted)}, but there is {_text(found_here)}"
            yield Fault("P092", name, distribution, message, remedy)


def _text(entry: Entry | None) -> str:
    if entry is None:
        return "nothing"
    revision = f" at revision {entry['revision']}" if entry.get("revision") else ""
    return f"{entry.get('distribution')} {entry.get('version')}{revision}"
