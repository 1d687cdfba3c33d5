from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from cms_core import Settings
from cms_core.telemetry import configure_logging

if TYPE_CHECKING:
    from tests.conftest import Register, Visitor

Lines = Callable[[], list[dict[str, Any]]]

NEW = "violet-harbour-51-compass"


@pytest.fixture
def lines(cms_settings: Settings) -> Iterator[Lines]:
    """What was logged so far; the log is as before after the test."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging(cms_settings.model_copy(update={"log_level": "DEBUG"}), stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


def of_auth(lines: Lines) -> list[tuple[str, str | None]]:
    return [
        (each["event"], each.get("user_id"))
        for each in lines()
        if each.get("logger", "").startswith("cms_auth")
    ]


async def test_sign_ins_failures_and_changes_are_one_line_each(
    lines: Lines, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    tokens = await visitor.sign_in(ada)
    await visitor.login(ada, password="a-wrong-guess-here")
    await visitor.login(ada, email="nobody@example.com")
    await visitor.client.patch("/api/v1/admin/me", json={"name": "A."}, headers=tokens.headers)
    await visitor.logout(tokens)
    await visitor.status(tokens)
    await visitor.refresh(tokens.refresh)

    id = str(ada.id)
    assert of_auth(lines) == [
        ("user_created", id),
        ("user_signed_in", id),
        ("sign_in_failed", id),
        ("sign_in_failed", None),
        ("user_changed", id),
        ("session_ended", id),
        ("token_refused", None),
        ("refresh_refused", None),
    ]


async def test_lines_say_from_where_by_whom_and_in_which_request(
    lines: Lines, register: Register, visitor: Visitor
) -> None:
    ada = await register()
    answer = await visitor.login(ada)

    line = next(each for each in lines() if each["event"] == "user_signed_in")
    assert line["address"] == "127.0.0.1"
    assert line["request_id"] == answer.headers["x-request-id"]


async def test_no_secret_is_ever_logged(lines: Lines, register: Register, visitor: Visitor) -> None:
    ada = await register("admin")
    first = await visitor.sign_in(ada)
    second = await visitor.renew(first)
    typed_as_address = "my-password-in-the-wrong-field"
    await visitor.login(ada, email=typed_as_address)
    await visitor.login(ada, password="guess-canary-77-zebra")
    await visitor.refresh(first.refresh)
    third = await visitor.sign_in(ada)
    await visitor.client.post(
        "/api/v1/admin/me/password",
        json={"current_password": ada.password, "new_password": NEW},
        headers=third.headers,
    )
    await visitor.client.post(
        "/api/v1/admin/users",
        json={"email": "x@example.com", "name": "X", "password": "canary-harbour-62-meadow"},
        headers=third.headers,
    )

    logged = json.dumps(lines())
    secrets = [
        *(ada.password, NEW, typed_as_address, "guess-canary-77-zebra", "canary-harbour-62-meadow"),
        *(part for each in (first, second, third) for part in (each.access, each.refresh)),
        "$argon2id$",
    ]
    assert [each for each in secrets if each in logged] == []
