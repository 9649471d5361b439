"""Compiled plans of the versions that contacts are inside of or may enter, and what their events are stored as."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import msgspec

from waystage.ground import log
from waystage.plan import expressions as e
from waystage.plan.catalog import Catalog, Extension
from waystage.plan.compile import Compiled, Identity, Kinds, compile_journey
from waystage.plan.effects import Form
from waystage.plan.moves import Emit
from waystage.plan.plans import Plan
from waystage.spec import moments
from waystage.spec.document import parse
from waystage.spec.fields import fill
from waystage.store import catalogs, moves, plans
from waystage.store.arrivals import Admission
from waystage.store.plans import RunnableVersion
from waystage.store.sql import Tx


@dataclass(slots=True)
class Running:
    """One version as the engine runs it: its plan, the seats of its resting places, and which channels deliver."""

    plan: Plan
    seats: dict[int, int]
    status: str
    delivering: frozenset[str]

    def state_of(self, form: Form) -> int:
        """The state with which a message of this form is written: without a way out it is captured (contract)."""
        return moves.TO_DELIVER if form.deliverable and form.channel in self.delivering else moves.CAPTURED

    def relative(self, relative: e.Relative, now: int) -> int:
        """The instant of a relative date of criteria (journey-spec 4.3)."""
        zone = moments.fixed_zone(self.plan.offset_minutes)
        return moments.relative(now, relative.amount, moments.unit_of(relative.unit), zone)


def forms_of(plan: Plan) -> list[Form]:
    """Every form that messages of a plan are made from."""
    return [move.effect.form for activity in plan.activities for move in activity.step if isinstance(move, Emit)]


@dataclass(slots=True)
class Plans:
    """Everything that may run, shared by all lanes of this process; read again when a command says so (design 8.13)."""

    kinds: Kinds
    offset_minutes: int
    delivering: frozenset[str] = frozenset()
    _versions: dict[int, Running] = field(default_factory=dict)
    _seats: dict[int, tuple[Running, int]] = field(default_factory=dict)
    _listening: dict[int, list[Running]] = field(default_factory=dict)
    _stopped: dict[int, list[int]] = field(default_factory=dict)
    _extensions: dict[int, tuple[Extension | None, bool]] = field(default_factory=dict)
    obeyed: int = 0
    """The last command that was followed in a batch that has been committed."""

    def refresh(self, tx: Tx, command: int, *, anew: bool = False) -> None:
        """Read which versions run now; every lane gets the same command, the first one does the work.

        `anew`: what plans are made from has changed, so compile them all again.
        """
        if command and command <= self.obeyed:
            return
        known = {} if anew else self._versions
        versions: dict[int, Running] = {}
        catalog_of: dict[int, Catalog] = {}
        for row in plans.runnable(tx):
            running = known.get(row.number) or self._load(tx, row, catalog_of)
            if running is not None:
                running.status = row.status
                versions[row.number] = running
        self._versions = versions
        self._extensions.clear()
        self._index()

    def _load(self, tx: Tx, row: RunnableVersion, catalog_of: dict[int, Catalog]) -> Running | None:
        """The version, compiled; None if nothing can be made of it, so that it holds whoever is inside."""
        if row.account not in catalog_of:
            catalog_of[row.account] = catalogs.read(tx, row.account, self.offset_minutes, with_deleted=True)
        compiled = self.compile(row, catalog_of[row.account], anyway=True)
        for problem in compiled.errors:
            log.logger("engine").warning("a running version has a problem", version=row.number, what=problem.message)
        if compiled.plan is None:
            return None
        plans.keep_forms(tx, forms_of(compiled.plan))
        return Running(compiled.plan, plans.seats_of(tx, row.number), row.status, self.delivering)

    def compile(
        self, row: RunnableVersion, catalog: Catalog, former_mode: str | None = None, *, anyway: bool = False
    ) -> Compiled:
        """Compile a stored version; `anyway` as in plan.compile."""
        identity = Identity(row.number, row.journey, row.account, row.definition_id, former_mode)
        return compile_journey(parse(msgspec.json.decode(row.document)), self.kinds, catalog, identity, anyway=anyway)

    def _index(self) -> None:
        self._seats = {
            seat: (running, activity) for running in self._versions.values() for activity, seat in running.seats.items()
        }
        listening: defaultdict[int, list[Running]] = defaultdict(list)
        stopped: defaultdict[int, list[int]] = defaultdict(list)
        for number, running in sorted(self._versions.items()):
            if running.status == "Published":
                listening[running.plan.entry.event_definition].append(running)
            if running.status == "Stopped":
                stopped[running.plan.journey].append(number)
        self._listening, self._stopped = dict(listening), dict(stopped)

    def of_seat(self, seat: int) -> tuple[Running, int]:
        """The version and activity of a seat; KeyError for one of a version that cannot run here."""
        return self._seats[seat]

    def is_stopped(self, seat: int) -> bool:
        """Whether whoever rests in this seat is to be cleared away."""
        return seat in self._seats and self._seats[seat][0].status == "Stopped"

    def is_held(self, seat: int) -> bool:
        """Whether whoever rests in this seat stays: its version is paused, or cannot run here (design 8.11)."""
        return seat not in self._seats or self._seats[seat][0].status == "Paused"

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
