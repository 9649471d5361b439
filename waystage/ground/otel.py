"""The one module that knows OpenTelemetry: spans through its SDK, sent as OTLP over HTTP or written to the console.

Everything else about them (where to, which share, how many at once) is said by the standard OTEL_ variables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from waystage.ground.tracing import Attribute, Kind, Span, Tracer

_KINDS: Final = {
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "internal": trace.SpanKind.INTERNAL,
}
_PROPAGATOR: Final = TraceContextTextMapPropagator()


def begin(environ: Mapping[str, str], role: str, version: str) -> Tracer:
    """Make spans from now on."""
    about = {"service.version": version, "waystage.role": role}
    if not environ.get("OTEL_SERVICE_NAME") and "service.name=" not in environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        about["service.name"] = "waystage"
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    for name in environ.get("OTEL_TRACES_EXPORTER", "").split(",") or ("otlp",):
        provider.add_span_processor(BatchSpanProcessor(_exporter(name.strip().lower())))
    return _Tracer(provider)


def _exporter(name: str) -> SpanExporter:
    return ConsoleSpanExporter() if name == "console" else OTLPSpanExporter()


class _Span:
    """See `tracing.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, name: str, value: Attribute) -> None:
        self._span.set_attribute(name, value)

    def fail(self, why: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR, why)


class _Tracer:
    """See `tracing.Tracer`."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("waystage")

    @contextmanager
    def span(
        self, name: str, kind: Kind, about: Mapping[str, Attribute], carried: Mapping[str, str] | None
    ) -> Iterator[Span | None]:
        """What was raised is noted by its kind only: its text may hold values."""
        context = _PROPAGATOR.extract(carried) if carried else None
        with self._tracer.start_as_current_span(
            name, context, _KINDS[kind], about, record_exception=False, set_status_on_exception=False
        ) as made:
            try:
                yield _Span(made)
            except BaseException as error:
                made.set_status(trace.StatusCode.ERROR, type(error).__name__)
                raise

    def headers(self) -> dict[str, str]:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier

    def trace_id(self) -> str:
        context = trace.get_current_span().get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else ""

    def end(self) -> None:
        self._provider.shutdown()
