"""Walk a batch along its plan until every instance rests or leaves (design 2, fused hops)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from waystage.engine import deferral, instants
from waystage.engine.lane import Batch
from waystage.engine.plans import Running
from waystage.engine.sweep_times import begin_if_first
from waystage.ground.ids import generation
from waystage.plan import blackouts
from waystage.plan.effects import Call
from waystage.plan.looks import passing, rest_place
from waystage.plan.moves import At, Within, park_of
from waystage.plan.plans import EntryMode
from waystage.plan.strides import Cause, Emission, End, Giving, Leaf, Look, Onward, Rest, Stride, Visit, Writing, stride
from waystage.store import at_once, batches, calls, looked, moves, rests, trace, ways
from waystage.store.expressions import Setting
from waystage.store.rests import Dated, Drawn, Due
from waystage.store.sql import Binder
from waystage.store.stand import Stand


@dataclass(slots=True)
class Hop:
    """One hop of a batch: where it began, and what was passed in earlier strides by trail number.

    `size` is the highest row number of the working set, `count` how many instances it holds. `has_event`: each row has
    the entry data with it.
    """

    batch: Batch
    running: Running
    size: int
    count: int
    has_event: bool
    hop_base: int
    trails: list[tuple[Visit, ...]] = field(default_factory=lambda: [()])
    has_dates: bool = False
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


def setting_of(batch: Batch, running: Running, alias: str, *, event_data: str = "") -> Setting:
    """Where and when the expressions of this batch are evaluated; `event_data` where the entry data is at hand."""
    return Setting(
        batch.tx, Binder(), batch.number, batch.now, running.plan.seed, running.relative, alias, event_data,
        has_moved=generation(batch.lease.instances) > 0,
    )  # fmt: skip


def leaf_for(
    batch: Batch, running: Running, way: Stride, alias: str, *, event_data: str = ""
) -> tuple[str, Setting]:  # fmt: skip
    """The choice of a stride as SQL over the rows `alias`, with its values."""
    setting = setting_of(batch, running, alias, event_data=event_data)
    return ways.leaf_of(setting, way), setting


def run(
    batch: Batch, running: Running, start: int, *, size: int, count: int, cause: Cause, has_event: bool = False
) -> None:
    """Finish the hop of a working set that stands at `start` with its first leaf chosen.

    Later strides are taken in the order of the plan, so that everybody who comes to a place is there before it is its
    turn: nobody is moved twice.
    """
    hop = Hop(batch, running, size, count, has_event, batch.use(hops=size)["hops"])
    batch.moved += count
    batch.hops += count
    places = {start}
    first = True
    while places:
        place = min(places, key=running.plan.rank)
        places.remove(place)
        way = stride(running.plan, place, cause if first else Cause.ARRIVED)
        if not first:
            event_data = "work.data" if hop.has_event else ""
            leaf, setting = leaf_for(batch, running, way, "work", event_data=event_data)
            ways.choose(batch.tx, batch.number, place, leaf, {**setting.binder.values, "now": batch.now})
        places |= _stride(hop, place, way)
        first = False
    if hop.has_dates:
        batches.clear(batch.tx, batch.number, "moment")


def _stride(hop: Hop, place: int, way: Stride) -> set[int]:
    """Do everything that a stride asks for; returns the activities at which some go on."""
    batch, running = hop.batch, hop.running
    taken = hop.taken(place, way)
    leaves = {leaf for _, leaf, _ in taken}
    for look in way.looks:
        if leaves.intersection(look.leaves):
            looked.keep(_stand(hop, place, way), look)
    for deed in way.deeds:
        if isinstance(deed, Giving):
            moves.give(_stand(hop, place, way), deed)
        elif leaves.intersection(deed.leaves):
            count = sum(n for _, leaf, n in taken if leaf in deed.leaves)
            batch.effects += count
            batch.outgoing += count * _emit(hop, _stand(hop, place, way), deed)
    for writing in way.writings:
        if leaves.intersection(writing.leaves):
            once = running.plan.entry.mode is not EntryMode.ANYTIME
            base = batch.use(remarks=hop.size)["remarks"]
            moves.write(_stand(hop, place, way), writing, base, once_per_contact=once)
            _tell(hop, _stand(hop, place, way), writing)
    _count_visits(hop, way, taken)
    return _end(hop, place, way, taken)


def _tell(hop: Hop, stand: Stand, writing: Writing) -> None:
    """Goals and exits that act at once are looked at for those whose data has changed."""
    changes = hop.running.changes
    if changes is not None:
        at_once.note_updated(stand, writing.leaves, hop.running.plan.account, changes.take(hop.size)[0] - 1)
        hop.batch.inbox_waiting = True


def _emit(hop: Hop, stand: Stand, deed: Emission) -> bool:
    """Write what a deed emits; whether it is to be handed over now."""
    base = hop.batch.use(effects=hop.size)["effects"]
    if isinstance(deed.effect, Call):
        calls.write(stand, deed, deed.effect, base)
        return True
    effect, state = deed.effect, hop.running.state_of(deed.effect.form)
    quiet_until = blackouts.end_of(effect.quiet, hop.batch.now) if state == moves.TO_DELIVER else None
    moves.emit(stand, deed, effect, base, state if quiet_until is None else moves.HELD)
    if quiet_until is not None:
        moves.defer(stand, effect.form, base, hop.size, quiet_until)
        deferral.expect(hop.batch, quiet_until)
    return state == moves.TO_DELIVER and quiet_until is None


def _stand(hop: Hop, place: int, way: Stride) -> Stand:
    batch = hop.batch
    setting = setting_of(batch, hop.running, "w", event_data="w.data" if hop.has_event else "")
    return Stand(batch.tx, batch.number, place, batch.now, hop.running.plan.version, way, setting)


def _count_visits(hop: Hop, way: Stride, taken: Iterable[tuple[int, int, int]]) -> None:
    version = hop.running.plan.version
    for _, leaf, n in taken:
        for activity, outcome in way.leaves[leaf].visits:
            name = f"outcome:{outcome}" if outcome >= 0 else "outcome:none"
            hop.batch.counts[version, activity, name] += n


def _end(hop: Hop, place: int, way: Stride, taken: list[tuple[int, int, int]]) -> set[int]:
    """Park, leave, trace, go on: each one or two statements for all who do it."""
    running = hop.running
    known = {leaf for _, leaf, _ in taken}
    resting = [leaf for leaf in way.leaves if isinstance(leaf.ending, Rest) and leaf.number in known]
    ends = [leaf.number for leaf in way.leaves if isinstance(leaf.ending, End) and leaf.number in known]
    dues = _rest(hop, place, way, resting)
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


def _rest(hop: Hop, place: int, way: Stride, leaves: list[Leaf]) -> dict[int, Due]:
    """Let those who take these leaves come to rest; returns by leaf when they are due."""
    batch, running = hop.batch, hop.running
    dues: dict[int, Due] = {}
    for leaf in leaves:
        rest = rest_of(leaf)
        if isinstance(rest.until, At):
            dues[leaf.number], earliest = _own_dates(hop, place, way, leaf, rest.until)
        elif isinstance(rest.until, Within):
            dues[leaf.number], earliest = Drawn(rest.activity, rest.until.length), batch.now
        else:
            dues[leaf.number] = earliest = instants.instant_of(rest.until, batch.now, running.plan.offset_minutes)
        batch.park(running.seats[rest.activity], earliest)
    if leaves:
        begin_if_first(batch, running)
        seats = [(leaf.number, running.seats[rest_of(leaf).activity]) for leaf in leaves]
        rests.park(_stand(hop, place, way), seats, list(dues.items()))
    for leaf in leaves:
        activity = rest_of(leaf).activity
        park = park_of(running.plan.activity(activity).step)
        if park is None:
            continue
        if park.hears is not None:
            stand = _stand(hop, place, way)
            rests.listen(stand, leaf.number, park.hears.definition, running.seats[activity], dues[leaf.number])
        if park.outputs:
            rests.give_end(_stand(hop, place, way), leaf.number, activity, park.outputs, dues[leaf.number])
    return dues


def _own_dates(hop: Hop, place: int, way: Stride, leaf: Leaf, until: At) -> tuple[Dated, int]:
    """Instants that differ from contact to contact are computed once for each different date (design 8.19)."""
    batch, activity, hop.has_dates = hop.batch, rest_of(leaf).activity, True
    offset = hop.running.plan.offset_minutes
    if values := passing([until.value]):
        looked.keep(_stand(hop, place, way), Look(rest_place(activity), values, (leaf.number,)))
    found = rests.dates(_stand(hop, place, way), leaf.number, until.value)
    read = {text: instants.own_instant(until, text, batch.now, offset) for text in found if text is not None}
    known = {text: due for text, due in read.items() if due is not None}
    rests.keep_moments(_stand(hop, place, way), activity, known)
    if len(known) < len(found):
        base = batch.use(remarks=hop.size)["remarks"]
        rests.note_unreadable(_stand(hop, place, way), leaf.number, activity, until.value, base)
    earliest = min(known.values(), default=batch.now)
    return Dated(activity, until), earliest if len(known) == len(found) else batch.now


def _finished(
    hop: Hop, way: Stride, trail: int, leaf: int, n: int, dues: Mapping[int, Due]
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
