"""Engine against raw bulk statements on the same store, and against itself with batches of one (design 2, gates)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from statistics import median

from waystage.bench import documents, profile, raw
from waystage.bench.cores import spent
from waystage.bench.documents import Flavour
from waystage.bench.scene import Scene, check_tables, fill, scene
from waystage.bench.stores import Store, fresh
from waystage.ground import clock
from waystage.store.database import Database
from waystage.store.dialects.drivers import driver_for

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Passage:
    """One run of all contacts through the journey, in seconds; `cpu` of processor time."""

    seconds: float
    cpu: float
    parts: dict[str, float]
    statements: dict[str, dict[str, float]] = field(default_factory=dict)
    """With a profile: seconds and calls by kind of statement."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Interleaved runs of one size and entry mode; ratio = raw's median time / engine's."""

    store: str
    flavour: Flavour
    contacts: int
    raw: list[Passage]
    engine: list[Passage]

    @property
    def ratio(self) -> float:
        """Engine's speed as a part of raw's: the median of the pairs' ratios."""
        return median(one.seconds / other.seconds for one, other in zip(self.raw, self.engine, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """The same by processor time, which neighbours on the machine disturb less."""
        return median(one.cpu / other.cpu for one, other in zip(self.raw, self.engine, strict=True))

    @property
    def steps_per_second(self) -> tuple[float, float]:
        """Of raw and of the engine, by their medians."""
        steps = documents.STEPS * self.contacts
        return steps / median(p.seconds for p in self.raw), steps / median(p.seconds for p in self.engine)


@dataclass(frozen=True, slots=True)
class Stage:
    """What every run of a comparison shares."""

    store: Store
    flavour: Flavour
    lanes: int | None = None
    profiled: bool = False


def compare(stage: Stage, contacts: int, rounds: int, say: Say) -> Compared:
    """Raw and engine in turn, `rounds` times."""
    slow, fast = [], []
    for number in range(1, rounds + 1):
        slow.append(raw_passage(stage, contacts))
        fast.append(engine_passage(stage, contacts))
        say(
            f"{stage.store.name} {stage.flavour.name} {contacts} round {number}:"
            f" raw {slow[-1].seconds:.2f} s, engine {fast[-1].seconds:.2f} s,"
            f" ratio {slow[-1].seconds / fast[-1].seconds:.2f} (processor {slow[-1].cpu:.2f} s, {fast[-1].cpu:.2f} s,"
            f" ratio {slow[-1].cpu / fast[-1].cpu:.2f})"
        )
    return Compared(stage.store.name, stage.flavour, contacts, slow, fast)


def raw_passage(stage: Stage, contacts: int) -> Passage:
    """The same rows by bulk statements; the product is not running meanwhile."""
    with fresh(stage.store) as url:
        with scene(url, stage.flavour, lanes=stage.lanes) as made:
            facts = _facts(made)
        _fill_apart(url, facts.definition, contacts)
        stage.store.come_to_rest(url)
        driver = driver_for(url)
        with closing(driver.connect(write=True, step=True)) as connection:
            before = _cpu(stage.store)
            timed = raw.run(connection, driver.dialect, facts)
            cpu = _cpu(stage.store) - before
            check_tables(connection.begin(write=False), contacts)
    return Passage(timed.seconds, cpu, timed.statements)


def _fill_apart(url: str, definition: int, contacts: int) -> None:
    """Not through the measured product, whose engine would take these writes for requests and be polite to them."""
    with closing(Database(url)) as database:
        fill(database, definition, contacts)


def _facts(made: Scene) -> raw.Facts:
    return raw.Facts(
        definition=made.definition,
        extension=made.extension,
        version=made.version,
        journey=made.journey,
        seat=made.built.database.read(lambda tx: raw.seat_of(tx, made.version)).result(),
        now=made.now,
        due=made.end,
        scattered=made.flavour.scattered,
    )


def engine_passage(stage: Stage, contacts: int, batch: int | None = None) -> Passage:
    """From the first admission until everybody has left and every hop is merged; `batch` fixes the batch size."""
    with fresh(stage.store) as url, scene(url, stage.flavour, lanes=stage.lanes) as made, made.held() as release:
        _fill_apart(url, made.definition, contacts)
        stage.store.come_to_rest(url)
        engine = made.built.engine
        engine.pace.fixed = batch
        ledger = profile.watch(made.built.database) if stage.profiled else None
        before = _cpu(stage.store)
        parts = _timed([
            ("admit", lambda: settle_all(made, release)),
            ("wake and leave", lambda: made.jump(made.end)),
            ("merge", lambda: until_merged(made)),
        ])  # fmt: skip
        cpu = _cpu(stage.store) - before
        made.check_finished(contacts)
    return Passage(sum(parts.values()), cpu, parts, _summed(ledger) if ledger else {})


def _cpu(store: Store) -> float:
    return spent() + store.spent()


def settle_all(made: Scene, release: Callable[[], None]) -> None:
    """Let the engine go, tell it of the filled inbox and wait until nothing is runnable."""
    made.built.engine.notify()
    release()
    made.built.engine.settle().result()


def until_merged(made: Scene) -> None:
    """The engine merges when it has nothing else to do; the pause is far below what a merge takes."""
    while made.built.database.read(made.unmerged).result():
        clock.pause(0.002)


def _timed(parts: list[tuple[str, Callable[[], object]]]) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for name, work in parts:
        started = clock.stopwatch()
        work()
        seconds[name] = clock.stopwatch() - started
    return seconds


def _summed(ledger: profile.Ledger) -> dict[str, dict[str, float]]:
    return {kind: {"seconds": seconds, "calls": ledger.calls[kind]} for kind, seconds in ledger.seconds.most_common()}
