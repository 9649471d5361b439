"""What publishing adds to a version: seats for its resting places, forms for its messages; and what may run now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from waystage.plan.effects import Form
from waystage.store.moves import form_id
from waystage.store.sql import Tx

#: Made while there is one thread: msgspec learns a type at its first use, and two threads at that end in a segfault.
_FORM = msgspec.json.Decoder(Form)


@dataclass(frozen=True, slots=True)
class RunnableVersion:
    """A version that contacts may be inside of. `document` is its JSON text."""

    number: int
    journey: int
    account: int
    definition_id: str
    status: str
    document: str


def give_seats(tx: Tx, version: int, activities: Sequence[int]) -> None:
    """A seat for each resting place; once, however often this is done (a repeated job gives nothing twice)."""
    known = set(seats_of(tx, version))
    for activity in activities:
        if activity not in known:
            tx.run(
                "INSERT INTO seat (version, activity) VALUES (:version, :activity)", version=version, activity=activity
            )


def seats_of(tx: Tx, version: int) -> dict[int, int]:
    """Activity number to seat."""
    return dict(tx.rows("SELECT activity, number FROM seat WHERE version = :version ORDER BY number", version=version))


def keep_forms(tx: Tx, forms: Iterable[Form]) -> None:
    """Store the forms that messages will name."""
    tx.many(
        "INSERT INTO form (id, body) VALUES (:id, :body) ON CONFLICT DO NOTHING",
        [{"id": form_id(form), "body": msgspec.json.encode(form).decode()} for form in forms],
    )


def forms(tx: Tx, numbers: Iterable[int]) -> Mapping[int, Form]:
    """The forms with these numbers."""
    found = {}
    for number in set(numbers):
        row = tx.one("SELECT body FROM form WHERE id = :id", id=number)
        if row is not None:
            found[number] = _FORM.decode(row[0])
    return found


def runnable(tx: Tx) -> list[RunnableVersion]:
    """Every version that is running, or stopped (and perhaps deleted since) with rows still to be cleared away."""
    rows = tx.rows(
        "SELECT v.number, v.journey, v.account, v.definition_id,"
        " CASE WHEN v.status = 'Deleted' THEN 'Stopped' ELSE v.status END, v.document FROM version v"
        " WHERE v.status IN ('Published', 'Unpublished', 'Paused')"
        " OR (v.status IN ('Stopped', 'Deleted') AND EXISTS (SELECT 1 FROM seat s CROSS JOIN lease l"
        " WHERE s.version = v.number AND (SELECT q.seat FROM queue q WHERE q.lane = l.lane AND q.seat = s.number"
        " ORDER BY q.due LIMIT 1) IS NOT NULL)) ORDER BY v.number"
    )
    return [RunnableVersion(*row) for row in rows]


def any_runs(tx: Tx, account: int) -> bool:
    """Whether contacts may be inside of, or enter, any version of a business unit."""
    row = tx.one(
        "SELECT 1 FROM version WHERE account = :account AND status IN ('Published', 'Unpublished', 'Paused') LIMIT 1",
        account=account,
    )
    return row is not None


def version_of(tx: Tx, number: int) -> RunnableVersion | None:
    """One version, whatever its status."""
    row = tx.one(
        "SELECT number, journey, account, definition_id, status, document FROM version WHERE number = :number",
        number=number,
    )
    return RunnableVersion(*row) if row else None
