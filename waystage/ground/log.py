"""Structured log lines on standard error; the only logging set-up."""

from __future__ import annotations

import logging
import re
import sys

import structlog

#: What databases add to a complaint: the values of the row that they complain about.
_ADDED = re.compile(r"^(DETAIL|CONTEXT|LINE \d+|HINT):.*(\n\s*\^)?$\n?", re.MULTILINE)
_SYNTAX = re.compile(r"(invalid input (?:syntax|value)[^:\n]*: ).*")


def without_values(text: str) -> str:
    """A complaint of a database without values of the row that it is about, which are people's."""
    return _SYNTAX.sub(r"\1…", _ADDED.sub("", text)).rstrip("\n")


def _keep_values_out(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What was written about an error says nothing of people (threat model)."""
    for name in ("exception", "error"):
        if isinstance(event.get(name), str):
            event[name] = without_values(event[name])
    return event


def set_up(level: str = "INFO", *, as_json: bool = False) -> None:
    """Configure logging once, at the start of a process."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _keep_values_out,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        # Looked up for each line: whoever replaces standard error for a while gets the lines of that while.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one room of the house; `room` becomes a field of every line."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=room)
    return bound
