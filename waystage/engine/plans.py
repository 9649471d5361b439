"""Compiled plans of the versions that contacts are inside of or may enter, and what their events are stored as."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from waystage.ground import log
from waystage.ground.ids import InboxNumbers
from waystage.plan import expressions as e
from waystage.plan.catalog import Catalog, Extension
from waystage.plan.compile import Compiled, Identity, Kinds, compile_journey
from waystage.plan.effects import CallForm, Form
from waystage.plan.moves import Emit, Hearing, Span, Verdict, park_of
from waystage.plan.plans import Plan
from waystage.plan.strides import Cause
from waystage.spec import moments
from waystage.spec.document import parse
from waystage.spec.fields import fill
from waystage.store import catalogs, contact_events, moves, pauses, plans, winners
from waystage.store.arrivals import Admission
from waystage.store.pauses import Pause
from waystage.store.plans import Place, RunnableVersion, SeatRow
from waystage.store.sql import Tx

#: Commands that are remembered, so that each is followed once: more than can be on their way at a time.
_REMEMBERED = 10_000


@dataclass(slots=True)
class Running:
    """One version as the engine runs it: its plan, and for each activity the seats that take who arrives there and whom
    an event releases there; which channels deliver; when it was published; its latest pause.
    """

    plan: Plan
    seats: dict[int, int]
    released: dict[int, int]
    status: str
    delivering: frozenset[str]
    published: int
    pause: Pause | None = None
    changes: InboxNumbers | None = None
    """Where commands about changed contact data get their ids; None where nothing acts on them at once."""

    @property
    def acts_at_once(self) -> bool:
        """Whether goal or exit criteria are looked at as soon as contact data change."""
        goal, wanted = self.plan.goal, self.plan.exit_at_once is not None
        return self.status in {"Published", "Unpublished"} and (wanted or (goal is not None and goal.immediate))

    @property
    def retains(self) -> bool:
        """Whether entries wait for the end of the pause."""
        return self.status == "Paused" and self.pause is not None and self.pause.retain

    def state_of(self, form: Form) -> int:
        """The state with which a message of this form is written: without a way out it is captured (contract)."""
        return moves.TO_DELIVER if form.deliverable and form.channel in self.delivering else moves.CAPTURED

    def relative(self, relative: e.Relative, now: int) -> int:
        """The instant of a relative date of criteria (journey-spec 4.3)."""
        zone = moments.fixed_zone(self.plan.offset_minutes)
        return moments.relative(now, relative.amount, moments.unit_of(relative.unit), zone)


def places_of(plan: Plan) -> list[Place]:
    """Where instances of a plan rest: each place gets a seat at publish, and one for those whom an event releases."""
    found: list[Place] = []
    for activity in plan.activities:
        park = park_of(activity.step)
        if park is not None:
            found.append(Place(activity.number, 0, isinstance(park.until, Span)))
            if park.can_be_released:
                found.append(Place(activity.number, 1, spans=False))
    return found


def _hears_now(running: Running) -> bool:
    return running.status != "Paused" or running.pause is None or running.pause.hears


def forms_of(plan: Plan) -> list[Form | CallForm]:
    """Every form that messages and calls of a plan are made from."""
    return [move.effect.form for activity in plan.activities for move in activity.step if isinstance(move, Emit)]


@dataclass(frozen=True, slots=True)
class Seat:
    """A resting place of a version. Everybody here is due `shift` ms later than their row says (design 8.11).

    `is_released`: an event has ended the rest of whoever is here.
    """

    number: int
    running: Running
    activity: int
    is_released: bool
    shift: int

    @property
    def cause(self) -> Cause:
        """Why whoever leaves this seat does so."""
        return Cause.HEARD if self.is_released else Cause.DUE

    @property
    def hears(self) -> Hearing | None:
        """What releases whoever rests here, if anything can."""
        park = park_of(self.running.plan.activity(self.activity).step)
        return park.hears if park is not None and not self.is_released else None

    @property
    def awaits_reply(self) -> bool:
        """Whether whoever rests here waits for the answer of a custom activity."""
        return not self.is_wait and not self.is_released

    @property
    def is_wait(self) -> bool:
        """Whether this is the place of a wait, behind which goals and exit criteria are looked at."""
        park = park_of(self.running.plan.activity(self.activity).step)
        return park is None or park.is_wait

    @property
    def is_open(self) -> bool:
        """Whether nobody can go on from here before a contest is decided."""
        park = park_of(self.running.plan.activity(self.activity).step)
        return park is not None and isinstance(park.until, Verdict)

    def alive_at(self, now: int) -> int:
        """The earliest due instant, as rows have it, of a rest that is not over.

        A pause that extends waits holds their clocks.
        """
        pause = self.running.pause
        if self.running.status == "Paused" and pause is not None and pause.extend:
            return pause.since - self.shift
        return now - self.shift


@dataclass(slots=True)
class Plans:
    """Everything that may run, shared by all lanes of this process; read again when a command says so (design 8.13)."""

    kinds: Kinds
    offset_minutes: int
    delivering: frozenset[str] = frozenset()
    numbers: InboxNumbers | None = None
    """Where the engine's own commands to the lanes get their ids; None for plans that only compile."""
    _versions: dict[int, Running] = field(default_factory=dict)
    _seats: dict[int, Seat] = field(default_factory=dict)
    _seats_of: dict[int, list[Seat]] = field(default_factory=dict)
    _rows: dict[int, list[SeatRow]] = field(default_factory=dict)
    _listening: dict[int, list[Running]] = field(default_factory=dict)
    _holding: dict[int, list[Running]] = field(default_factory=dict)
    _refusing: dict[int, list[int]] = field(default_factory=dict)
    _row_events: dict[int, list[int]] = field(default_factory=dict)
    _hearing: dict[int, list[Seat]] = field(default_factory=dict)
    _stopped: dict[int, list[int]] = field(default_factory=dict)
    _watched: set[int] = field(default_factory=set)
    _extensions: dict[int, tuple[Extension | None, bool]] = field(default_factory=dict)
    obeyed: dict[int, None] = field(default_factory=dict)
    """The last commands that were followed in batches that have been committed, in that order.

    Several processes give out their numbers, so a greater number need not be a later commit.
    """
    heeded: int = 0
    """How many commands were followed so far."""

    def refresh(self, tx: Tx, commands: Collection[int] = (), *, anew: bool = False) -> None:
        """Read which versions run now; every lane gets the same commands, the first one does the work.

        `anew`: what plans are made from has changed, so compile them all again.
        """
        if commands and self.obeyed.keys() >= set(commands):
            return
        known = {} if anew else self._versions
        versions: dict[int, Running] = {}
        catalog_of: dict[int, Catalog] = {}
        self._rows = {}
        for row in plans.runnable(tx):
            running = known.get(row.number) or self._load(tx, row, catalog_of)
            if running is not None:
                versions[row.number] = self._present(tx, running, row)
        self._versions = versions
        self._extensions.clear()
        self._watch()
        self._index()
        self._index_entries(tx)

    def remember(self, commands: Iterable[int]) -> None:
        """These commands were followed in a batch that has been committed."""
        for command in commands:
            self.heeded += command not in self.obeyed
            self.obeyed[command] = None
        while len(self.obeyed) > _REMEMBERED:
            del self.obeyed[next(iter(self.obeyed))]

    def _watch(self) -> None:
        """Let the versions of those business units tell of changes in which some version acts on them."""
        self._watched = {one.plan.account for one in self._versions.values() if one.acts_at_once}
        for running in self._versions.values():
            running.changes = self.changes_of(running.plan.account)

    def changes_of(self, account: int) -> InboxNumbers | None:
        """Where commands about changed contact data of a business unit get their ids; None if nobody needs them."""
        return self.numbers if account in self._watched else None

    def _present(self, tx: Tx, running: Running, row: RunnableVersion) -> Running:
        """What may have changed since the plan was made."""
        seats = self._rows[row.number] = plans.seats(tx, row.number)
        running.seats = {one.activity: one.number for one in seats if one.role == 0}
        running.released = {one.activity: one.number for one in seats if one.role == 1}
        running.status, running.published = row.status, row.published
        running.pause = pauses.find(tx, row.number)
        return running

    def _load(self, tx: Tx, row: RunnableVersion, catalog_of: dict[int, Catalog]) -> Running | None:
        """The version, compiled; None if nothing can be made of it, so that it holds whoever is inside."""
        if row.account not in catalog_of:
            catalog_of[row.account] = catalogs.read(tx, row.account, self.offset_minutes, with_deleted=True)
        decided = winners.of_version(tx, row.number)
        compiled = self.compile(row, catalog_of[row.account], anyway=True, decided=decided)
        for problem in compiled.errors:
            log.logger("engine").warning("a running version has a problem", version=row.number, what=problem.message)
        if compiled.plan is None:
            return None
        plans.keep_forms(tx, forms_of(compiled.plan))
        return Running(compiled.plan, {}, {}, row.status, self.delivering, row.published)

    def compile(
        self,
        row: RunnableVersion,
        catalog: Catalog,
        former_mode: str | None = None,
        *,
        anyway: bool = False,
        decided: Mapping[int, int] | None = None,
    ) -> Compiled:
        """Compile a stored version; `anyway` as in plan.compile, `decided` the winners by activity."""
        identity = Identity(row.number, row.journey, row.account, row.definition_id, former_mode, decided or {})
        return compile_journey(parse(msgspec.json.decode(row.document)), self.kinds, catalog, identity, anyway=anyway)

    def _index(self) -> None:
        self._seats = {
            row.number: Seat(row.number, self._versions[version], row.activity, row.role == 1, row.shift)
            for version, rows in self._rows.items()
            if version in self._versions
            for row in rows
            if row.activity <= len(self._versions[version].plan.activities)
        }
        of_version: defaultdict[int, list[Seat]] = defaultdict(list)
        for _, seat in sorted(self._seats.items()):
            of_version[seat.running.plan.version].append(seat)
        self._seats_of = dict(of_version)
        stopped: defaultdict[int, list[int]] = defaultdict(list)
        for number, running in sorted(self._versions.items()):
            if running.status == "Stopped":
                stopped[running.plan.journey].append(number)
        hearing: defaultdict[int, list[Seat]] = defaultdict(list)
        for _, seat in sorted(self._seats.items()):
            if seat.hears is not None:
                hearing[seat.hears.definition].append(seat)
        self._stopped, self._hearing = dict(stopped), dict(hearing)

    def _index_entries(self, tx: Tx) -> None:
        """What an event of each definition does in each journey that it starts: enter, wait, or be refused."""
        newest: dict[tuple[int, int], tuple[int, str]] = {}
        for definition, journey, number, status in plans.entered_by_events(tx):
            if newest.get((definition, journey), (0, ""))[1] != "Published":
                newest[definition, journey] = number, status
        listening, holding = defaultdict[int, list[Running]](list), defaultdict[int, list[Running]](list)
        refusing = defaultdict[int, list[int]](list)
        for (definition, _), (number, status) in sorted(newest.items()):
            running = self._versions.get(number)
            if running is not None and status == "Published":
                listening[definition].append(running)
            elif running is not None and running.retains:
                holding[definition].append(running)
            else:
                refusing[definition].append(number)
        self._listening, self._holding, self._refusing = dict(listening), dict(holding), dict(refusing)
        self._row_events = contact_events.by_extension(tx)

    def seat(self, number: int) -> Seat:
        """A seat by its number; KeyError for one of a version that cannot run here."""
        return self._seats[number]

    def due_in(self, seat: int, due: int) -> int:
        """When somebody is due of whom the row in this seat says `due`."""
        return due + (self._seats[seat].shift if seat in self._seats else 0)

    def is_stopped(self, seat: int) -> bool:
        """Whether whoever rests in this seat is to be cleared away."""
        return seat in self._seats and self._seats[seat].running.status == "Stopped"

    def is_held(self, seat: int) -> bool:
        """Whether whoever rests in this seat stays: its version is paused, or cannot run here (design 8.11), or the
        contest that decides on the way is open still (journey-spec 3.8).
        """
        known = self._seats.get(seat)
        if known is None or known.running.status == "Paused":
            return True
        return known.is_open and known.running.status != "Stopped"

    def seats_of(self, version: int) -> list[Seat]:
        """The seats of a version, by number."""
        return self._seats_of.get(version, [])

    def rest_in(self, agenda: Mapping[int, int], version: int) -> bool:
        """Whether somebody of a version rests in the lane with this agenda."""
        return any(seat.number in agenda for seat in self.seats_of(version))

    def running(self) -> list[Running]:
        """Every version that contacts may be inside of, by number."""
        return [running for _, running in sorted(self._versions.items())]

    def version(self, number: int) -> Running | None:
        """A version that contacts may be inside of."""
        return self._versions.get(number)

    def hearing(self, event_definition: int) -> list[Seat]:
        """The seats that an event of this definition may release somebody from, by number."""
        seats = self._hearing.get(event_definition, [])
        return [one for one in seats if one.running.status != "Stopped" and _hears_now(one.running)]

    def holding(self, event_definition: int) -> list[Running]:
        """The paused versions that keep this event for later."""
        return self._holding.get(event_definition, [])

    def refusing(self, event_definition: int) -> list[int]:
        """Numbers of the versions that refuse this event, because they are stopped or paused (contract 29)."""
        return self._refusing.get(event_definition, [])

    def row_events(self, extension: int) -> list[int]:
        """The event definitions that rows written to a data extension fire, as far as somebody listens to them."""
        return self._row_events.get(extension, [])

    def listening(self, event_definition: int) -> list[Running]:
        """The published versions that this event may start, by number."""
        return self._listening.get(event_definition, [])

    def stopped_of(self, journey: int) -> list[int]:
        """Stopped versions of a journey that may still have rows."""
        return self._stopped.get(journey, [])

    def admission(self, tx: Tx, event_definition: int, now: int) -> Admission:
        """How events of a definition are stored."""
        if event_definition not in self._extensions:
            self._extensions[event_definition] = catalogs.event_extension(tx, event_definition)
        extension, logs_rows = self._extensions[event_definition]
        if extension is None:
            return Admission(0, "{}", shares_keys=False)
        schema = extension.schema
        defaults = {name: one for name, one in fill(schema, {}, now, self.offset_minutes).items() if one is not None}
        key_names = {one.name for one in schema.primary_key}
        return Admission(
            extension.number if logs_rows and schema.contact_field else 0,
            msgspec.json.encode(defaults).decode(),
            shares_keys=bool(key_names) and schema.contact_field not in key_names,
        )
