"""Structured log lines on standard error; the only logging set-up."""

from __future__ import annotations

import logging
import sys

import structlog


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
