"""How fast messages leave the outbox: e-mails to an SMTP server, and the same messages to a webhook (issue D).

The messages are written while there is no way out to be had, as in an outage, and then the product is started with
one: it finds them as after any restart. Sent is what has a receipt, and the sink must have taken each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from waystage.bench import cores, documents
from waystage.bench.engine import Say
from waystage.bench.scene import environment, expect, published
from waystage.bench.sinks import Sink
from waystage.bench.stores import Store, fresh
from waystage.bootstrap import build
from waystage.ground import clock
from waystage.ground.settings import load

Way = Literal["smtp", "webhook", "service"]
#: A way out that nobody listens at.
_NOBODY = "smtp://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Sent:
    """Runs over one way out: messages (or calls) a second, and how much of a core the product used for it."""

    store: str
    way: Way
    messages: int
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages a second."""
        return median(self.rates)


def measure(store: Store, way: Way, messages: int, rounds: int, say: Say, *, lanes: int | None) -> Sent:
    """Empty an outbox of so many messages, some rounds."""
    found = Sent(store.name, way, messages)
    _, far = cores.two()
    for number in range(1, rounds + 1):
        with fresh(store) as url, Sink("smtp" if way == "smtp" else "web", far) as sink:
            _fill(url, messages, lanes)
            seconds, spent = _empty(url, _settings(way, sink.port), lanes)
            expect("messages that the sink has taken", sink.taken, messages)
        found.rates.append(messages / seconds)
        found.cpu.append(spent / seconds)
        rate = f"{messages / seconds:,.0f}/s, {spent / seconds:.0%} of a core"
        say(f"{store.name} sending by {way}, round {number}: {rate}")
    return found


def _settings(way: Way, port: int) -> dict[str, str]:
    if way == "smtp":
        return {"WAYSTAGE_SMTP_URL": f"smtp://127.0.0.1:{port}"}
    secret = {"WAYSTAGE_WEBHOOK_SECRET": "bench", "WAYSTAGE_WEBHOOK_CHANNELS": "email"}
    return {"WAYSTAGE_WEBHOOK_URL": f"http://127.0.0.1:{port}/messages", **secret}


def _fill(url: str, messages: int, lanes: int | None) -> None:
    """Everybody enters and is sent an e-mail, while nothing is delivered."""
    built = build(load(environment(url, lanes=lanes) | {"WAYSTAGE_SMTP_URL": _NOBODY}))
    try:
        made = published(built, documents.PLAIN)
        built.deliverer.stop()
        made.fill_inbox(messages)
        for instant in (made.now, made.end):
            made.jump(instant, settled=False)
    finally:
        built.close()


def _empty(url: str, settings: dict[str, str], lanes: int | None) -> tuple[float, float]:
    """Start with a way out; gives the seconds until all is sent, and those of the processor."""
    started, spent = clock.stopwatch(), cores.spent()
    built = build(load(environment(url, lanes=lanes) | settings))
    try:
        built.engine.settle().result()
        took = clock.stopwatch() - started, cores.spent() - spent
        sent = {status: n for (_, status), n in built.deliverer.results.items()}
        expect("attempts", set(sent), {"sent"})
    finally:
        built.close()
    return took
