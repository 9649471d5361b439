"""Traces for OpenTelemetry: off, and nothing of it imported, unless the standard OTEL_ variables ask for them.

The extra `otel` brings the library (`pip install 'waystage[otel]'`); `ground.otel` is the only module that knows it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Final, Literal, Protocol

from waystage.ground import log

Kind = Literal["server", "client", "internal"]
Attribute = str | int | float | bool

#: The headers by which a trace is carried from one program to the next (W3C Trace Context).
CARRIED: Final = ("traceparent", "tracestate")
#: Each of these asks for traces.
_ASKING: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN: Final = "http/protobuf"


class Span(Protocol):
    """A piece of work in a trace."""

    def rename(self, name: str) -> None:
        """What it was is known only now."""
        ...

    def note(self, name: str, value: Attribute) -> None:
        """Something about it; never anything about a person."""
        ...

    def fail(self, why: str) -> None:
        """It went wrong."""
        ...


class Tracer(Protocol):
    """What makes spans and sends them off."""

    def span(
        self, name: str, kind: Kind, about: Mapping[str, Attribute], carried: Mapping[str, str] | None
    ) -> AbstractContextManager[Span | None]:
        """See `span`."""
        ...

    def headers(self) -> dict[str, str]:
        """See `headers`."""
        ...

    def trace_id(self) -> str:
        """The trace that the present work belongs to; empty for none."""
        ...

    def end(self) -> None:
        """Send off what is left."""
        ...


#: The span of work that nobody traces.
NOTHING: Final = nullcontext[Span | None]()
_tracer: Tracer | None = None


def asked_for(environ: Mapping[str, str]) -> bool:
    """Whether the OTEL_ variables ask for traces: they name an exporter or an endpoint, and do not switch them off."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    return bool(exporter) or any(environ.get(name, "").strip() for name in _ASKING)


def begin(environ: Mapping[str, str], role: str, version: str) -> None:
    """Trace from now on, if it is asked for and the library is there; otherwise say so once and go on without."""
    global _tracer  # noqa: PLW0603 - as the log, it belongs to the process
    if _tracer is not None or not asked_for(environ):
        return
    protocol = next((environ[name].strip().lower() for name in _PROTOCOLS if environ.get(name)), _SPOKEN)
    if protocol != _SPOKEN:
        log.logger("tracing").warning(
            "no traces are sent: another protocol is asked for", asked=protocol, spoken=_SPOKEN
        )
        return
    try:
        library = importlib.import_module("waystage.ground.otel")
    except ImportError:
        log.logger("tracing").warning("no traces are sent: pip install 'waystage[otel]' brings what is missing")
        return
    _tracer = library.begin(environ, role, version)
    log.also_tell("trace", _tracer.trace_id)


def end() -> None:
    """Send off what is left, and trace no more."""
    global _tracer
    ended, _tracer = _tracer, None
    if ended is not None:
        ended.end()


def is_on() -> bool:
    """Whether anything is traced."""
    return _tracer is not None


def span(
    name: str,
    kind: Kind = "internal",
    about: Mapping[str, Attribute] = MappingProxyType({}),
    carried: Mapping[str, str] | None = None,
) -> AbstractContextManager[Span | None]:
    """A piece of work, inside the one that is under way in this task or thread, or the one that was `carried` here.

    None where nothing is traced. What is raised marks the span as failed.
    """
    return NOTHING if _tracer is None else _tracer.span(name, kind, about, carried)


def headers() -> dict[str, str]:
    """The headers that carry the present work's trace on; empty where nothing is traced."""
    return {} if _tracer is None else _tracer.headers()
