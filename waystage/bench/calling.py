"""How fast custom activities are called: everybody is due at once, is called, and leaves with the answer (issue D).

Measured is all of it: the batches that write the calls, the calls themselves to a service in another process, the
answers on their way through the inbox, and the batches that take everybody to the end.
"""

from __future__ import annotations

from waystage.bench import cores, documents
from waystage.bench.engine import Say
from waystage.bench.scene import environment, expect, published
from waystage.bench.sending import Sent
from waystage.bench.sinks import Sink
from waystage.bench.stores import Store, fresh
from waystage.bootstrap import build
from waystage.ground import clock
from waystage.ground.settings import load
from waystage.store import statistics


def measure(store: Store, calls: int, rounds: int, say: Say, *, lanes: int | None) -> Sent:
    """Call for so many contacts, some rounds."""
    found = Sent(store.name, "service", calls)
    _, far = cores.two()
    for number in range(1, rounds + 1):
        with fresh(store) as url, Sink("service", far) as sink:
            seconds, spent = _run(url, f"http://127.0.0.1:{sink.port}", calls, lanes)
            expect("calls that the service has taken", sink.taken, calls)
        found.rates.append(calls / seconds)
        found.cpu.append(spent / seconds)
        rate = f"{calls / seconds:,.0f}/s, {spent / seconds:.0%} of a core"
        say(f"{store.name} custom activities, round {number}: {rate}")
    return found


def _run(url: str, service: str, calls: int, lanes: int | None) -> tuple[float, float]:
    """Let everybody in and wait; then gives the seconds until everybody has left, and those of the processor."""
    allowed = {"WAYSTAGE_ALLOW_PRIVATE_URLS": "true"}
    built = build(load(environment(url, lanes=lanes) | allowed))
    try:
        made = published(built, documents.Flavour("calling", "MultipleEntries", service=service))
        made.fill_inbox(calls)
        made.jump(made.now)
        started, spent = clock.stopwatch(), cores.spent()
        made.jump(made.end)
        took = clock.stopwatch() - started, cores.spent() - spent
        totals = built.database.read(lambda tx: statistics.totals(tx, made.version)).result()
        expect("ended", totals.get("ended:EndOfPath"), calls)
    finally:
        built.close()
    return took
