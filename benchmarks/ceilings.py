"""Bare applications beside ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.bare import Kind
from benchmarks.processes import Process, python
from benchmarks.stage import Stage


@contextmanager
def bare(
    stage: Stage, kind: Kind, body: bytes, *, paths: Sequence[str] = (), database: str = ""
) -> Iterator[Process]:
    """Run a bare application that answers with `body`, whatever it does before."""
    folder = stage.folder()
    answer, known = folder / "answer.json", folder / "paths"
    answer.write_bytes(body)
    known.write_text("\n".join(paths))
    arguments = ("-m", "benchmarks.bare", kind, answer, "--paths", known)
    with python(arguments, {"CMS_DATABASE_URL": database}, folder) as process:
        process.address()
        yield process
