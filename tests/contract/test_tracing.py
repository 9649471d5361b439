"""Traces, read by a real receiver of OTLP over HTTP: requests, batches, sends and calls, and what goes on to others."""

import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.architecture.modules import ROOT
from tests.channels.receivers import SECRET, Receiver
from tests.contract.calling import ALLOWED, rest
from tests.contract.mailing import define_event, fire, publish, settle
from tests.contract.served import Served
from tests.contract.test_other_messages import MOBILE, send
from tests.contract.test_other_messages import define as define_mobile
from tests.services.service import Service
from waystage.ground import tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collector:
    """Takes in what is exported; use it as a context."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def take(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            self.resources.append({one.key: one.value.string_value for one in resource.resource.attributes})
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]

    @property
    def environ(self) -> dict[str, str]:
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}"}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Where the spans of this process go."""
    with Collector() as made:
        for name, value in made.environ.items():
            monkeypatch.setenv(name, value)
        tracing.begin(made.environ, "serve", "1.0")
        assert tracing.is_on()
        try:
            yield made
        finally:
            tracing.end()


def about(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_a_request_continues_the_trace_that_it_carries(collector: Collector, sqlite_url: str) -> None:
    with Served(sqlite_url) as server:
        httpx.get(f"{server.address}/healthz", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        httpx.get(f"{server.address}/waystage/v1/journeys/w/contacts/ann@example.com")
        httpx.get(f"{server.address}/healthz", headers={"traceparent": "00-nonsense"})
    tracing.end()
    health, other = collector.named("GET /healthz")
    assert (health.trace_id.hex(), health.parent_span_id.hex()) == (TRACE, PARENT)
    assert other.parent_span_id == b""
    assert about(health) == {
        "http.request.method": "GET",
        "http.route": "/healthz",
        "http.response.status_code": 200,
    }
    (refused,) = collector.named("GET /waystage/v1/journeys/{key}/contacts/{contactKey}")
    assert about(refused)["http.response.status_code"] == 401
    assert collector.resources[0]["service.name"] == "waystage"
    assert collector.resources[0]["waystage.role"] == "serve"


def test_batches_calls_and_what_services_are_told(collector: Collector, sqlite_url: str) -> None:
    with Service() as service, Served(sqlite_url, **ALLOWED) as server:
        api = server.client()
        define_event(api)
        publish(api, [rest(service, following=None)])
        fire(api, "ann")
        settle(api)
        told = [{name.lower(): value for name, value in call.headers.items()} for call in service.executed()]
    tracing.end()
    (call,) = collector.named("call")
    (carried,) = [one["traceparent"] for one in told]
    assert carried.split("-")[1:3] == [call.trace_id.hex(), call.span_id.hex()]
    assert about(call)["http.response.status_code"] == 200
    assert about(call)["waystage.instance"].count("-") == 4
    batches = collector.named("batch")
    assert {about(one)["waystage.lane"] for one in batches} == {1}
    assert sum(about(one)["waystage.contacts"] for one in batches) >= 1
    assert not [span for span in collector.spans if "ann" in str(span)]


def test_sends_and_what_receivers_are_told(collector: Collector, sqlite_url: str) -> None:
    with Receiver() as receiver:
        settings = {"WAYSTAGE_WEBHOOK_URL": receiver.url, "WAYSTAGE_WEBHOOK_SECRET": SECRET}
        with Served(sqlite_url, **settings) as server:
            api = server.client()
            define_mobile(api)
            publish(api, [send("S", "SMSSYNC", messageText="Hello")], **MOBILE)
            fire(api, "ann", Mobile="+4912345")
            settle(api)
        (posted,) = receiver.posts
    tracing.end()
    (sent,) = collector.named("send")
    (post,) = collector.named("post")
    assert (post.trace_id, post.parent_span_id) == (sent.trace_id, sent.span_id)
    assert posted.headers["traceparent"].split("-")[1:3] == [post.trace_id.hex(), post.span_id.hex()]
    assert about(sent)["waystage.way"] == "webhook"
    assert about(sent)["waystage.messages"] == 1
    assert about(post)["waystage.request_id"] == posted.headers["webhook-id"]
    assert not [span for span in collector.spans if "4912345" in str(span)]


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
        ({"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, False),
    ],
)
def test_when_traces_are_asked_for(environ: dict[str, str], asked: bool) -> None:
    assert tracing.asked_for(environ) is asked


def test_without_being_asked_nothing_is_loaded() -> None:
    """One module knows the library, and nobody imports that module but by name, when it is asked for."""
    importing = re.compile(
        r"^\s*(from|import) (opentelemetry|waystage\.ground\.otel|waystage\.ground import .*otel)", re.MULTILINE
    )
    files = (ROOT / "waystage").rglob("*.py")
    knowing = {file.name for file in files if importing.search(file.read_text(encoding="utf-8"))}
    assert knowing == {"otel.py"}
    tracing.begin({}, "serve", "1.0")
    assert not tracing.is_on()
    assert tracing.span("nothing") is tracing.NOTHING
    assert tracing.headers() == {}


def test_a_library_that_is_missing_is_said_and_not_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "waystage.ground.otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    tracing.begin({"OTEL_TRACES_EXPORTER": "otlp"}, "serve", "1.0")
    assert not tracing.is_on()
    assert "pip install 'waystage[otel]'" in "".join(capsys.readouterr())
