"""The same rows of the same tables by plain bulk statements: what the store gives at best (design 2, gates).

All contacts at once: no batches, no claims, no checks. Instances and contacts are numbered 1 … n over all lanes, so
that no statement has to look anything up but the entry data. SQL outside the store is allowed here, and only here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from waystage.ground import clock
from waystage.store.dialects.base import Dialect
from waystage.store.dialects.connection import Connection
from waystage.store.sql import SqlValue, Tx

#: Ids made from content have 63 bits in the product, so they have here.
_PATH = 2**62


@dataclass(frozen=True, slots=True)
class Facts:
    """What the raw statements are told, where the engine finds it out."""

    definition: int
    extension: int
    version: int
    journey: int
    seat: int
    now: int
    due: int
    scattered: bool = False
    """Everybody rests until the date of their own."""

    def values(self) -> dict[str, SqlValue]:
        """As parameters."""
        names = ("definition", "extension", "version", "journey", "seat", "now", "due")
        return {**{name: getattr(self, name) for name in names}, "path": _PATH}


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of all statements with their commits, and of each by name."""

    seconds: float
    statements: dict[str, float]


def sizes(tx: Tx, tables: Iterable[str]) -> dict[str, int]:
    """How many rows each table has."""
    counted = {table: tx.one(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608 - our own names
    return {table: int(row[0]) for table, row in counted.items() if row}


def seat_of(tx: Tx, version: int) -> int:
    """The seat of the journey's only wait."""
    return int(tx.rows("SELECT number FROM seat WHERE version = :version", version=version)[0][0])


def run(connection: Connection, sql: Dialect, facts: Facts) -> Timed:
    """Run every statement, each committed by itself, on a connection of the engine's kind."""
    spent: dict[str, float] = {}
    given = facts.values()
    for name, text in _statements(sql, scattered=facts.scattered).items():
        started = clock.stopwatch()
        tx = connection.begin(write=True)
        tx.run(text, **{key: value for key, value in given.items() if f":{key}" in text})
        connection.commit()
        spent[name] = clock.stopwatch() - started
    return Timed(sum(spent.values()), spent)


def _statements(sql: Dialect, *, scattered: bool) -> dict[str, str]:
    due = sql.json_integer("data", _text("Visit")) if scattered else ":due"
    return {**_entry(sql, due), **_rest_of_the_way(sql), **_accounts()}


def _entry(sql: Dialect, due: str) -> dict[str, str]:
    numbered = "row_number() OVER (ORDER BY i.lane, i.id)"
    events = "FROM inbox i WHERE i.kind = 0 AND i.definition = :definition"
    return {
        "contact": (
            "INSERT INTO contact (lane, contact, account, key, created, data)"
            f" SELECT i.lane, {numbered}, i.account, i.contact_key, :now, {sql.json_in(_text('{}'))} {events}"
        ),
        "row": (
            "INSERT INTO row (lane, extension, contact, key, data)"
            f" SELECT i.lane, :extension, {numbered}, i.row_key, i.data {events}"
        ),
        "instance": (
            "INSERT INTO instance (lane, instance, version, contact, entered, event, data)"
            f" SELECT i.lane, {numbered}, :version, {numbered}, :now, i.id, i.data {events}"
        ),
        "active": (
            "INSERT INTO active (lane, contact, journey, instance)"
            " SELECT lane, contact, :journey, instance FROM instance"
        ),
        "queue": (
            "INSERT INTO queue (lane, seat, due, instance, hop, contact)"  # noqa: S608 - our own words
            f" SELECT lane, :seat, {due}, instance, 1, contact FROM instance"
        ),
        "hop_log, first hop": (
            "INSERT INTO hop_log (lane, seq, instance, hop, at, path, seat, due)"  # noqa: S608 - our own words
            f" SELECT lane, instance, instance, 0, :now, :path, :seat, {due} FROM instance"
        ),
        "inbox, delete": "DELETE FROM inbox WHERE kind = 0 AND definition = :definition",
    }


def _rest_of_the_way(sql: Dialect) -> dict[str, str]:
    """The split is decided once, for the outbox; what follows reads it there."""
    gold = (
        f"{sql.json_integer('n.data', _text('Score'))} > 50"
        f" AND {sql.fold(sql.json_text('n.data', _text('Tier')))} = 'gold'"
    )
    values = [sql.json_text("n.data", _text(name)) for name in ("EmailAddress", "FirstName")]
    return {
        "outbox": (
            "INSERT INTO outbox"  # noqa: S608 - our own words
            " (lane, seq, instance, hop, version, activity, contact, at, content, state, parameters)"
            " SELECT q.lane, q.instance, q.instance, q.hop, :version,"
            f" CASE WHEN {gold} THEN 3 ELSE 4 END, q.contact, :due, :path, 1, {sql.json_array(values)}"
            " FROM queue q JOIN instance n ON n.lane = q.lane AND n.instance = q.instance"
            " WHERE q.seat = :seat AND q.due <= :due"
        ),
        "past": (
            "INSERT INTO past (lane, contact, journey, instance) SELECT lane, contact, :journey, instance FROM outbox"
        ),
        "hop_log, second hop": (
            "INSERT INTO hop_log (lane, seq, instance, hop, at, path, seat, due)"
            " SELECT lane, 1000000000 + instance, instance, hop, :due, :path + activity, 0, 0 FROM outbox"
        ),
        "active, delete": "DELETE FROM active WHERE journey = :journey",
        "queue, delete": "DELETE FROM queue WHERE seat = :seat AND due <= :due",
    }


def _text(name: str) -> str:
    return f"'{name}'"


def _accounts() -> dict[str, str]:
    """The counters, and the log merged by instance."""
    return {
        "counters of e-mails": (
            "INSERT INTO counter (lane, version, activity, name, n)"
            " SELECT lane, :version, activity, 'outcome:0', count(*) FROM outbox GROUP BY lane, activity"
        ),
        "counters of all": (
            "INSERT INTO counter (lane, version, activity, name, n)"
            " SELECT s.lane, :version, c.activity, c.name, s.n FROM"
            " (SELECT lane, count(*) AS n FROM outbox GROUP BY lane) s"
            " CROSS JOIN (SELECT 0 AS activity, 'entered' AS name"
            " UNION ALL SELECT 0, 'ended:Normal' UNION ALL SELECT 1, 'arrived' UNION ALL SELECT 1, 'departed'"
            " UNION ALL SELECT 1, 'outcome:0' UNION ALL SELECT 2, 'outcome:0') c"
        ),
        "hop": (
            "INSERT INTO hop (lane, instance, hop, at, path, seat, due)"
            " SELECT lane, instance, hop, at, path, seat, due FROM hop_log ORDER BY lane, instance, hop"
        ),
    }


class Parked(NamedTuple):
    """A row of the queue, without its payload."""

    lane: int
    seat: int
    due: int
    instance: int


def parked(tx: Tx, count: int) -> list[Parked]:
    """Some who rest, spread over the whole queue."""
    rows = tx.rows("SELECT lane, seat, due, instance FROM queue")
    return [Parked(*row) for row in rows[:: max(1, len(rows) // count)]][:count]


def set_dues(tx: Tx, dues: Mapping[Parked, int]) -> None:
    """Give these rows other due instants; no engine may run meanwhile."""
    tx.many(
        "UPDATE queue SET due = :new WHERE lane = :lane AND seat = :seat AND due = :due AND instance = :instance",
        [{**one._asdict(), "new": due} for one, due in dues.items()],
    )


def left_at(tx: Tx) -> dict[tuple[int, int], int]:
    """(lane, instance) of every passage that has ended, with the journey instant of the batch that ended it."""
    rows = tx.rows("SELECT lane, instance, at FROM hop_log WHERE hop > 0 AND seat = 0")
    return {(row[0], row[1]): row[2] for row in rows}
