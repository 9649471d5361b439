"""The server itself: pages, health, figures (contract, "our own resources")."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Call, Family
from waystage.api.shapes.schema import NUMBER, OBJECT, TEXT, Named, answer, just, words

SERVER: Final = Family("Server", "Pages and probes, without a token.")
HTML: Final = "text/html"

HOME: Final = Call(SERVER, {200: Answer("A page of links.", files=(HTML,))})
DOCS: Final = Call(SERVER, {200: Answer("This page.", files=(HTML,))})
OPENAPI: Final = Call(SERVER, {200: Answer("An OpenAPI 3.1 document.", Named("OpenApi", OBJECT))})
ALIVE: Final = Call(
    SERVER, {200: Answer("The process lives.", Named("Alive", answer({"status": just("alive"), "clock": TEXT})))}
)
_READY: Final = Named(
    "Readiness",
    answer(
        {
            "status": words(("ready", "not ready")),
            "schema": words(("current", "newer", "not migrated", "database unavailable")),
            "engine": words(("running", "not running")),
            "engineLagSeconds": NUMBER,
        }
    ),
)
READY: Final = Call(SERVER, {200: Answer("It can serve.", _READY), 503: Answer("It cannot, and why.", _READY)})
METRICS: Final = Call(SERVER, {200: Answer("The text format of Prometheus.", files=("text/plain",))})
