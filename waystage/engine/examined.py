"""The running versions as somebody sees them who only looks: nothing is stored, and what ails them is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from waystage.engine.plans import Plans, Running
from waystage.ground.meters import DueSeat
from waystage.plan.catalog import Catalog
from waystage.spec.problems import Problem
from waystage.store import batches, catalogs, winners
from waystage.store.plans import RunnableVersion
from waystage.store.sql import Tx, lane_numbers


@dataclass(slots=True)
class ExaminedPlans(Plans):
    """See `Plans`; made for one look, in one snapshot."""

    broken: dict[int, list[Problem]] = field(default_factory=dict)
    """What ails a version that cannot run at all."""
    flawed: dict[int, list[Problem]] = field(default_factory=dict)
    """What ails a version that runs without it."""

    def _load(self, tx: Tx, row: RunnableVersion, catalog_of: dict[int, Catalog]) -> Running | None:
        if row.account not in catalog_of:
            catalog_of[row.account] = catalogs.read(tx, row.account, self.offset_minutes, with_deleted=True)
        decided = winners.of_version(tx, row.number)
        compiled = self.compile(row, catalog_of[row.account], anyway=True, decided=decided)
        if compiled.plan is None:
            self.broken[row.number] = list(compiled.errors)
            return None
        if compiled.errors:
            self.flawed[row.number] = list(compiled.errors)
        return Running(compiled.plan, {}, {}, row.status, self.delivering, row.published)


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane: by how many ms of journey time it is behind (0: not at all), and where somebody is due."""

    lane: int
    behind: int
    due: tuple[DueSeat, ...]


def lanes(tx: Tx, plans: Plans, now: int) -> Iterator[LaneState]:
    """Every lane in which somebody is due; who is held is not late."""
    for lane in lane_numbers(tx):
        late = [
            (plans.due_in(seat, due), (lane, seat, now - plans.due_in(seat, 0)))
            for seat, due in batches.agenda(tx, lane).items()
            if not plans.is_held(seat) and plans.due_in(seat, due) < now
        ]
        if late:
            yield LaneState(lane, now - min(due for due, _ in late), tuple(seat for _, seat in late))
