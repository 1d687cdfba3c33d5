"""``cms openapi``: the description of the REST API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cms_core.api import create_api
from cms_core.commands.context import lenient_cms, read_settings, readable_errors


def openapi(
    output: Annotated[
        Path | None, typer.Option(help="File to write; else standard output.", dir_okay=False)
    ] = None,
) -> None:
    """Print the OpenAPI description of this CMS with its plugins.

    Example:

    cms openapi --output openapi.json
    """
    with readable_errors():
        schema = create_api(lenient_cms(read_settings())).openapi()
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(text + "\n", encoding="utf-8")
