"""Structured log lines on standard error; the only logging set-up."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable
from contextvars import ContextVar

import structlog

#: The name of the request that is being answered, for every line that is written meanwhile.
_request: ContextVar[bytes] = ContextVar("request", default=b"")
#: What else lines tell, where there is something to tell.
_also: dict[str, Callable[[], str]] = {}
_details = False

#: What databases add to a complaint: the values of the row that they complain about.
_ADDED = re.compile(r"^(DETAIL|CONTEXT|LINE \d+|HINT):.*(\n\s*\^)?$\n?", re.MULTILINE)
_SYNTAX = re.compile(r"(invalid input (?:syntax|value)[^:\n]*: ).*")


def without_values(text: str) -> str:
    """A complaint of a database without values of the row that it is about, which are people's.

    Also of one whose line ends are written as they are in the `repr` of an error.
    """
    return _SYNTAX.sub(r"\1…", _ADDED.sub("", text.replace("\\n", "\n"))).rstrip("\n")


def _keep_values_out(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """What was written about an error says nothing of people (threat model)."""
    for name in ("exception", "error"):
        if isinstance(event.get(name), str):
            event[name] = without_values(event[name])
    return event


#: Lines that are written in this task from now on name this request.
begin_request = _request.set


def also_tell(name: str, read: Callable[[], str]) -> None:
    """Lines have a further field where it is not empty."""
    _also[name] = read


def tells_details() -> bool:
    """Whether lines of level debug are written: for whoever has to put one together first."""
    return _details


def _name_the_work(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The request that a line belongs to, and what else is to be told."""
    for name, text in (
        ("request", _request.get().decode("ascii", "replace")),
        *((name, read()) for name, read in _also.items()),
    ):
        if text:
            event.setdefault(name, text)
    return event


class _Forward(logging.Handler):
    """Warnings of the libraries become lines like all others, so that a log of JSON lines has nothing else in it."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        say = logger(record.name).error if record.levelno >= logging.ERROR else logger(record.name).warning
        say(record.getMessage(), exc_info=record.exc_info)


def set_up(level: str = "INFO", *, as_json: bool = False) -> None:
    """Configure logging once, at the start of a process."""
    global _details  # noqa: PLW0603 - as the configuration itself, it belongs to the process
    _details = level.upper() == "DEBUG"
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _name_the_work,
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
    libraries = logging.getLogger()
    if not any(isinstance(one, _Forward) for one in libraries.handlers):
        libraries.addHandler(_Forward())


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """The logger of one room of the house; `room` becomes a field of every line."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=room)
    return bound
