"""One fresh database with the product running over it: the journey, the filled inbox, and what must come out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass

from waystage.bench import documents, raw
from waystage.bench.documents import Flavour
from waystage.bootstrap import Built, build
from waystage.ground.clock import VirtualClock, real_now
from waystage.ground.ids import InboxNumbers
from waystage.ground.settings import load
from waystage.operations import (
    define_data_extension,
    define_event,
    fire_event,
    publish_version,
    read_job,
    save_asset,
    save_version,
)
from waystage.operations.save_version import Author
from waystage.store import inbox, journey_clock, statistics, trace
from waystage.store.database import Database
from waystage.store.inbox import InboxRow
from waystage.store.sql import Tx, lane_numbers
from waystage.store.versions import Selector

ACCOUNT, USER = 1, 0
CLIENT_ID, CLIENT_SECRET = "bench-client", "bench-secret"
VIRTUAL = "virtual:2026-01-01T00:00:00Z"
#: Events appended in one transaction while a scene is prepared.
_CHUNK = 20_000


class WrongOutcomeError(AssertionError):
    """The product did something else than it was asked: the figures mean nothing."""


def expect(what: str, found: object, wanted: object) -> None:
    """An assertion that `python -O` keeps; WrongOutcomeError."""
    if found != wanted:
        raise WrongOutcomeError(f"{what}: {found!r} instead of {wanted!r}")


@dataclass(slots=True)
class Scene:
    """A published journey in a database of its own."""

    built: Built
    flavour: Flavour
    version: int
    journey: int
    definition: int
    extension: int

    @property
    def now(self) -> int:
        """The present journey instant, in ms."""
        return self.built.world.clock.now()

    @property
    def end(self) -> int:
        """An instant at which everybody is due."""
        return documents.START + documents.MONTH if self.flavour.scattered else self.now + documents.DAY

    def jump(self, instant: int, *, settled: bool = True) -> None:
        """Move the clock at once, past all instants on the way: what a machine finds that was away for a while.

        Not `settled`: nobody waits until the messages are handed over.
        """
        virtual = self.built.world.clock
        if not isinstance(virtual, VirtualClock):
            raise TypeError("the benchmark runs on a virtual clock")
        self.built.database.write(lambda tx: journey_clock.set_now(tx, instant)).result()
        self.built.engine.ask(lambda: virtual.set(instant)).result()
        self.built.engine.notify()
        (self.built.engine.settle() if settled else self.built.engine.rest()).result()

    @contextmanager
    def held(self) -> Iterator[Callable[[], None]]:
        """Keep the engine from doing anything until the function that this gives is called."""
        release = threading.Event()
        self.built.engine.ask(release.wait)
        try:
            yield release.set
        finally:
            release.set()

    def fill_inbox(self, contacts: int, first: int = 0) -> None:
        """Append one event per contact; see `fill`."""
        fill(self.built.database, self.definition, contacts, first)

    def check_finished(self, contacts: int) -> None:
        """Everybody has left, every counter and table is exact, and every hop is merged; WrongOutcomeError."""
        self.built.database.read(lambda tx: self._check(tx, contacts)).result()

    def _check(self, tx: Tx, contacts: int) -> None:
        gold = documents.chosen(contacts)
        counts = statistics.activities(tx, self.version)
        passed = {activity: one.through for activity, one in counts.items()}
        expect("passages by activity", passed, {1: contacts, 2: contacts, 3: gold, 4: contacts - gold})
        totals = statistics.totals(tx, self.version)
        expect("entered", totals.get("entered"), contacts)
        expect("ended", sum(n for name, n in totals.items() if name.startswith("ended:")), contacts)
        check_tables(tx, contacts)

    def unmerged(self, tx: Tx) -> bool:
        """Whether hops of the log wait to be merged."""
        return any(last > mark for mark, last in (trace.unmerged(tx, lane) for lane in lane_numbers(tx)))


def fill(database: Database, definition: int, contacts: int, first: int = 0) -> None:
    """Append one event per contact without telling the engine; `first` is the number of the first contact."""
    numbers = InboxNumbers(real_now)
    for start in range(first, first + contacts, _CHUNK):
        chunk = range(start, min(start + _CHUNK, first + contacts))
        database.write(lambda tx, chunk=chunk: _append(tx, definition, numbers, chunk)).result()  # type: ignore[misc]


def _append(tx: Tx, definition: int, numbers: InboxNumbers, chunk: range) -> None:
    ids = numbers.take(len(chunk))
    inbox.append(
        tx,
        (
            InboxRow(id_, ACCOUNT, definition, documents.contact_key(n), _row_key(n), documents.event_text(n))
            for id_, n in zip(ids, chunk, strict=True)
        ),
    )


def check_tables(tx: Tx, contacts: int) -> None:
    """The tables that engine and raw statements both fill; WrongOutcomeError."""
    wanted = dict.fromkeys(("contact", "row", "instance", "past", "outbox"), contacts)
    wanted |= dict.fromkeys(("hop", "hop_log"), 2 * contacts)
    wanted |= dict.fromkeys(("inbox", "queue", "active"), 0)
    expect("rows of the tables", raw.sizes(tx, wanted), wanted)


def _row_key(number: int) -> str:
    return f'["{documents.contact_key(number)}"]'


def environment(url: str, *, clock: str = VIRTUAL, lanes: int | None = None) -> dict[str, str]:
    """The settings of a measured product, as environment variables."""
    return {
        "WAYSTAGE_DATABASE_URL": url,
        "WAYSTAGE_CLOCK": clock,
        "WAYSTAGE_ACCOUNT_ID": str(ACCOUNT),
        "WAYSTAGE_CLIENT_ID": CLIENT_ID,
        "WAYSTAGE_CLIENT_SECRET": CLIENT_SECRET,
        "WAYSTAGE_LANES": str(lanes or ""),
    }


@contextmanager
def product(url: str, *, clock: str = VIRTUAL, lanes: int | None = None) -> Iterator[Built]:
    """The product over a database, in this process."""
    built = build(load(environment(url, clock=clock, lanes=lanes)))
    try:
        yield built
    finally:
        built.close()


@contextmanager
def scene(url: str, flavour: Flavour, *, clock: str = VIRTUAL, lanes: int | None = None) -> Iterator[Scene]:
    """Build the product over an empty database, post the documents and publish the journey by its real job."""
    with product(url, clock=clock, lanes=lanes) as built:
        yield published(built, flavour)


def define(built: Built) -> int:
    """Post data extension and event definition; gives the data extension's number."""
    now = built.world.clock.now()
    extension = built.database.write(
        lambda tx: define_data_extension.create(tx, ACCOUNT, documents.data_extension(), now)
    ).result()
    body = documents.event_definition(extension.guid)
    built.database.write(lambda tx: define_event.create(tx, ACCOUNT, USER, body, now=now)).result()
    return extension.number


