"""What publishing adds to a version: seats for its resting places, forms for its messages; and what may run now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from waystage.plan.effects import CallForm, Form
from waystage.store.in_lists import chunks, in_list
from waystage.store.moves import form_id
from waystage.store.sql import Tx

#: Made while there is one thread: msgspec learns a type at its first use, and two threads at that end in a segfault.
_FORM = msgspec.json.Decoder(Form)
_CALL_FORM = msgspec.json.Decoder(CallForm)


@dataclass(frozen=True, slots=True)
class RunnableVersion:
    """A version that contacts may be inside of. `document` is its JSON text."""

    number: int
    journey: int
    account: int
    definition_id: str
    status: str
    document: str
    published: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where instances rest: at an activity, in a role (see SeatRow), for a duration (`spans`) or until a date."""

    activity: int
    role: int
    spans: bool


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat of a version. Role 0: whoever rests here is due when the wait is over; 1: an event has released them.

    Due means due + `shift` ms (design 8.11). Of several seats of one role the newest takes who arrives.
    """

    number: int
    version: int
    activity: int
    role: int
    shift: int


def give_seats(tx: Tx, version: int, places: Sequence[Place]) -> None:
    """A seat for each resting place; once, however often this is done (a repeated job gives nothing twice)."""
    known = {(one.activity, one.role) for one in seats(tx, version)}
    _add_seats(tx, version, [one for one in places if (one.activity, one.role) not in known])


def _add_seats(tx: Tx, version: int, places: Iterable[Place]) -> None:
    for place in places:
        tx.run(
            "INSERT INTO seat (version, activity, role, shift, spans) VALUES (:version, :activity, :role, 0, :spans)",
            version=version, activity=place.activity, role=place.role, spans=int(place.spans),
        )  # fmt: skip


def seats(tx: Tx, version: int) -> list[SeatRow]:
    """Every seat of a version, the oldest first."""
    rows = tx.rows(
        "SELECT number, version, activity, role, shift FROM seat WHERE version = :version ORDER BY number",
        version=version,
    )
    return [SeatRow(*row) for row in rows]


def seats_of(tx: Tx, version: int) -> dict[int, int]:
    """Activity number to the seat that takes who arrives."""
    return {one.activity: one.number for one in seats(tx, version) if one.role == 0}


def shift_seats(tx: Tx, version: int, by: int) -> None:
    """Whoever rests for a duration is due later by `by` ms; who arrives from now on gets a seat of their own."""
    rows = tx.rows(
        "SELECT DISTINCT activity FROM seat WHERE version = :version AND role = 0 AND spans = 1 ORDER BY activity",
        version=version,
    )
    tx.run(
        "UPDATE seat SET shift = shift + :by WHERE version = :version AND role = 0 AND spans = 1",
        version=version,
        by=by,
    )
    _add_seats(tx, version, [Place(row[0], 0, spans=True) for row in rows])


def keep_forms(tx: Tx, forms: Iterable[Form | CallForm]) -> None:
    """Store the forms that messages and calls will name."""
    tx.many(
        "INSERT INTO form (id, body, channel) VALUES (:id, :body, :channel) ON CONFLICT DO NOTHING",
        [
            {
                "id": form_id(form), "body": msgspec.json.encode(form).decode(),
                "channel": form.channel if isinstance(form, Form) else "",
            }
            for form in forms
        ],
    )  # fmt: skip


def forms(tx: Tx, numbers: Iterable[int]) -> Mapping[int, Form]:
    """The forms with these numbers."""
    found = {}
    for number in set(numbers):
        row = tx.one("SELECT body FROM form WHERE id = :id", id=number)
        if row is not None:
            found[number] = _FORM.decode(row[0])
    return found


def call_form(tx: Tx, number: int) -> CallForm | None:
    """The form of calls with this number."""
    row = tx.one("SELECT body FROM form WHERE id = :id", id=number)
    return _CALL_FORM.decode(row[0]) if row is not None else None


_RUNNABLE = (
    "SELECT v.number, v.journey, v.account, v.definition_id,"
    " CASE WHEN v.status = 'Deleted' THEN 'Stopped' ELSE v.status END, v.document, coalesce(v.published, 0)"
    " FROM version v WHERE"
)


def runnable(tx: Tx) -> list[RunnableVersion]:
    """Every version that is running, or stopped (and perhaps deleted since) with rows still to be cleared away."""
    rows = tx.rows(f"{_RUNNABLE} v.status IN ('Published', 'Unpublished', 'Paused')")
    for chunk in chunks(_to_be_cleared(tx)):
        listed, values = in_list(chunk)
        rows += tx.rows(f"{_RUNNABLE} v.number IN {listed}", **values)
    return [RunnableVersion(*row) for row in sorted(rows)]


def _to_be_cleared(tx: Tx) -> list[int]:
    rows = tx.rows(
        "SELECT DISTINCT v.number FROM lease l JOIN version v ON v.status IN ('Stopped', 'Deleted')"
        " JOIN seat s ON s.version = v.number"
        " WHERE (SELECT q.seat FROM queue q WHERE q.lane = l.lane AND q.seat = s.number ORDER BY q.due LIMIT 1)"
        " IS NOT NULL"
    )
    return [row[0] for row in rows]


def any_runs(tx: Tx, account: int) -> bool:
    """Whether contacts may be inside of, or enter, any version of a business unit."""
    row = tx.one(
        "SELECT 1 FROM version WHERE account = :account AND status IN ('Published', 'Unpublished', 'Paused') LIMIT 1",
        account=account,
    )
    return row is not None


def running_documents(tx: Tx, account: int) -> list[str]:
    """The documents of the versions of a business unit that contacts may be inside of, as JSON texts."""
    rows = tx.rows(
        "SELECT document FROM version WHERE account = :account AND status IN ('Published', 'Unpublished', 'Paused')"
        " ORDER BY number",
        account=account,
    )
    return [row[0] for row in rows]


def version_of(tx: Tx, number: int) -> RunnableVersion | None:
    """One version, whatever its status."""
    row = tx.one(
        "SELECT number, journey, account, definition_id, status, document, coalesce(published, 0) FROM version"
        " WHERE number = :number",
        number=number,
    )
    return RunnableVersion(*row) if row else None


def entered_by_events(tx: Tx) -> list[tuple[int, int, int, str]]:
    """(event definition, journey, version, status) of every version that its events may have started, by version."""
    rows = tx.rows(
        "SELECT e.event_definition, v.journey, v.number, v.status FROM version_event e"
        " JOIN version v ON v.number = e.version"
        " WHERE e.enters = 1 AND v.published IS NOT NULL AND v.status <> 'Deleted'"
        " ORDER BY e.event_definition, v.journey, v.version"
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]
