"""Requests of many events at once, and what became of their members (api.md 7.2, 7.3).

The engine writes nothing here. A member is queued as long as its event lies in the inbox or is held by a pause, and is
processed from then on; both are looked up by key when somebody asks. Its last change is its acceptance, or, if it may
have been held, the end of that pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.store import oldest
from waystage.store.expressions import found
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import SqlValue, Tx


@dataclass(frozen=True, slots=True)
class EventRequest:
    """One accepted request; `number` rises with the requests, `created` in ms of journey time."""

    account: int
    number: int
    guid: str
    definition: int
    event_key: str
    created: int


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its event by (lane, number), both 0 if it was refused for the reason in the last two."""

    contact_key: str | None
    lane: int = 0
    event: int = 0
    errorcode: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a member; `status` is Queued, Processed or Errored, times in ms."""

    request: str
    event_key: str
    member: Member
    created: int
    status: str
    modified: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which members are asked for; None does not restrict. Times in ms, inclusive; `event` is (lane, number).

    `by_change`: ordered by the last change, descending if so, else as the requests came.
    """

    start: int
    end: int | None = None
    status: str | None = None
    contact_key: str | None = None
    request: str | None = None
    event: tuple[int, int] | None = None
    event_key: str | None = None
    by_change: bool = False
    descending: bool = False


_COLUMNS = {
    "account": "BIGINT",
    "request": "BIGINT",
    "place": "INTEGER",
    "contact_key": "TEXT",
    "lane": "INTEGER",
    "event": "BIGINT",
    "errorcode": "INTEGER",
    "message": "TEXT",
}


def append(tx: Tx, request: EventRequest, members: Sequence[Member]) -> None:
    """Store a request with its members, in two statements."""
    tx.run(
        "INSERT INTO event_request (account, number, guid, definition, event_key, key_folded, created)"
        " VALUES (:account, :number, :guid, :definition, :event_key, :folded, :created)",
        account=request.account, number=request.number, guid=request.guid, definition=request.definition,
        event_key=request.event_key, folded=request.event_key.casefold(), created=request.created,
    )  # fmt: skip
    rows: list[dict[str, SqlValue]] = [
        {
            "account": request.account,
            "request": request.number,
            "place": place,
            "contact_key": one.contact_key,
            "lane": one.lane,
            "event": one.event,
            "errorcode": one.errorcode,
            "message": one.message,
        }
        for place, one in enumerate(members)
    ]
    tx.insert("event_member", _COLUMNS, rows)


#: The lane in an event's name is the one that took it; `home` is where it lies since the database was moved.
_IN_INBOX = found("FROM inbox i WHERE i.lane = coalesce(m.home, m.lane) AND i.id = m.event")
_HELD = found(
    "FROM pause p JOIN held h ON h.lane = coalesce(m.home, m.lane) AND h.version = p.version AND h.id = m.event"
)
_STATUS = f"CASE WHEN m.event = 0 THEN 'Errored' WHEN {_IN_INBOX} OR {_HELD} THEN 'Queued' ELSE 'Processed' END"
#: The end of the latest pause that kept what came for the versions that the event starts.
_RELEASED = (
    "(SELECT max(p.resumed) FROM version_event v JOIN pause p ON p.version = v.version"
    " WHERE v.event_definition = s.definition AND p.retain = 1 AND p.since <= s.created AND p.resumed >= s.created)"
)
_CHANGED = f"CASE s.status WHEN 'Processed' THEN coalesce({_RELEASED}, s.created) ELSE s.created END"


def search(tx: Tx, account: int, wanted: Wanted, limit: int, offset: int) -> tuple[int, list[Status]]:
    """How many members are meant, and one page of them."""
    source, values = _source(account, wanted)
    total = tx.one(f"SELECT count(*) FROM {source}", **values)
    direction = "DESC" if wanted.descending else "ASC"
    order = f"10 {direction}, s.number {direction}, s.place" if wanted.by_change else "s.created, s.number, s.place"
    rows = tx.rows(
        "SELECT s.guid, s.event_key, s.contact_key, s.lane, s.event, s.errorcode, s.message, s.created, s.status,"
        f" {_CHANGED} FROM {source} ORDER BY {order} LIMIT :limit OFFSET :offset",
        limit=limit, offset=offset, **values,
    )  # fmt: skip
    return (total[0] if total else 0), [Status(row[0], row[1], Member(*row[2:7]), *row[7:]) for row in rows]


def _source(account: int, wanted: Wanted) -> tuple[str, dict[str, SqlValue]]:
    """The members that are meant, as a table `s` with their status."""
    tests, values = ["b.account = :account", "b.created >= :start"], dict[str, SqlValue]()
    values |= {"account": account, "start": wanted.start}
    if wanted.end is not None:
        tests.append("b.created <= :end")
        values["end"] = wanted.end
    if wanted.request is not None:
        tests.append("b.guid = :request")
        values["request"] = wanted.request
    if wanted.event_key is not None:
        tests.append("b.key_folded = :folded")
        values["folded"] = wanted.event_key.casefold()
    if wanted.contact_key is not None:
        tests.append("m.contact_key = :contact_key")
        values["contact_key"] = wanted.contact_key
    if wanted.event is not None:
        tests.append("m.event <> 0 AND m.event = :event AND m.lane = :lane")
        values |= {"lane": wanted.event[0], "event": wanted.event[1]}
    inner = (
        "SELECT b.number, b.guid, b.event_key, b.definition, b.created, m.place, m.contact_key, m.lane, m.event,"
        f" m.errorcode, m.message, {_STATUS} AS status FROM event_request b JOIN event_member m"
        f" ON m.account = b.account AND m.request = b.number WHERE {' AND '.join(tests)}"
    )
    if wanted.status is None:
        return f"({inner}) s", values
    return f"(SELECT * FROM ({inner}) x WHERE x.status = :status) s", {**values, "status": wanted.status}


def forget_contacts(tx: Tx, account: int, contact_keys: Sequence[str]) -> None:
    """Deleted contacts lose their keys, and texts that may quote their data (contract 17)."""
    for chunk in chunks(sorted(contact_keys)):
        listed, values = in_list(chunk)
        tx.run(
            "UPDATE event_member SET contact_key = NULL,"
            " message = CASE WHEN message IS NULL THEN NULL ELSE '' END"
            f" WHERE account = :account AND contact_key IN {listed}",
            account=account, **values,
        )  # fmt: skip


def forget_old(tx: Tx, before: int, limit: int) -> int:
    """Delete the oldest requests that came before an instant (ms), at most `limit`; returns how many were."""
    find = "SELECT account, number FROM event_request WHERE created < :before ORDER BY created LIMIT :limit"
    deletes = (
        "DELETE FROM event_member WHERE account = :account AND request = :number",
        "DELETE FROM event_request WHERE account = :account AND number = :number",
    )
    return oldest.forget(tx, find, ("account", "number"), deletes, before, limit)
