"""Events on their way in: from the inbox to rows of their data extension and to instances, a slice at a time."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.inbox import InboxGroup
from waystage.store.sql import SqlValue, Tx

#: Decisions about an event, and what history says of those that do not enter (journey-spec 9.2).
ENTER = 0
CLOSED = 5
REFUSALS = {
    1: "ContactIsDeleted",
    2: "DidNotMeetEntryCriteria",
    3: "ContactPreviouslyInSameInteraction",
    4: "CurrentlyWaitingInSameInteraction",
    5: "InteractionNotPublished",
}


@dataclass(frozen=True, slots=True)
class Admission:
    """How events of one definition are stored.

    `extension` is 0 where no row is written; `defaults` is the JSON text of the values that a new row starts with.
    `shares_keys`: two contacts may bring the same primary key, so only the first of a slice may pass (design 8.18); its
    row was written when the event was accepted.
    """

    extension: int
    defaults: str
    shares_keys: bool


_SLICE = (
    "i.lane = :lane AND i.id >= :low AND i.id <= :high AND i.kind = 0"
    " AND i.account = :account AND i.definition = :definition"
)


def _bounds(group: InboxGroup) -> dict[str, int]:
    return {"low": group.low, "high": group.high, "account": group.account, "definition": group.definition}


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a slice brought: how many events, how many contacts that were not known, how many rows that were there.

    `last` is the highest number of an arriving event; numbers may have gaps. `rows_before` new rows of the lane have a
    number already; a further one gets that of its event on top.
    """

    events: int
    last: int
    new_contacts: int
    old_rows: int
    rows_before: int


def gather(tx: Tx, lane: int, group: InboxGroup, admission: Admission, since: int | None) -> Arrived:
    """Fill `arriving` with the first event of each contact of the group.

    `since` is where a slice begins that holds events of other definitions too: whoever has an earlier one of those
    waits for the next slice, because both may write to one row.

    Its `data` is the event as a row: defaults, or what the row held before, under the values given (contract 38).
    A contact that is not known gets its number here.
    """
    dialect = tx.dialect
    base, row_base = _next_numbers(tx, lane)
    key = f"coalesce(s.row_key, '#' || {dialect.text_of('s.id')})"
    known = dialect.look_up(
        "contact", "c", "c.lane = :lane AND c.account = :account AND c.key = s.contact_key", optional=True
    )
    new_row, data, row = "1", _event_data(tx, admission), ""
    if admission.extension:
        new_row = "CASE WHEN r.data IS NULL THEN 1 ELSE 0 END"
        data = f"CASE WHEN r.data IS NULL THEN {data} ELSE {dialect.json_merge('r.data', 's.data')} END"
        own_row = f"r.lane = :lane AND r.extension = :extension AND r.contact = c.contact AND r.key = {key}"
        row = dialect.look_up("row", "r", own_row, optional=True)
    tx.run(
        "INSERT INTO arriving (lane, n, id, contact, contact_key, new_contact, gone, key, new_row, data)"
        " SELECT :lane, s.n, s.id, coalesce(c.contact, :base + s.n), s.contact_key,"
        " CASE WHEN c.contact IS NULL THEN 1 ELSE 0 END, CASE WHEN c.deleted IS NULL THEN 0 ELSE 1 END,"
        f" {key}, {new_row}, {data}"
        f" FROM ({_first_events(dialect.drops_later_arrivals, admission.shares_keys, since)}) s{known}{row} WHERE TRUE"
        f"{' ON CONFLICT DO NOTHING' if dialect.drops_later_arrivals else ''}",
        lane=lane, base=base - 1, defaults=admission.defaults, **_bounds(group),
        **({"extension": admission.extension} if admission.extension else {}),
        **({} if since is None else {"since": since}),
    )  # fmt: skip
    arrived = _arrived(tx, lane, row_base - 1)
    used = {"contact": base + group.count} if arrived.new_contacts else {}
    if admission.extension and arrived.events > arrived.old_rows:
        used["row"] = row_base + arrived.last
    _use_numbers(tx, lane, used)
    return arrived


def _next_numbers(tx: Tx, lane: int) -> tuple[int, int]:
    """The next numbers of a contact and of a row."""
    found: dict[str, int] = dict(tx.rows("SELECT name, next FROM lane_counter WHERE lane = :lane", lane=lane))
    return found["contact"], found["row"]


def _use_numbers(tx: Tx, lane: int, following: dict[str, int]) -> None:
    """Numbers below these are taken now, in one statement."""
    if following:
        arms = " ".join(f"WHEN name = '{name}' THEN CAST(:{name} AS BIGINT)" for name in following)
        names = ", ".join(f"'{name}'" for name in following)
        tx.run(
            f"UPDATE lane_counter SET next = CASE {arms} END WHERE lane = :lane AND name IN ({names})",
            lane=lane, **following,
        )  # fmt: skip


def _event_data(tx: Tx, admission: Admission) -> str:
    """The values of an event that no row was there for."""
    if admission.defaults == "{}":
        return "s.data"
    return tx.dialect.json_merge(tx.dialect.json_in(":defaults"), "s.data")


def _arrived(tx: Tx, lane: int, rows_before: int) -> Arrived:
    row = tx.one(
        "SELECT count(*), max(n), sum(new_contact), sum(1 - new_row) FROM arriving WHERE lane = :lane", lane=lane
    )
    events, last, contacts, rows = row or (0, 0, 0, 0)
    return Arrived(int(events), int(last or 0), int(contacts or 0), int(rows or 0), rows_before)


