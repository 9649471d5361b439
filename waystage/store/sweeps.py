"""The daily look who of the waiting has met the goal, seat by seat and in slices of the queue (design 8.8)."""

from __future__ import annotations

from waystage.plan.expressions import Condition
from waystage.store import expressions
from waystage.store.batches import Bound
from waystage.store.expressions import Setting

#: Behind every row of a seat.
ALL = Bound(2**62, 2**62)

_SLICE = (
    "q.lane = :lane AND q.seat = :seat AND (q.due, q.instance) > (:after_due, :after_instance)"
    " AND (q.due, q.instance) <= (:bound_due, :bound_instance)"
)


def slice_after(setting: Setting, seat: int, after: Bound, limit: int) -> Bound | None:
    """Where the next slice of at most `limit` rows of a seat ends, ALL if that is the last; None if nobody is left."""
    last = _row_after(setting, seat, after, limit - 1)
    if last is not None:
        return last
    return ALL if limit > 1 and _row_after(setting, seat, after, 0) is not None else None


def _row_after(setting: Setting, seat: int, after: Bound, skip: int) -> Bound | None:
    row = setting.tx.one(
        "SELECT q.due, q.instance FROM queue q WHERE q.lane = :lane AND q.seat = :seat"
        " AND (q.due, q.instance) > (:due, :instance) ORDER BY q.due, q.instance LIMIT 1 OFFSET :skip",
        lane=setting.lane, seat=seat, due=after.due, instance=after.instance, skip=skip,
    )  # fmt: skip
    return Bound(*row) if row else None


def note(setting: Setting, seat: int, version: int, slice_: tuple[Bound, Bound], condition: Condition) -> int:
    """Count those of a slice (behind its first bound, up to its second) who meet the goal; returns how many are new.

    `setting` speaks of the queue row `q`.
    """
    test = expressions.condition(setting, condition)
    return setting.tx.run(
        "INSERT INTO goal_met (lane, version, instance, at) SELECT :lane, :version, q.instance, :now FROM queue q"
        f" WHERE {_SLICE} AND {test} ON CONFLICT DO NOTHING",
        lane=setting.lane, version=version, now=setting.now, seat=seat, **_bounds(slice_), **setting.binder.values,
    )  # fmt: skip


def take(setting: Setting, seat: int, place: int, slice_: tuple[Bound, Bound], condition: Condition) -> int:
    """Take those of a slice who meet the goal out of the queue, into the working set; returns how many there are.

    The working set's `event` is the instant for which they rested.
    """
    tx = setting.tx
    test = expressions.condition(setting, condition)
    taken = tx.run(
        "INSERT INTO work (lane, n, instance, hop, contact, place, trail, leaf, event)"
        f" SELECT :lane, {tx.dialect.position()}, q.instance, q.hop, q.contact, :place, 0, 0, q.due FROM queue q"
        f" WHERE {_SLICE} AND {test}",
        lane=setting.lane, seat=seat, place=place, now=setting.now, **_bounds(slice_), **setting.binder.values,
    )  # fmt: skip
    if taken:
        key = (("seat", ":seat"), ("due", "w.event"), ("instance", "w.instance"))
        tx.run(tx.dialect.delete_keys("queue", key, "FROM work w WHERE w.lane = :lane"), lane=setting.lane, seat=seat)
    return taken


def _bounds(slice_: tuple[Bound, Bound]) -> dict[str, int]:
    after, bound = slice_
    return {
        "after_due": after.due,
        "after_instance": after.instance,
        "bound_due": bound.due,
        "bound_instance": bound.instance,
    }
