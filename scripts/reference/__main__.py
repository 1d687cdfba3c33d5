"""Write docs/reference from the code: ``python -m scripts.reference``, or only ``--check`` it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from scripts.reference.commands import commands_page
from scripts.reference.contributions import errors_page, events_page, permissions_page
from scripts.reference.extending import fixtures_page, hooks_page, names_page
from scripts.reference.routes import open_routes_page, routes_page
from scripts.reference.setting import settings_page
from scripts.reference.text import NOTE

from cms_core import Settings, build_cms
from cms_core.plugins.loading import discover

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
#: The set of the project: what else is installed has pages of its own elsewhere.
PLUGINS = ("auth", "media", "posts", "scheduler", "search")


def pages() -> dict[str, str]:
    """Return the written part of each page by its file name."""
    cms = build_cms(Settings(), discover(PLUGINS))
    return {
        "command-line.md": commands_page(),
        "errors.md": errors_page(),
        "events.md": events_page(),
        "hooks.md": hooks_page(cms),
        "open-routes.md": open_routes_page(cms),
        "permissions.md": permissions_page(cms),
        "python.md": names_page(),
        "rest.md": routes_page(cms),
        "settings.md": settings_page(cms),
        "testing.md": fixtures_page(),
    }


def main() -> int:
    """Write the pages, or with ``--check`` name those that are out of date (exit code 1)."""
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        present = path.read_text()
        wanted = f"{present.partition(NOTE)[0]}{NOTE}\n\n{text}\n"
        if present != wanted:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(wanted)
    sys.stdout.write("".join(f"docs/reference/{name}\n" for name in stale))
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    # The pages tell the defaults, wherever they are written.
    for variable in [name for name in os.environ if name.startswith("CMS_")]:
        del os.environ[variable]
    sys.exit(main())
