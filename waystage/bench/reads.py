"""Reads over HTTP against small and large tables: they cost what they ask for, not what lies beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from itertools import count, cycle
from typing import Any

import msgspec

from waystage.bench import cores, documents, read_data
from waystage.bench.engine import Say
from waystage.bench.load import Outcome, Spec
from waystage.bench.processes import ServerProcess, run_load
from waystage.bench.scene import expect
from waystage.bench.stores import Store, fresh
from waystage.ground import clock
from waystage.spec.moments import iso_z
from waystage.store.database import Database

_API = "/interaction/v1"
_JOURNEYS = f"{_API}/interactions"
#: Events of one batch, and how many clients send them at once.
MEMBERS, CLIENTS = 100, 16
#: How many contacts and hours are asked for in turn.
_ASKED = 100
_OK, _LEAST = 200, 20


@dataclass(frozen=True, slots=True)
class Latency:
    """Answers of one client that asks again as soon as it has been answered, in ms."""

    p50: float
    p99: float
    worst: float
    answers: int


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    body: Any = None


@dataclass(slots=True)
class Reads:
    """The latencies of each kind of read by how much there was: journeys, or hops."""

    store: str
    sizes: tuple[int, int]
    found: dict[str, list[Latency]] = field(default_factory=dict)

    def growth(self, name: str) -> float:
        """p50 with the large tables ÷ p50 with the small ones."""
        small, large = self.found[name]
        return large.p50 / small.p50


class Reader:
    """One client with a connection that stays open."""

    def __init__(self, server: ServerProcess, core: int | None = None) -> None:
        cores.pin(core)
        self._connection = HTTPConnection("127.0.0.1", server.port)
        self._headers = {"authorization": f"Bearer {server.token()}", "content-type": "application/json"}

    def ask(self, call: Call) -> Any:
        """The body of an answer, which must be a 200."""
        body = None if call.body is None else msgspec.json.encode(call.body)
        self._connection.request(call.method, call.path, body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        expect(f"the status of {call.method} {call.path}", answer.status, _OK)
        return text

    def measure(self, calls: Iterator[Call], seconds: float, most: int | None = None) -> Latency:
        """Ask for so long, but not less than a few times."""
        times: list[float] = []
        begun = clock.stopwatch()
        while len(times) < _LEAST or clock.stopwatch() < begun + seconds:
            call, started = next(calls), clock.stopwatch()
            self.ask(call)
            times.append(clock.stopwatch() - started)
            if most is not None and len(times) >= most:
                break
        return latency(times)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def latency(times: Sequence[float]) -> Latency:
    """Of times in seconds."""
    ordered = sorted(times)
    p50, p99 = (1000 * ordered[len(ordered) * part // 100] for part in (50, 99))
    return Latency(p50, p99, 1000 * ordered[-1], len(ordered))


# -- journeys -------------------------------------------------------------------------------------------------------


def journeys(store: Store, sizes: tuple[int, int], seconds: float, say: Say, *, lanes: int | None) -> Reads:
    """One journey and pages of the list, with few journeys and with many."""
    near, far = cores.two()
    found = Reads(store.name, sizes)
    with fresh(store) as url, ServerProcess(url, core=near, lanes=lanes) as server:
        server.ask("publish", "MultipleEntries")
        first = 1
        for size in sizes:
            _fill(url, partial(read_data.fill_journeys, first=first, upto=size))
            store.come_to_rest(url)
            store.tidy(url)
            first = size
            _measure(server, found, _journey_calls(size), seconds, say, size, far)
    return found


def _fill(url: str, fill: Callable[[Database], object]) -> None:
    database = Database(url)
    try:
        fill(database)
    finally:
        database.close()


def _measure(
    server: ServerProcess, found: Reads, kinds: dict[str, Iterator[Call]], seconds: float, say: Say, size: int,
    core: int | None,
) -> None:  # fmt: skip
    reader = Reader(server, core)
    for name, calls in kinds.items():
        reader.measure(calls, 0.0)
        one = reader.measure(calls, seconds)
        found.found.setdefault(name, []).append(one)
        say(f"{found.store} {name}, {size:,}: p50 {one.p50:.2f} p99 {one.p99:.2f} ms, {one.answers:,} answers")
    reader.close()


def _journey_calls(size: int) -> dict[str, Iterator[Call]]:
    some = [1 + 7_919 * place % (size - 1) for place in range(_ASKED)]
    get = partial(Call, "GET")
    guid = "00000000-0000-4000-8000-{:012x}"
    return {
        "one journey by key": cycle(get(f"{_JOURNEYS}/key:journey-{one}") for one in some),
        "one journey by id": cycle(get(f"{_JOURNEYS}/{guid.format(one)}") for one in some),
        "page of journeys": cycle([get(_JOURNEYS)]),
        "page of journeys by name": cycle([get(f"{_JOURNEYS}?$orderBy=Name%20ASC")]),
        "last page of journeys": cycle([get(f"{_JOURNEYS}?$page={max(1, size // 50)}")]),
        "page of journeys, status=Published": cycle([get(f"{_JOURNEYS}?status=Published")]),
        "page of journeys, nameOrDescription": cycle(
            get(f"{_JOURNEYS}?nameOrDescription=season%20{one}") for one in some
        ),
    }


# -- history --------------------------------------------------------------------------------------------------------


def history(store: Store, sizes: tuple[int, int], seconds: float, say: Say, *, lanes: int | None) -> Reads:
    """History of one contact, and the trace of a journey and an hour, with few hops and with many."""
    near, far = cores.two()
    found = Reads(store.name, sizes)
    for size in sizes:
        with fresh(store) as url:
            with ServerProcess(url, lanes=lanes) as server:
                server.ask("publish", "MultipleEntries")
            made = clock.stopwatch()
            _fill(url, partial(read_data.fill_passages, hops=size))
            store.come_to_rest(url)
            store.tidy(url)
            say(f"{store.name}: {size:,} hops made in {clock.stopwatch() - made:.0f} s")
            database = Database(url)
            number = database.read(lambda tx: tx.lanes).result()
            database.close()
            with ServerProcess(url, core=near, lanes=lanes) as server:
                _measure(server, found, _history_calls(size, number), seconds, say, size, far)
    return found


def _history_calls(size: int, lanes: int) -> dict[str, Iterator[Call]]:
    passages = size // 2
    people = read_data.known_contacts(max(1, passages // read_data.PASSAGES), lanes, _ASKED)
    hours = max(1, passages * read_data.BEAT // read_data.HOUR - 1)
    asked = [(_hour(1 + 7 * place % hours), _version(place)) for place in range(_ASKED)]
    return {
        "history of one contact": cycle(
            Call("POST", f"{_JOURNEYS}/journeyhistory/search", {"contactKeys": [key]}) for key in people
        ),
        "trace of one contact": cycle(_trace(f"ContactKey:{key}") for key in people),
        "trace by journey and hour": cycle(
            _trace(f"DefinitionId:{version} AND TransactionTime:{hour}*") for hour, version in asked
        ),
        "newest history of a journey": cycle(
            Call("POST", f"{_JOURNEYS}/journeyhistory/search", {"definitionIds": [version]}) for _, version in asked
        ),
        "page of messages": cycle([Call("GET", "/waystage/v1/messages")]),
        "page 200 of messages": cycle([Call("GET", f"/waystage/v1/messages?$page={min(200, 1 + passages // 100)}")]),
    }


def _trace(query: str) -> Call:
    body = {"size": 50, "filter": {"fquery": {"query": {"query_string": {"query": query}}}}}
    return Call("POST", f"{_JOURNEYS}/traceevents/search?format=object", body)


def _hour(ago: int) -> str:
    return iso_z(documents.START - ago * read_data.HOUR)[:13]


def _version(place: int) -> str:
    return f"00000000-0000-4001-8000-0000000000{11 + place % (read_data.JOURNEYS - 1)}"


# -- while others write ---------------------------------------------------------------------------------------------


def batches(store: Store, seconds: float, rounds: int, say: Say, *, lanes: int | None) -> list[Outcome]:
    """Batches of events of new contacts that enter a journey; each must be answered 202 and each event admitted."""
    near, far = cores.two()
    found: list[Outcome] = []
    with fresh(store) as url, ServerProcess(url, core=near, lanes=lanes) as server:
        server.ask("publish", "MultipleEntries")
        for number in range(1, rounds + 1):
            spec = Spec(
                server.port, f"{_API}/async/events", server.token(), seconds, number * 10_000_000, min(1.0, seconds),
                CLIENTS, far, MEMBERS,
            )  # fmt: skip
            one = msgspec.json.decode(run_load(spec), type=Outcome)
            expect("answers of async/events", one.answers, {"202": one.sent})
            server.ask("settle")
            found.append(one)
            say(
                f"{store.name} batches of {MEMBERS}, round {number}: {one.rate * MEMBERS:,.0f} events/s,"
                f" p50 {one.p50:.1f} p99 {one.p99:.1f} ms"
            )
        sent = sum(one.sent for one in found) * MEMBERS
        expect("instances", server.ask("counts")["instance"], sent)
    return found


@dataclass(frozen=True, slots=True)
class Beside:
    """One journey by key alone and while the engine steps; `moved` contacts meanwhile."""

    store: str
    alone: Latency
    stepping: Latency
    moved: int


def beside_stepping(store: Store, contacts: int, seconds: float, say: Say, *, lanes: int | None) -> Beside:
    """Reads of one journey while all its contacts wake up."""
    near, far = cores.two()
    with fresh(store) as url, ServerProcess(url, core=near, lanes=lanes) as server:
        server.ask("publish", "MultipleEntries")
        server.ask("fill", contacts, 0)
        reader = Reader(server, far)
        calls = cycle([Call("GET", f"{_JOURNEYS}/key:{documents.KEY}")])
        alone = reader.measure(calls, seconds)
        before = server.ask("moving")["moved"]
        server.ask("advance", documents.DAY)
        times: list[float] = []
        for _ in count():
            started = clock.stopwatch()
            reader.ask(next(calls))
            times.append(clock.stopwatch() - started)
            if len(times) >= _LEAST and not server.ask("moving")["running"]:
                break
        server.ask("wait")
        stepping, moved = latency(times), server.ask("moving")["moved"] - before
        reader.close()
        expect("contacts that left", server.ask("counts")["past"], contacts)
    say(f"{store.name} one journey: alone p99 {alone.p99:.1f} ms; stepping p99 {stepping.p99:.1f} ms, {moved:,} moved")
    return Beside(store.name, alone, stepping, moved)
