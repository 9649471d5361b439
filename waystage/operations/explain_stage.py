"""A version as explaining needs it: compiled as the engine has it, and asked what one passage looked at (design 8.6).

Nothing here decides anything by itself: values and conditions are those of the plan, put to the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from waystage.engine.plans import Plans
from waystage.operations.history_origins import Origin, Origins
from waystage.plan import expressions as e
from waystage.plan.catalog import Catalog
from waystage.plan.compile import Compiled, Kinds
from waystage.plan.looks import Known
from waystage.plan.plans import Plan
from waystage.plan.readings import Readings
from waystage.spec import moments
from waystage.store import catalogs, explained, pauses, plans, winners
from waystage.store.expressions import Setting
from waystage.store.pauses import Pause
from waystage.store.plans import RunnableVersion
from waystage.store.sql import Binder, Tx


@dataclass(slots=True)
class Stage:
    """One version. `shifts` are the lengths (ms) by which pauses have moved rests, by activity."""

    row: RunnableVersion
    origin: Origin
    catalog: Catalog
    compiler: Plans
    decided: Mapping[int, tuple[int, int]]
    pause: Pause | None
    shifts: Mapping[int, Sequence[int]]
    _compiled: dict[tuple[tuple[int, int], ...], Compiled] = field(default_factory=dict)

    @property
    def offset(self) -> int:
        """Minutes by which the account's zone is ahead of UTC."""
        return self.catalog.offset_minutes

    def compiled(self, at: int) -> Compiled:
        """What the engine had at an instant: contests of paths are decided at some time (journey-spec 3.8)."""
        known = tuple((activity, outcome) for activity, (outcome, when) in self.decided.items() if when <= at)
        if known not in self._compiled:
            made = self.compiler.compile(self.row, self.catalog, anyway=True, decided=dict(known))
            self._compiled[known] = made
        return self._compiled[known]

    def plan(self, at: int) -> Plan | None:
        """The plan; None if nothing can be made of the document any more."""
        return self.compiled(at).plan

    @property
    def readings(self) -> Readings:
        """The comparisons of all criteria as they are written."""
        return self.compiled(-(2**62)).readings

    def event_key(self, number: int) -> str:
        """The key of an event definition."""
        return next((one.key for one in self.catalog.events if one.number == number), "")

    def extension_name(self, number: int) -> str:
        """The name of a data extension."""
        return next((one.name for one in self.catalog.extensions if one.number == number), "")

    def relative(self, relative: e.Relative, now: int) -> int:
        """The instant of a relative date of criteria, as the engine has it."""
        zone = moments.fixed_zone(self.offset)
        return moments.relative(now, relative.amount, moments.unit_of(relative.unit), zone)


@dataclass(slots=True)
class Stages:
    """The versions of one business unit that an explanation speaks of, each read when it is needed."""

    tx: Tx
    kinds: Kinds
    account: int
    offset: int
    _catalog: list[Catalog] = field(default_factory=list)
    _known: dict[int, Stage] = field(default_factory=dict)

    def of(self, version: int) -> Stage | None:
        """One version; None if it does not exist."""
        if version not in self._known:
            row = plans.version_of(self.tx, version)
            if row is None or row.account != self.account:
                return None
            self._known[version] = self._read(row)
        return self._known[version]

    def _read(self, row: RunnableVersion) -> Stage:
        if not self._catalog:
            self._catalog.append(catalogs.read(self.tx, self.account, self.offset, with_deleted=True))
        shifts: dict[int, list[int]] = {}
        for seat in plans.seats(self.tx, row.number):
            if seat.shift:
                shifts.setdefault(seat.activity, []).append(seat.shift)
        return Stage(
            row,
            Origins(self.tx, self.kinds).of(row.number),
            self._catalog[0],
            Plans(self.kinds, self.offset),
            winners.instants_of(self.tx, row.number),
            pauses.find(self.tx, row.number),
            shifts,
        )


@dataclass(frozen=True, slots=True)
class Witness:
    """One passage, to be asked what it looked at. `looked` is what was kept, by (hop, place)."""

    tx: Tx
    stage: Stage
    lane: int
    contact: int
    instance: int
    looked: Mapping[tuple[int, int], Sequence[int | str | None]]
    is_forgotten: bool = False
    """Whether the entry data is gone."""

    def known(self, hop: int, place: int, expressions: Sequence[e.Expression]) -> Known:
        """What was kept of these, which come in the order in which they were kept."""
        return dict(zip(expressions, self.looked.get((hop, place), ()), strict=False))

    def values(self, asked: Sequence[e.Expression], hop: int, at: int) -> list[int | str | None]:
        """Values, and conditions as 0 or 1, in one hop, at an instant (ms)."""
        if not asked:
            return []
        setting = Setting(
            self.tx, Binder(), self.lane, at, self.stage.row.definition_id, self.stage.relative, alias="w"
        )
        return explained.values(setting, asked, self.instance, hop, self.contact)
