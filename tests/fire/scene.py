"""One database, the processes on it, and the world around them: how they are set up, come to rest, and are judged."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.crash import bodies
from tests.crash.beside import Beside
from tests.crash.process import Program, free_port
from tests.fire import journeys
from tests.fire.dice import Dice
from tests.fire.hosts import Hosts
from tests.fire.load import Gone, J, Load, W
from tests.fire.small_disk import free
from tests.fire.wire import Wire
from tests.invariants.base import AtRest, at_rest
from tests.invariants.checker import violations
from tests.invariants.events import every_event_is_a_row, every_event_was_decided
from tests.invariants.outside import hosts_saw_effects_once
from tests.invariants.rows import rows_stand
from tests.postgresql import PostgresqlServer
from waystage.ground import clock

Store = Literal["sqlite", "postgresql"]

LANES = "4"
VIRTUAL, SCALED = "virtual:2026-01-01T00:00:00Z", "scaled:14400"
#: Seconds within which everything must have come to rest.
REST_SECONDS = 90.0
_PAUSE = 0.05
#: Seconds until the second and third attempt of a message; the product's own would make each round wait.
_RETRY_PAUSES = (0.2, 0.5, 1.0)
#: What is still going on in a database that seems to be at rest.
_OPEN = (
    "SELECT (SELECT count(*) FROM inbox), (SELECT count(*) FROM pending_call), (SELECT count(*) FROM retry),"
    " (SELECT count(*) FROM job WHERE ended IS NULL), (SELECT count(*) FROM farewell), (SELECT count(*) FROM active)"
)


@dataclass
class Found:
    """What one look at a database at rest has told."""

    events: int = 0
    passages: int = 0
    messages: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """Everything that belongs to one database."""

    store: Store
    home: Path
    beside: Beside
    dice: Dice
    time: str
    commands: Sequence[str] = ("serve",)
    server: PostgresqlServer | None = None
    server_port: int = 0
    small: Path | None = None
    """A file system for the database that can be filled."""
    hosts: Hosts = field(default_factory=Hosts)
    programs: list[Program] = field(default_factory=list)
    wire: Wire | None = None
    excused_until: float = 0.0
    violations: list[str] = field(default_factory=list)
    found: Found = field(default_factory=Found)
    """What the last look has told."""

    def __post_init__(self) -> None:
        self.load = Load(self._addresses, self.dice, self._is_excused, advances=self.time == VIRTUAL)

    def open(self) -> None:
        """Bring everything up, with the journeys published, and nothing under fire yet."""
        self.beside.run(self.hosts.start())
        self.database_url, reached = self._database()
        self._settings = {
            "WAYSTAGE_CLOCK": self.time,
            "WAYSTAGE_PUBLIC_URL": "http://127.0.0.1:1",
            "WAYSTAGE_LANES": LANES if self.server else "1",
            "WAYSTAGE_SECRET_KEY": "the key of keys",
            **self.hosts.settings,
        }
        for nth, command in enumerate(self.commands):
            self.programs.append(self._program(nth, command, reached))
        self._start_all()
        self.beside.run(self.load.open())
        self.beside.run(self._define(), REST_SECONDS)

    def _start_all(self) -> None:
        for program in self.programs:
            program.doors = self.doors()
            program.start()
        for program in self.programs:
            assert program.ready(), program.told()

    @property
    def file(self) -> Path:
        """Where an SQLite database lies."""
        return (self.small or self.home) / "waystage.db"

    def _database(self) -> tuple[str, str]:
        """Where it lies, and how the product reaches it."""
        if self.server is None:
            url = f"sqlite:///{self.file}"
            return url, url
        url = self.server.create_database()
        self.wire = Wire(self.server_port)
        self.beside.run(self.wire.start())
        return url, url.replace(f":{self.server_port}/", f":{self.wire.port}/")

    def _program(self, nth: int, command: str, url: str) -> Program:
        health = {"WAYSTAGE_HEALTH_PORT": str(free_port())} if command == "worker" else {}
        program = Program(url, self.home / f"log-{nth}-{command}", command, **self._settings, **health)
        if health:
            program.address = f"http://127.0.0.1:{health['WAYSTAGE_HEALTH_PORT']}"
        if command != "serve":
            program.tells = "/healthz"  # ready is an api only with a worker, and a worker only while it is not late
        program.doors = self.doors()
        return program

    def doors(self, **more: Any) -> dict[str, Any]:
        """What every start opens, and what this one does beyond that."""
        pages = {} if self.server else {"pages": str(self.pages)}
        return {"retry_pauses": _RETRY_PAUSES, **pages, **more}

    @property
    def pages(self) -> Path:
        """How many pages the database file may have, while the disk is full."""
        return self.home / "pages"

    def free_disk(self) -> None:
        """There is room again."""
        self.pages.unlink(missing_ok=True)
        if self.small is not None:
            free(self.small)

    def close(self) -> None:
        """End everything; what has been written stays in `home`."""
        for program in self.programs:
            program.thaw()
            program.kill()
        self.beside.run(self.load.close())
        self.beside.run(self.hosts.stop())
        if self.wire is not None:
            self.beside.run(self.wire.stop())

    def _addresses(self) -> list[str]:
        return [program.address for program in self.programs if program.command != "worker"]

    def excuse(self, seconds: float) -> None:
        """The database is or was away; so long the product may say so."""
        self.excused_until = max(self.excused_until, clock.monotonic() + seconds)

    def excuse_no_longer_than(self, seconds: float) -> None:
        """The database is back; what was asked while it was away may still be answered so for a moment."""
        self.excused_until = clock.monotonic() + seconds

    def _is_excused(self) -> bool:
        return clock.monotonic() < self.excused_until

    async def _define(self) -> None:
        load = self.load
        await load.sign_in()
        for asset in bodies.assets():
            await load.ask("POST", "/asset/v1/content/assets", asset, fine={201})
        for definition in (bodies.order_definition(), journeys.event_definition()):
            await load.ask("POST", f"{J}/eventDefinitions", definition, fine={200, 201})
        made = await load.ask("POST", "/data/v1/customobjects", journeys.profile(), fine={200, 201})
        for body in (journeys.walked(made["id"], self.hosts.service), journeys.once(), journeys.halted()):
            await load.ask("POST", f"{J}/interactions", body, fine={200, 201})
            path = f"{J}/interactions/publishAsync/key:{body['key']}?versionNumber=1"
            await load.ask("POST", path, fine={200, 202})
        for key in journeys.STARTED_BY:
            while await load.status_of(key) != "Published":
                await clock.rest(_PAUSE)

    # -- processes ----------------------------------------------------------------------------------------------

    def revive(self) -> None:
        """Start whatever has ended."""
        for program in self.programs:
            self.note_end(program)
            if program.ended():
                program.doors = self.doors()
                program.start()

    def note_end(self, program: Program) -> None:
        """A process that has ended by itself is a fault, unless the database was away."""
        if program.ended() and program.exits and program.exits[-1] not in {-9, 0} and not self._is_excused():
            self.violations.append(f"{program.command} ended with {program.exits[-1]}: {program.told()[-1500:]}")
            program.exits.append(0)

    @property
    def kills(self) -> int:
        """How often a process died without warning."""
        return sum(program.exits.count(-9) for program in self.programs)

    # -- rest ---------------------------------------------------------------------------------------------------

    def rest(self, *, empty: bool = True) -> Found:
        """End the fire, wait until nothing is left to be done, end the processes, and look at what is there.

        `empty`: nobody is left inside a journey either. Where time goes by itself, nothing else is rest.
        """
        self._calm()
        end = clock.monotonic() + REST_SECONDS
        left = self._come_to_rest(end, empty=empty or self.time != VIRTUAL)
        if left:
            self.violations.append(f"does not come to rest in {REST_SECONDS:.0f} s: {left}")
        for program in self.programs:
            self.note_end(program)
            if (code := program.stop()) != 0:
                self.violations.append(f"{program.command} ended with {code} when asked to: {program.told()[-1500:]}")
                program.exits[-1] = 0
        with at_rest(self.database_url) as base:
            return self._judge(base)

    def _calm(self) -> None:
        """Everybody around the product behaves again, and every process runs."""
        self.beside.run(self.hosts.feel("ok", "ok"))
        if self.wire is not None:
            self.beside.run(self.wire.flow())
        self.free_disk()
        for program in self.programs:
            program.thaw()
        self.revive()
        for program in self.programs:
            if not program.ready():
                self.note_end(program)
                program.start()
        self.beside.run(self.load.end())

    def _come_to_rest(self, end: float, *, empty: bool) -> str:
        """What is still going on when the time is over."""
        while True:
            left = self._step_towards_rest(empty=empty)
            if not left or clock.monotonic() > end:
                return left
            self.revive()
            threading.Event().wait(_PAUSE)

    def _step_towards_rest(self, *, empty: bool) -> str:
        try:
            self.beside.run(self._finish(empty=empty))
        except Gone as error:
            return f"no answer: {error!r}, {error.__cause__!r}, {self.load.wrong[-1:]}"
        with at_rest(self.database_url) as base:
            names = ("inbox", "calls", "retries", "jobs", "farewells", *(["inside"] if empty else []))
            return ", ".join(f"{n} {name}" for name, n in zip(names, base.rows(_OPEN)[0], strict=False) if n)

    async def _finish(self, *, empty: bool) -> None:
        """Nobody is held up any more, and time goes on if everybody is to leave."""
        load = self.load
        await load.resume()
        if empty:
            await self._empty()
        said = await load.ask("POST", f"{W}/engine/settle", {"timeoutSeconds": 10}, fine={200, 504})
        if "now" not in said:
            raise Gone("it takes longer to come to rest")

    async def _empty(self) -> None:
        load = self.load
        found = await load.ask("GET", f"{J}/interactions/key:{journeys.HALTED}", fine={200})
        if found["status"] == "Published":
            await load.stop_halted(found["version"])
        if self.time == VIRTUAL:
            await load.ask("POST", f"{W}/clock/advance", {"by": f"PT{journeys.LONGEST_HOURS}H"}, fine={200})

    def _judge(self, base: AtRest) -> Found:
        wrong = [*self.violations, *self.load.wrong, *self.wrong(base)]
        self.violations.clear()
        self.load.wrong.clear()
        passages, messages = (int(base.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in ("instance", "outbox"))
        self.found = Found(self.load.ledger.accepted, passages, messages, wrong)
        return self.found

    def wrong(self, base: AtRest) -> Iterator[str]:
        """Everything that is wrong with what is there."""
        load = self.load
        yield from violations(base)
        yield from every_event_was_decided(base, load.ledger, journeys.STARTED_BY)
        yield from every_event_is_a_row(base, load.ledger, [journeys.EVENT])
        yield from rows_stand(base, load.rows, journeys.PROFILE, "Level")
        yield from hosts_saw_effects_once(base, self.hosts.received)

    def go_on(self) -> None:
        """Start the processes again and let the callers loose."""
        self._start_all()
        self.beside.run(self.load.begin())
