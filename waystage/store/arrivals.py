"""Events on their way in: from the inbox to rows of their data extension and to instances, a slice at a time."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.inbox import InboxGroup
from waystage.store.sql import SqlValue, Tx

#: Decisions about an event, and what history says of those that do not enter (journey-spec 9.2).
ENTER = 0
REFUSALS = {
    1: "ContactIsDeleted",
    2: "DidNotMeetEntryCriteria",
    3: "ContactPreviouslyInSameInteraction",
    4: "CurrentlyWaitingInSameInteraction",
    5: "InteractionNotPublished",
}


#: Where the entry data of an arriving event `a` is, before there is an instance (store.expressions.Setting).
EVENT_OF_ARRIVING = "FROM arriving d WHERE d.lane = :lane AND d.n = a.n"


@dataclass(frozen=True, slots=True)
class Admission:
    """How events of one definition are stored.

    `extension` is 0 where no row is written; `defaults` is the JSON text of the values that a new row starts with.
    `shares_keys`: two contacts may bring the same primary key, so only the first of a slice may pass (design 8.18).
    """

    extension: int
    defaults: str
    shares_keys: bool


_SLICE = (
    "i.lane = :lane AND i.id >= :low AND i.id <= :high AND i.kind = 0"
    " AND i.account = :account AND i.definition = :definition"
)


def establish_contacts(tx: Tx, lane: int, group: InboxGroup, now: int) -> None:
    """Make the contacts that are not known yet (journey-spec 2.7 step 3)."""
    row = tx.one("SELECT next FROM lane_counter WHERE lane = :lane AND name = 'contact'", lane=lane)
    base = row[0] if row else 1
    made = tx.run(
        "INSERT INTO contact (lane, contact, account, key, created, data)"
        f" SELECT :lane, :base + row_number() OVER (), :account, i.contact_key, :now, {tx.dialect.json_in(':empty')}"
        f" FROM inbox i WHERE {_SLICE} ON CONFLICT DO NOTHING",
        lane=lane, base=base - 1, now=now, empty="{}", **_bounds(group),
    )  # fmt: skip
    if made:
        tx.run(
            "UPDATE lane_counter SET next = :next WHERE lane = :lane AND name = 'contact'",
            lane=lane, next=base + group.count,
        )  # fmt: skip


def _bounds(group: InboxGroup) -> dict[str, int]:
    return {"low": group.low, "high": group.high, "account": group.account, "definition": group.definition}


def gather(tx: Tx, lane: int, group: InboxGroup, admission: Admission) -> int:
    """Fill `arriving` with the first event of each contact of the group; returns how many there are.

    Its `data` is the event as a row: defaults, or what the row held before, under the values given (contract 38).
    """
    dialect = tx.dialect
    tx.run(dialect.clear("arriving"), lane=lane)
    source = _first_events(dialect.drops_later_arrivals, admission.shares_keys)
    key = f"coalesce(s.row_key, '#' || {dialect.text_of('s.id')})"
    base, join = dialect.json_in(":defaults"), ""
    data = "s.data" if admission.defaults == "{}" else dialect.json_merge(base, "s.data")
    if admission.extension:
        data = f"CASE WHEN r.data IS NULL THEN {data} ELSE {dialect.json_merge('r.data', 's.data')} END"
        own_row = f"r.lane = :lane AND r.extension = :extension AND r.contact = c.contact AND r.key = {key}"
        join = dialect.look_up("row", "r", own_row, optional=True)
    known = dialect.look_up("contact", "c", "c.lane = :lane AND c.account = :account AND c.key = s.contact_key")
    return tx.run(
        "INSERT INTO arriving (lane, n, id, contact, gone, key, data)"
        f" SELECT :lane, {dialect.position()}, s.id, c.contact, CASE WHEN c.deleted IS NULL THEN 0 ELSE 1 END, {key},"
        f" {data} FROM ({source} ORDER BY 1) s{known}{join} WHERE TRUE ON CONFLICT DO NOTHING",
        lane=lane, defaults=admission.defaults, **_bounds(group),
        **({"extension": admission.extension} if admission.extension else {}),
    )  # fmt: skip


def _first_events(unique: bool, shares_keys: bool) -> str:
    """The events of the slice of which each is the first of its contact, and of its row if contacts share rows."""
    columns = "i.id, i.contact_key, i.row_key, i.data"
    tests = [] if unique else [("contact", "i.contact_key")]
    if shares_keys:
        tests.append(("key", "coalesce(i.row_key, i.contact_key)"))
    if not tests:
        return f"SELECT {columns} FROM inbox i WHERE {_SLICE}"
    numbered = ", ".join(f"row_number() OVER (PARTITION BY {by} ORDER BY i.id) AS {name}_nth" for name, by in tests)
    first = " AND ".join(f"k.{name}_nth = 1" for name, _ in tests)
    return f"SELECT k.* FROM (SELECT {columns}, {numbered} FROM inbox i WHERE {_SLICE}) k WHERE {first}"


def log_rows(tx: Tx, lane: int, extension: int) -> None:
    """Write the arrived events to their data extension, except those of deleted contacts (contract 39)."""
    tx.run(
        "INSERT INTO row (lane, extension, contact, key, data)"
        " SELECT :lane, :extension, a.contact, a.key, a.data FROM arriving a WHERE a.lane = :lane AND a.gone = 0"
        " ON CONFLICT (lane, extension, contact, key) DO UPDATE SET data = excluded.data",
        lane=lane, extension=extension,
    )  # fmt: skip


def judge(tx: Tx, lane: int, base: int, start: int, decision: str, values: dict[str, SqlValue]) -> None:
    """Put every arrived event at the start with an instance number and a decision, which stands in `work.leaf`.

    The decision to enter is 0, and so is the leaf of a start that leaves no choice.
    """
    tx.run(tx.dialect.clear("work"), lane=lane)
    tx.run(
        "INSERT INTO work (lane, n, instance, hop, contact, place, trail, leaf)"
        f" SELECT :lane, a.n, :base + a.n, 0, a.contact, :start, 0, {decision} FROM arriving a WHERE a.lane = :lane",
        lane=lane, base=base, start=start, **values,
    )  # fmt: skip


def decisions(tx: Tx, lane: int) -> dict[int, int]:
    """How many events of the slice got each decision."""
    return dict(tx.rows("SELECT leaf, count(*) FROM work WHERE lane = :lane GROUP BY leaf", lane=lane))


def note_refusals(tx: Tx, lane: int, version: int, base: int, now: int) -> None:
    """A remark for every event that does not enter."""
    status = " ".join(f"WHEN {number} THEN '{word}'" for number, word in REFUSALS.items())
    tx.run(
        "INSERT INTO remark (lane, seq, at, version, contact, instance, activity, status, message)"
        f" SELECT :lane, :base + w.n, :now, :version, w.contact, 0, 0, CASE w.leaf {status} END, ''"
        " FROM work w WHERE w.lane = :lane AND w.leaf <> 0",
        lane=lane, base=base, now=now, version=version,
    )  # fmt: skip


def place(tx: Tx, lane: int, version: int, journey: int, now: int) -> None:
    """Make instances of those who enter; they are active from now on, with the event frozen as their entry data."""
    tx.run(
        "INSERT INTO instance (lane, instance, version, contact, entered, event, data)"
        " SELECT :lane, w.instance, :version, w.contact, :now, a.id, a.data FROM work w"
        f"{tx.dialect.look_up('arriving', 'a', 'a.lane = :lane AND a.n = w.n')} WHERE w.lane = :lane AND w.leaf = 0",
        lane=lane, version=version, now=now,
    )  # fmt: skip
    tx.run(
        "INSERT INTO active (lane, contact, journey, instance)"
        " SELECT :lane, w.contact, :journey, w.instance FROM work w WHERE w.lane = :lane AND w.leaf = 0",
        lane=lane, journey=journey,
    )  # fmt: skip


def drop_refused(tx: Tx, lane: int) -> None:
    """Leave only those who enter in the working set."""
    tx.run("DELETE FROM work WHERE lane = :lane AND leaf <> 0", lane=lane)