def _first_events(unique: bool, shares_keys: bool, since: int | None) -> str:
    """The events of the slice, numbered; each the first of its contact, and of its row if contacts share rows.

    They are numbered in the order in which they are read by their key, so that only the look for firsts has to sort.
    """
    columns = "i.id, i.contact_key, i.row_key, i.data"
    tests = [] if unique and since is None else [("contact", "i.contact_key")]
    if shares_keys:
        tests.append(("key", "coalesce(i.row_key, i.contact_key)"))
    if since is not None:
        return _first_of_mixed(columns, tests)
    if not tests:
        return f"SELECT {columns}, row_number() OVER () AS n FROM inbox i WHERE {_SLICE}"
    numbered = ", ".join(f"row_number() OVER (PARTITION BY {by} ORDER BY i.id) AS {name}_nth" for name, by in tests)
    first = " AND ".join(f"k.{name}_nth = 1" for name, _ in tests)
    inner = f"SELECT {columns}, row_number() OVER (ORDER BY i.id) AS n, {numbered} FROM inbox i WHERE {_SLICE}"
    return f"SELECT k.* FROM ({inner}) k WHERE {first}"


def establish_contacts(tx: Tx, lane: int, account: int, now: int) -> None:
    """Make the contacts that are not known yet (journey-spec 2.7 step 3)."""
    tx.run(
        "INSERT INTO contact (lane, contact, account, key, created, data)"
        f" SELECT :lane, a.contact, :account, a.contact_key, :now, {tx.dialect.json_in(':empty')}"
        " FROM arriving a WHERE a.lane = :lane AND a.new_contact = 1",
        lane=lane, account=account, now=now, empty="{}",
    )  # fmt: skip


def _first_of_mixed(columns: str, tests: list[tuple[str, str]]) -> str:
    """The same where events of several definitions lie in one slice; a contact's first counts over all of them."""
    owner = {"contact": "i.account", "key": "i.account, i.definition"}
    numbered = ", ".join(
        f"row_number() OVER (PARTITION BY {owner[name]}, {by} ORDER BY i.id) AS {name}_nth" for name, by in tests
    )
    first = " AND ".join(f"k.{name}_nth = 1" for name, _ in tests)
    inner = (
        f"SELECT {columns}, i.account, i.definition, {numbered} FROM inbox i"
        " WHERE i.lane = :lane AND i.id >= :since AND i.id <= :high AND i.kind = 0"
    )
    return (
        f"SELECT k.*, row_number() OVER (ORDER BY k.id) AS n FROM ({inner}) k"
        f" WHERE k.account = :account AND k.definition = :definition AND k.id >= :low AND {first}"
    )


def log_rows(tx: Tx, lane: int, extension: int, arrived: Arrived) -> None:
    """Write the arrived events to their data extension, except those of deleted contacts (contract 39).

    Rows that are new need no look at what is there, and mostly all are.
    """
    insert = (
        "INSERT INTO row (lane, extension, contact, key, data, seq)"
        " SELECT :lane, :extension, a.contact, a.key, a.data, :before + a.n FROM arriving a"
        " WHERE a.lane = :lane AND a.gone = 0"
    )
    tx.run(f"{insert} AND a.new_row = 1", lane=lane, extension=extension, before=arrived.rows_before)
    if arrived.old_rows:
        tx.run(
            f"{insert} AND a.new_row = 0"
            " ON CONFLICT (lane, extension, contact, key) DO UPDATE SET data = excluded.data",
            lane=lane, extension=extension, before=arrived.rows_before,
        )  # fmt: skip


def judge(tx: Tx, lane: int, base: int, start: int, decision: str, values: dict[str, SqlValue]) -> None:
    """Put every arrived event at the start with an instance number and a decision, which stands in `work.leaf`.

    The decision to enter is 0, and so is the leaf of a start that leaves no choice.
    """
    tx.run(
        "INSERT INTO work (lane, n, instance, hop, contact, place, trail, leaf, event, data)"
        f" SELECT :lane, a.n, :base + a.n, 0, a.contact, :start, 0, {decision}, a.id, a.data"
        " FROM arriving a WHERE a.lane = :lane",
        lane=lane, base=base, start=start, **values,
    )  # fmt: skip


def refuse_repeats(tx: Tx, lane: int) -> None:
    """Of several who would enter for one contact only the first does (journey-spec 2.7, audience entry)."""
    first = "SELECT min(w.n) FROM work w WHERE w.lane = :lane AND w.leaf = 0 GROUP BY w.contact"
    tx.run(f"UPDATE work SET leaf = 4 WHERE lane = :lane AND leaf = 0 AND n NOT IN ({first})", lane=lane)


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


def note_closed(tx: Tx, lane: int, version: int, base: int, now: int) -> None:
    """A remark for every arrived event because a version lets nobody in."""
    tx.run(
        "INSERT INTO remark (lane, seq, at, version, contact, instance, activity, status, message)"
        " SELECT :lane, :base + a.n, :now, :version, a.contact, 0, 0, :status, '' FROM arriving a WHERE a.lane = :lane",
        lane=lane, base=base, now=now, version=version, status=REFUSALS[CLOSED],
    )  # fmt: skip


def place(tx: Tx, lane: int, version: int, journey: int, now: int) -> None:
    """Make instances of those who enter; they are active from now on, with the event frozen as their entry data."""
    tx.run(
        "INSERT INTO instance (lane, instance, version, contact, entered, event, data)"
        " SELECT :lane, w.instance, :version, w.contact, :now, w.event, w.data FROM work w"
        " WHERE w.lane = :lane AND w.leaf = 0",
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
