"""Walk a batch along its plan until every instance rests or leaves (design 2, fused hops)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from waystage.engine.lane import Batch
from waystage.engine.plans import Running
from waystage.plan.moves import Fixed, Span, Until
from waystage.plan.plans import EntryMode
from waystage.plan.strides import End, Leaf, Onward, Rest, Stride, Visit, stride
from waystage.spec import moments
from waystage.store import moves, trace, ways
from waystage.store.expressions import Setting
from waystage.store.sql import Binder


@dataclass(slots=True)
class Hop:
    """One hop of a batch: where it began, and what was passed in earlier strides by trail number.

    `size` is the highest row number of the working set, `count` how many instances it holds.
    """

    batch: Batch
    running: Running
    size: int
    count: int
    entering: bool
    hop_base: int
    trails: list[tuple[Visit, ...]] = field(default_factory=lambda: [()])
    _numbers: dict[tuple[Visit, ...], int] = field(default_factory=dict)

    def taken(self, place: int, way: Stride) -> list[tuple[int, int, int]]:
        """(trail, leaf, how many) of those who stand at `place`; one way and one stride need no counting."""
        if len(way.leaves) == 1 and len(self.trails) == 1:
            return [(0, 0, self.count)]
        return ways.counts(self.batch.tx, self.batch.number, place)

    def trail(self, visits: tuple[Visit, ...]) -> int:
        """The number of a trail."""
        if visits not in self._numbers:
            self._numbers[visits] = len(self.trails)
            self.trails.append(visits)
        return self._numbers[visits]


def setting_of(batch: Batch, running: Running, alias: str, *, entering: bool = False) -> Setting:
    """Where and when the expressions of this batch are evaluated; whoever is entering has the event at hand."""
    event_data = f"{alias}.data" if entering else ""
    return Setting(batch.tx, Binder(), batch.number, batch.now, running.plan.seed, running.relative, alias, event_data)


def leaf_for(batch: Batch, running: Running, way: Stride, alias: str, *, entering: bool = False) -> tuple[str, Setting]:
    """The choice of a stride as SQL over the rows `alias`, with its values."""
    setting = setting_of(batch, running, alias, entering=entering)
    return ways.leaf_of(setting, way), setting


def run(batch: Batch, running: Running, start: int, *, size: int, count: int, woken: bool) -> None:
    """Finish the hop of a working set that stands at `start` with its first leaf chosen.

    Later strides are taken in the order of the plan, so that everybody who comes to a place is there before it is its
    turn: nobody is moved twice.
    """
    hop = Hop(batch, running, size, count, not woken, batch.use(hops=size)["hops"])
    batch.moved += count
    batch.hops += count
    places = {start}
    first = True
    while places:
        place = min(places, key=running.plan.rank)
        places.remove(place)
        way = stride(running.plan, place, woken=woken and first)
        if not first:
            leaf, setting = leaf_for(batch, running, way, "work", entering=hop.entering)
            ways.choose(batch.tx, batch.number, place, leaf, {**setting.binder.values, "now": batch.now})
        places |= _stride(hop, place, way)
        first = False


def _stride(hop: Hop, place: int, way: Stride) -> set[int]:
    """Do everything that a stride asks for; returns the activities at which some go on."""
    batch, running = hop.batch, hop.running
    taken = hop.taken(place, way)
    leaves = {leaf for _, leaf, _ in taken}
    for giving in way.givings:
        moves.give(_stand(hop, place, way), giving)
    for emission in way.emissions:
        if leaves.intersection(emission.leaves):
            state = running.state_of(emission.effect.form)
            base = batch.use(effects=hop.size)["effects"]
            moves.emit(_stand(hop, place, way), emission, base, state)
            batch.effects += sum(n for _, leaf, n in taken if leaf in emission.leaves)
    for writing in way.writings:
        if leaves.intersection(writing.leaves):
            once = running.plan.entry.mode is not EntryMode.ANYTIME
            base = batch.use(remarks=hop.size)["remarks"]
            moves.write(_stand(hop, place, way), writing, base, once_per_contact=once)
    _count_visits(hop, way, taken)
    return _end(hop, place, way, taken)


def _stand(hop: Hop, place: int, way: Stride) -> moves.Stand:
    batch = hop.batch
    setting = setting_of(batch, hop.running, "w", entering=hop.entering)
    return moves.Stand(batch.tx, batch.number, place, batch.now, hop.running.plan.version, way, setting)


def _count_visits(hop: Hop, way: Stride, taken: Iterable[tuple[int, int, int]]) -> None:
    version = hop.running.plan.version
    for _, leaf, n in taken:
        for activity, outcome in way.leaves[leaf].visits:
            name = f"outcome:{outcome}" if outcome >= 0 else "outcome:none"
            hop.batch.counts[version, activity, name] += n


def _end(hop: Hop, place: int, way: Stride, taken: list[tuple[int, int, int]]) -> set[int]:
    """Park, leave, trace, go on: each one or two statements for all who do it."""
    batch, running = hop.batch, hop.running
    known = {leaf for _, leaf, _ in taken}
    rests = {leaf.number: leaf for leaf in way.leaves if isinstance(leaf.ending, Rest) and leaf.number in known}
    ends = [leaf.number for leaf in way.leaves if isinstance(leaf.ending, End) and leaf.number in known]
    dues = {number: due_of(hop, leaf) for number, leaf in rests.items()}
    if rests:
        seats = {number: running.seats[rest_of(leaf).activity] for number, leaf in rests.items()}
        moves.park(_stand(hop, place, way), list(seats.items()), list(dues.items()))
        for number, seat in seats.items():
            batch.park(seat, dues[number])
    if ends:
        moves.leave(_stand(hop, place, way), ends, running.plan.journey)
    finished = [_finished(hop, way, trail, leaf, n, dues) for trail, leaf, n in taken if leaf in dues or leaf in ends]
    if finished:
        moves.trace(_stand(hop, place, way), finished, hop.hop_base)
    return _go_on(hop, place, way, taken)


def rest_of(leaf: Leaf) -> Rest:
    """The rest in which a leaf ends."""
    if not isinstance(leaf.ending, Rest):
        raise TypeError("the leaf does not end in a rest")
    return leaf.ending


def due_of(hop: Hop, leaf: Leaf) -> int:
    """When those who take this leaf are due: one instant for the whole batch, counted from the turn's (design 8.19)."""
    return instant_of(rest_of(leaf).until, hop.batch.now, hop.running.plan.offset_minutes)