def published(built: Built, flavour: Flavour) -> Scene:
    """Post every document of the benchmark and publish the journey; WrongOutcomeError if that is refused."""
    now, extension = built.world.clock.now(), define(built)
    for number in (1, 2):
        body = documents.email(number)
        built.database.write(lambda tx, body=body: save_asset.create(tx, ACCOUNT, USER, body, now=now)).result()  # type: ignore[misc]
    body = documents.journey(flavour)
    saved = built.database.write(lambda tx: save_version.create(tx, Author(ACCOUNT, USER), body, now)).result()
    _publish(built, now)
    form = built.database.read(lambda tx: fire_event.find_form(tx, ACCOUNT, documents.EVENT, 0)).result()
    _check_sample(form)
    return Scene(built, flavour, saved.number, saved.journey, form.definition, extension)


def _publish(built: Built, now: int) -> None:
    selector = Selector("key", documents.KEY)
    job = built.database.write(lambda tx: publish_version.request_publish(tx, ACCOUNT, selector, 1, now)).result()
    running = built.world.publisher.start(job)
    if isinstance(running, Future):
        running.result()
    outcome = built.database.read(lambda tx: read_job.read(tx, ACCOUNT, job)).result()
    expect("the publish job", (outcome["status"], outcome["errors"]), ("PublishCompleted", []))
    built.engine.settle().result()


def _check_sample(form: fire_event.EventForm) -> None:
    """The rows that are appended in bulk are those that POST events would append; WrongOutcomeError."""
    for number in (0, 1, 12_345):
        wanted = fire_event.accept(form, documents.contact_key(number), documents.event_data(number))
        expect("a stored event", (_row_key(number), documents.event_text(number)), (wanted.row_key, wanted.data))
