"""Logging: one stream for the application, the server and the libraries; secrets stay out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from cms_core.front.record import lines
from cms_core.plugins.contributions import Plugin
from cms_core.settings import LogFormat, Settings

REDACTED = "[redacted]"
_SECRET_KEY = re.compile(
    r"passw|secret|token|authori[sz]ation|cookie|api_?key|credential|^otp$|signature",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"(?P<userinfo>(?<=://)[^/\s:@]*:[^/\s@]+(?=@))|(?P<bearer>(?<=bearer )[\w.~+/=-]+)",
    re.IGNORECASE,
)
#: Libraries whose everyday news nobody reads.
_QUIET = ("asyncio", "httpx2", "httpcore2", "aiosqlite", "alembic", "sqlalchemy", "multipart")


def configure_logging(
    settings: Settings, plugins: Iterable[Plugin] = (), stream: TextIO | None = None
) -> None:
    """Send all log lines of this process to one stream (default: standard error)."""
    shared = _shared_processors(plugins)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    renderer = _renderer(settings.log_format, colors=handler.stream.isatty())
    handler.setFormatter(_formatter(shared, renderer))
    logging.basicConfig(handlers=[handler], level=settings.log_level.upper(), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    lines.stream = handler.stream if settings.log_format is LogFormat.JSON else None


def _shared_processors(plugins: Iterable[Plugin]) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _PluginNames(plugins),
    ]


def _formatter(shared: list[Processor], renderer: Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_color_message,
            redact,
            renderer,
        ],
    )


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace whatever is, or looks like, a secret; keys decide, then the text of values."""
    return {key: _redacted(key, value) for key, value in event.items()}


def _without_color_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn says the same twice
    return event


def _renderer(log_format: LogFormat, *, colors: bool) -> Processor:
    if log_format is LogFormat.JSON:
        return structlog.processors.JSONRenderer()
    # Tracebacks as plain text: the pretty ones show local variables, secrets among them.
    plain = structlog.dev.plain_traceback
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)


def _redacted(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, str):
        return _SECRET_TEXT.sub(REDACTED, value)
    if isinstance(value, Mapping):
        return {inner: _redacted(str(inner), each) for inner, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted("", each) for each in value]
    return value


class _PluginNames:
    """Adds ``plugin=`` to lines that a plugin's package logs."""

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._names = {
            getattr(plugin.module, "__name__", "").partition(".")[0]: plugin.name
            for plugin in plugins
        }

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        package = str(event.get("logger", "")).partition(".")[0]
        if package in self._names:
            event.setdefault("plugin", self._names[package])
        return event
