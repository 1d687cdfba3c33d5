"""`cms dev`, as somebody meets it who tries the CMS out."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from tests.conftest import Running


def test_a_second_start_keeps_everything_and_makes_no_other_administrator(
    start: Callable[..., Running],
    sign_in: Callable[..., httpx2.Client],
    publish: Callable[..., Any],
    tmp_path: Path,
) -> None:
    command = ("cms", "dev", "--port", "0", "--data", str(tmp_path / "data"))
    first = start(*command)
    credentials = first.credentials()
    post = publish(sign_in(first.address(), credentials), "Kept")
    assert first.stop(signal.SIGINT) == 0
    assert "Traceback" not in first.output

    second = start(*command)
    editor = sign_in(second.address(), credentials)
    assert editor.get(f"/api/v1/posts/{post['slug']}").json() == post
    assert second.stop(signal.SIGINT) == 0
    assert "password" not in second.output
