"""Log lines: one stream, and never a secret in it."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from cms_core.plugins.contributions import Plugin
from cms_core.settings import LogFormat, Settings
from cms_core.telemetry import configure_logging

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """The stream of a configured log; the log is as before after the test."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging(Settings(), [Plugin("toy", structlog, "acme-toy", "1")], stream)
    yield stream
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_application_and_libraries_write_to_one_stream(lines: Lines) -> None:
    structlog.get_logger("cms_posts.service").info("post_published", post="1")
    logging.getLogger("uvicorn.error").warning("late by %d", 3)
    first, second = lines()
    assert (first["event"], first["post"], first["level"]) == ("post_published", "1", "info")
    assert (second["event"], second["logger"]) == ("late by 3", "uvicorn.error")
    assert first["timestamp"].endswith("Z")


def test_what_is_bound_to_the_request_is_on_every_line(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("any").info("one")
        logging.getLogger("lib").info("two")
    assert [line["request_id"] for line in lines()] == ["r1", "r1"]


def test_lines_of_a_plugin_carry_its_name(lines: Lines) -> None:
    structlog.get_logger("structlog.inner").info("x")
    structlog.get_logger("cms_core.app").info("x")
    assert [line.get("plugin") for line in lines()] == ["toy", None]


@pytest.mark.parametrize(
    "values",
    [
        {"password": "hunter2"},
        {"new_password": "hunter2"},
        {"headers": {"Authorization": "hunter2", "cookie": "hunter2"}},
        {"items": [{"refresh_token": "hunter2"}]},
        {"url": "postgresql://cms:hunter2@db/cms"},
        {"line": "Authorization: Bearer hunter2"},
    ],
)
def test_secrets_are_redacted_wherever_they_stand(
    stream: io.StringIO, values: dict[str, Any]
) -> None:
    structlog.get_logger("any").info("x", **values)
    assert "redacted" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_tracebacks_hold_neither_secrets_nor_local_variables(stream: io.StringIO) -> None:
    local = "hunter" + "3"
    try:
        raise ValueError("no answer from redis://cms:hunter2@cache")
    except ValueError:
        structlog.get_logger("any").exception("failed")
    assert "ValueError: no answer" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert local not in stream.getvalue()


def test_the_console_is_redacted_too(stream: io.StringIO) -> None:
    configure_logging(Settings(log_format=LogFormat.CONSOLE), stream=stream)
    structlog.get_logger("any").info("signed_in", token="hunter2")
    assert "signed_in" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_news_of_libraries_is_left_out(stream: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").info("SELECT 1")
    logging.getLogger("asyncio").debug("Using selector")
    assert stream.getvalue() == ""
