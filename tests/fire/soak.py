"""Rounds of fire and rest on one kind of database, for as long as is asked."""

import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.beside import Beside
from tests.crash.process import free_port
from tests.fire.dice import Dice
from tests.fire.faults import AMONG_MANY, ON_POSTGRESQL, ON_SQLITE, Fault, Likely, drawn
from tests.fire.scene import SCALED, VIRTUAL, Scene, Store
from tests.fire.small_disk import small_disk
from tests.postgresql import PostgresqlServer
from waystage.ground import clock

#: Seconds of fire before everything is let come to rest.
ROUND_SECONDS = 25.0
#: Rounds that one database lives.
ROUNDS = 3


@dataclass
class Report:
    """What a run came to."""

    store: Store
    seed: int
    seconds: float = 0.0
    rounds: int = 0
    kills: int = 0
    starts: int = 0
    events: int = 0
    passages: int = 0
    messages: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    line_ups: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def line(self) -> dict[str, object]:
        """For the summary, whose texts follow it."""
        shown = {name: value for name, value in vars(self).items() if name != "violations"}
        return {
            **shown,
            "seconds": round(self.seconds),
            "faults": dict(self.faults),
            "violations": len(self.violations),
        }


Progress = Callable[[Report, str], None]


def no_progress(report: Report, doing: str) -> None:
    """Nobody looks."""


@dataclass
class Soak:
    """A run on one kind of database."""

    store: Store
    seed: int
    line_ups: Sequence[Sequence[str]] = (("serve",),)
    """Which processes are on a database; the databases take them in turn."""
    round_seconds: float = ROUND_SECONDS
    progress: Progress = no_progress

    def run(self, seconds: float) -> Report:
        """Databases one after the other until the time is over; a broken one is kept, and named."""
        report = Report(self.store, self.seed)
        started = clock.monotonic()
        number = 0
        with _server(self.store) as (server, port):
            while clock.monotonic() - started < seconds:
                with self._scene(report, number, server, port) as scene:
                    self._rounds(report, scene, Dice("faults", self.seed, self.store, number), started + seconds)
                number += 1
        report.seconds = clock.monotonic() - started
        return report

    def once(self, faults: Sequence[Fault], number: int = 0) -> Report:
        """These faults in this order, one rest in the middle with people inside, and one in the end.

        `number` is that of a database, which decides on its clock.
        """
        report = Report(self.store, self.seed)
        dice = Dice("faults", self.seed, self.store)
        half = len(faults) // 2
        with _server(self.store) as (server, port), self._scene(report, number, server, port) as scene:
            scene.open()
            scene.beside.run(scene.load.begin())
            for fault in faults[:half]:
                self._strike(report, scene, dice, fault)
            self._rest(report, scene, empty=False)
            scene.go_on()
            for fault in faults[half:]:
                self._strike(report, scene, dice, fault)
            self._rest(report, scene, empty=True)
        return report

    @contextmanager
    def _scene(self, report: Report, number: int, server: PostgresqlServer | None, port: int) -> Iterator[Scene]:
        """A database of its own; its files are kept if something is wrong with it."""
        dice = Dice("fire", self.seed, self.store, number)
        home = Path(tempfile.mkdtemp(prefix="wsfire-"))
        time = SCALED if number % 2 else VIRTUAL
        commands = self.line_ups[number // 2 % len(self.line_ups)]
        report.line_ups.append(f"{'+'.join(commands)} {time.partition(':')[0]}")
        with _room(server, home, number) as small:
            scene = Scene(self.store, home, Beside(), dice, time, commands, server, port, small)
            try:
                yield scene
            except Exception as error:  # noqa: BLE001 - a scene that falls apart is what the run is to find
                trail = "".join(traceback.format_exception(error)[-3:])
                report.violations.append(f"database {number}: {trail}\n{self._told(scene)}")
            report.kills += scene.kills
            report.starts += sum(len(one.exits) for one in scene.programs)
            scene.close()
            scene.beside.close()
        if report.violations:
            report.violations.append(f"the files of database {number} are kept in {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)

    @staticmethod
    def _told(scene: Scene) -> str:
        return "\n".join(f"-- {one.command}\n{one.told()[-1500:]}" for one in scene.programs)

    def _rounds(self, report: Report, scene: Scene, dice: Dice, end: float) -> None:
        scene.open()
        for nth in range(ROUNDS):
            if nth:
                scene.go_on()
            else:
                scene.beside.run(scene.load.begin())
            calm = min(end, clock.monotonic() + self.round_seconds)
            while clock.monotonic() < calm:
                self._strike(report, scene, dice, drawn(_faults(scene), dice))
            if not self._rest(report, scene, empty=dice.chance(0.5)) or clock.monotonic() >= end:
                return

    def _strike(self, report: Report, scene: Scene, dice: Dice, fault: Fault) -> None:
        report.faults[fault.__name__] += 1
        self.progress(report, fault.__name__)
        fault(scene, dice)
        scene.revive()

    def _rest(self, report: Report, scene: Scene, *, empty: bool) -> bool:
        """Whether nothing is wrong."""
        self.progress(report, "comes to rest")
        before = scene.found
        found = scene.rest(empty=empty)
        report.rounds += 1
        report.events += found.events - before.events
        report.passages += found.passages - before.passages
        report.messages += found.messages - before.messages
        report.violations += [f"round {report.rounds}, {scene.time}: {one}" for one in found.violations]
        return not found.violations


def _faults(scene: Scene) -> tuple[Likely, ...]:
    if scene.server is None:
        return ON_SQLITE
    return AMONG_MANY if len(scene.programs) > 1 else ON_POSTGRESQL


@contextmanager
def _room(server: PostgresqlServer | None, home: Path, number: int) -> Iterator[Path | None]:
    """Every third and fourth SQLite database lies on a small disk, where there can be one."""
    if server is not None or number % 4 < 2:
        yield None
        return
    with small_disk(home) as small:
        yield small


@contextmanager
def _server(store: Store) -> Iterator[tuple[PostgresqlServer | None, int]]:
    """A server that may die, and its port; nothing on a file."""
    if store == "sqlite":
        yield None, 0
        return
    port = free_port()
    server = PostgresqlServer(port=port)
    try:
        server.start()
        yield server, port
    finally:
        server.discard()
