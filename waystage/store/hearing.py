"""Events that release who waits for them: from the listening seat of an activity to its released one (design 8.9).

The lane has one writer, so exactly one of event and time-out finds the row in the listening seat.
"""

from __future__ import annotations

from waystage.plan.expressions import Condition
from waystage.store import expressions
from waystage.store.expressions import Setting
from waystage.store.sql import Tx


def gather(setting: Setting, seat: int, definition: int, alive: int, condition: Condition) -> int:
    """Take who listens in a seat, is due at `alive` or later, and is meant by an arriving event, into the working set.

    `setting` speaks of the listening row `l`, and of the event as data that is being heard. The working set's `event`
    is the instant for which they rest there. Returns how many there are.
    """
    tx = setting.tx
    own = "l.lane = :lane AND l.definition = :definition AND l.contact = a.contact"
    resting = "q.lane = :lane AND q.seat = l.seat AND q.due = l.due AND q.instance = l.instance"
    meant = expressions.condition(setting, condition)
    return tx.run(
        "INSERT INTO work (lane, n, instance, hop, contact, place, trail, leaf, event, data)"
        f" SELECT :lane, {tx.dialect.position()}, l.instance, q.hop, l.contact, 0, 0, 0, l.due, a.data FROM arriving a"
        f"{tx.dialect.look_up('listening', 'l', own)}{tx.dialect.look_up('queue', 'q', resting)}"
        f" WHERE a.lane = :lane AND a.gone = 0 AND l.seat = :seat AND l.due >= :alive AND {meant}",
        lane=setting.lane, definition=definition, seat=seat, alive=alive, **setting.binder.values,
    )  # fmt: skip


def release(tx: Tx, lane: int, seat: int, released: int, definition: int, now: int) -> None:
    """Move the working set to the released seat, due at once, and keep what it has heard."""
    tx.run(
        "INSERT INTO heard (lane, instance, definition, at, data)"
        " SELECT :lane, w.instance, :definition, :now, w.data FROM work w WHERE w.lane = :lane"
        " ON CONFLICT (lane, instance, definition) DO UPDATE SET at = excluded.at, data = excluded.data",
        lane=lane, definition=definition, now=now,
    )  # fmt: skip
    stop_listening(tx, lane, definition)
    key = (("seat", ":seat"), ("due", "w.event"), ("instance", "w.instance"))
    tx.run(tx.dialect.delete_keys("queue", key, "FROM work w WHERE w.lane = :lane"), lane=lane, seat=seat)
    tx.run(
        "INSERT INTO queue (lane, seat, due, instance, hop, contact)"
        " SELECT :lane, :released, :now, w.instance, w.hop, w.contact FROM work w WHERE w.lane = :lane",
        lane=lane, released=released, now=now,
    )  # fmt: skip


def stop_listening(tx: Tx, lane: int, definition: int) -> None:
    """Nobody of the working set waits for an event of this definition any more."""
    key = (("definition", ":definition"), ("contact", "w.contact"), ("instance", "w.instance"))
    source = "FROM work w WHERE w.lane = :lane"
    tx.run(tx.dialect.delete_keys("listening", key, source), lane=lane, definition=definition)