def instant_of(until: Until, now: int, offset_minutes: int) -> int:
    """The instant at which a rest that begins now is over."""
    match until:
        case Fixed(instant):
            return max(instant, now)
        case Span(amount, unit, time_of_day, zone):
            due = moments.add(now, amount, moments.unit_of(unit), moments.fixed_zone(offset_minutes))
            return moments.at_time_of_day(due, time_of_day, moments.zone_of(zone or "UTC")) if time_of_day else due


def _finished(
    hop: Hop, way: Stride, trail: int, leaf: int, n: int, dues: dict[int, int]
) -> moves.Finished:  # fmt: skip
    batch, running = hop.batch, hop.running
    version = running.plan.version
    ending = way.leaves[leaf].ending
    steps = (*hop.trails[trail], *way.leaves[leaf].visits)
    if isinstance(ending, End):
        batch.counts[version, 0, f"ended:{ending.reason.value}"] += n
        return moves.Finished(trail, leaf, batch.path(trace.Path(version, steps, ending.reason.value)), 0, 0)
    activity = rest_of(way.leaves[leaf]).activity
    batch.counts[version, activity, "arrived"] += n
    path = batch.path(trace.Path(version, steps))
    return moves.Finished(trail, leaf, path, running.seats[activity], dues[leaf])


def _go_on(hop: Hop, place: int, way: Stride, taken: list[tuple[int, int, int]]) -> set[int]:
    onward: list[tuple[int, int, int, int]] = []
    for trail, leaf, _ in taken:
        ending = way.leaves[leaf].ending
        if isinstance(ending, Onward):
            new = hop.trail((*hop.trails[trail], *way.leaves[leaf].visits))
            onward.append((trail, leaf, ending.activity, new))
    if onward:
        moves.go_on(_stand(hop, place, way), onward)
    return {place for _, _, place, _ in onward}
