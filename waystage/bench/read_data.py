"""Journeys and passages by bulk statements: what a store looks like after months, without living through them.

Everything is made of one template, the journey that the product itself has published. SQL outside the store is allowed
here as in `raw`, and only there and here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from waystage.bench import documents
from waystage.bench.scene import ACCOUNT
from waystage.ground.ids import lane_of
from waystage.store.database import Database
from waystage.store.sql import SqlValue, Tx

#: Rows of one statement: bounds its transaction.
SLICE = 250_000
#: ms between two passages that enter: 7,200 in an hour, however many hours there are.
BEAT = 500
#: Journeys that passages run through, and passages of each contact.
JOURNEYS, PASSAGES = 24, 4
HOUR = 3_600_000
_WAIT = HOUR // BEAT
#: Ids made from content have 63 bits in the product, so they have here.
_PATH = 2**62

_COUNT = "WITH RECURSIVE n(k) AS (SELECT CAST(:first AS BIGINT) UNION ALL SELECT n.k + 1 FROM n WHERE n.k + 1 < :upto)"
_TEMPLATE = " CROSS JOIN (SELECT * FROM version WHERE number = :version) v"
_COPIED = (
    "definition_type, workflow_tenths, created, created_by, modified_by, published, description_folded, name_folded,"
    " document, account"
)


@dataclass(frozen=True, slots=True)
class Template:
    """The numbers of the published journey, and how many lanes there are."""

    version: int
    journey: int
    seat: int
    form: int
    lanes: int
    now: int

    def values(self) -> dict[str, SqlValue]:
        """As parameters."""
        own: dict[str, SqlValue] = {name: getattr(self, name) for name in self.__slots__}
        return {**own, "journeys": JOURNEYS, "beat": BEAT, "path": _PATH, "account": ACCOUNT}


def template(tx: Tx) -> Template:
    """The journey that `scene.published` made in an empty database."""
    version, journey = tx.rows("SELECT number, journey FROM version")[0]
    seat, form = tx.rows("SELECT (SELECT min(number) FROM seat), (SELECT min(id) FROM form)")[0]
    return Template(version, journey, seat, form, tx.lanes, documents.START)


def fill_journeys(database: Database, first: int, upto: int) -> None:
    """Journeys number `first` to `upto` (without), one in ten of them published, every third with a newer draft."""
    given = database.step(template)
    for text in _journeys(database):
        _run(database, text, given.values(), first, upto)


def _journeys(database: Database) -> Iterator[str]:
    def guid(kind: int) -> str:
        return f"'00000000-0000-400{kind}-8000-' || {database.dialect.hexadecimal('n.k', 12)}"

    key, name = "'journey-' || n.k", "'Campaign ' || (n.k % 977) || ' of season ' || n.k"
    yield (
        f"{_COUNT} INSERT INTO journey (number, account, guid, key, key_folded, live, created)"
        f" SELECT :journey + n.k, :account, {guid(0)}, {key}, {key}, 1, :now FROM n"
    )
    status = "CASE n.k % 10 WHEN 0 THEN 'Published' WHEN 1 THEN 'Paused' WHEN 2 THEN 'Stopped' ELSE 'Draft' END"
    for number, word, some in ((1, status, "1 = 1"), (2, "'Draft'", "n.k % 3 = 0")):
        copied = _COPIED.replace(
            "description_folded, name_folded, document",
            f"'sent in week ' || (n.k % 53), lower({name}), replace(document, 'Benchmark journey', {name})",
        )
        yield (
            f"{_COUNT} INSERT INTO version (number, journey, definition_id, version, status, modified, guid, {_COPIED})"
            f" SELECT :version + 2 * n.k + {number - 1}, :journey + n.k, {guid(number)}, {number}, {word},"
            f" :now - n.k % 86400 * 1000 - n.k, {guid(0)}, {copied} FROM n{_TEMPLATE} WHERE {some}"
        )
    yield (
        f"{_COUNT} INSERT INTO counter (lane, version, activity, name, n)"
        " SELECT l.lane, :version + 2 * n.k, 0, c.name, c.n FROM lease l CROSS JOIN n CROSS JOIN"
        " (SELECT 'entered' AS name, 100 AS n UNION ALL SELECT 'ended:EndOfPath', 60 UNION ALL SELECT 'met_goal', 7) c"
        " WHERE n.k % 10 < 3"
    )


def fill_passages(database: Database, hops: int) -> int:
    """Passages of two hops each up to the present; gives how many there are. The newest still wait."""
    given, many = database.step(template), hops // 2
    _run(database, next(_journeys(database)), given.values(), 1, JOURNEYS)
    for text in _few():
        _run(database, text, given.values(), 1, JOURNEYS)
    values = {
        **given.values(), "many": many, "wait": min(_WAIT, many // 4), "people": max(1, many // PASSAGES),
        "begin": given.now - many * BEAT,
    }  # fmt: skip
    for text in _passages(database):
        _run(database, text, values, 0, many)
    for text in _marks():
        database.step(lambda tx, text=text: tx.run(text, **_named(text, values)))  # type: ignore[misc]
    return many


def _few() -> Iterator[str]:
    """The copies of the template, their seats, and the ways that all of them have met."""
    copied = _COPIED.replace("name_folded, document", "name_folded, replace(document, 'Benchmark', 'Copied')")
    yield (
        f"{_COUNT} INSERT INTO version (number, journey, definition_id, version, status, modified, guid, {_COPIED})"
        " SELECT :version + n.k, :journey + n.k, '00000000-0000-4001-8000-0000000000' || (n.k + 10), 1, status,"
        f" modified + n.k, '00000000-0000-4000-8000-0000000000' || (n.k + 10), {copied} FROM n{_TEMPLATE}"
    )
    yield (
        f"{_COUNT} INSERT INTO seat (number, version, activity, role, shift, spans)"
        " SELECT :seat + n.k, :version + n.k, 1, 0, 0, 1 FROM n"
    )
    yield (
        "INSERT INTO path (lane, id, version, steps, ended)"
        " SELECT l.lane, :path + 4 * (v.number - :version) + w.way, v.number, w.steps, w.ended"
        " FROM lease l CROSS JOIN version v CROSS JOIN (SELECT 0 AS way, '[]' AS steps, '' AS ended"
        " UNION ALL SELECT 1, '[[1,0],[2,0],[3,0]]', 'EndOfPath'"
        " UNION ALL SELECT 2, '[[1,0],[2,1],[4,0]]', 'EndOfPath') w WHERE v.number - :version < :journeys"
    )


def _lane(passage: str) -> str:
    return f"1 + (1 + {passage} % :people) % :lanes"


def _route(passage: str) -> str:
    return f"({passage} / 7) % :journeys"


def _way(passage: str) -> str:
    return f":path + 4 * ({_route(passage)}) + CASE WHEN {passage} % 6 = 0 THEN 1 ELSE 2 END"


def _passages(database: Database) -> Iterator[str]:
    """Passage k enters at the beat k and goes on `wait` beats later; both take a number of the log at each beat."""
    sql = database.dialect
    for table, rows in _rows(sql.json_in("'{}'"), sql.json_in('\'["somebody@example.com","Ann"]\'')).items():
        yield f"{_COUNT} INSERT INTO {table} {rows}"


def _rows(nothing: str, letter: str) -> dict[str, str]:
    k, old = "n.k", "(n.k - :wait)"
    at, due = ":begin + n.k * :beat", ":begin + (n.k + :wait) * :beat"
    entry, version = f":path + 4 * ({_route(k)})", f":version + {_route(k)}"
    both = "n CROSS JOIN (SELECT 0 AS h UNION ALL SELECT 1) b"
    late = f"{_lane(old)}, 2 * n.k + 1"
    return {
        "contact (lane, contact, account, key, created, data)": (
            f"SELECT 1 + (1 + n.k) % :lanes, 1 + n.k, :account, 'contact-' || substr(CAST(100000000 + n.k AS TEXT), 2),"
            f" :begin, {nothing} FROM n WHERE n.k < :people"
        ),
        "instance (lane, instance, version, contact, entered, event, data)": (
            f"SELECT {_lane(k)}, 1 + n.k, {version}, 1 + n.k % :people, {at}, 1 + n.k, {nothing} FROM n"
        ),
        "past (lane, contact, journey, instance)": (
            f"SELECT {_lane(k)}, 1 + n.k % :people, :journey + {_route(k)}, 1 + n.k FROM n WHERE n.k + :wait < :many"
        ),
        "active (lane, contact, journey, instance)": (
            f"SELECT {_lane(k)}, 1 + n.k % :people, :journey + {_route(k)}, 1 + n.k FROM n WHERE n.k + :wait >= :many"
        ),
        "queue (lane, seat, due, instance, hop, contact)": (
            f"SELECT {_lane(k)}, :seat + {_route(k)}, {due}, 1 + n.k, 1, 1 + n.k % :people FROM n"
            " WHERE n.k + :wait >= :many"
        ),
        "hop_log (lane, seq, instance, hop, at, path, seat, due)": (
            f"SELECT CASE b.h WHEN 0 THEN {_lane(old)} ELSE {_lane(k)} END, 2 * n.k + 1 + b.h,"
            f" 1 + CASE b.h WHEN 0 THEN {old} ELSE n.k END, 1 - b.h, {at},"
            f" CASE b.h WHEN 0 THEN {_way(old)} ELSE {entry} END,"
            f" CASE b.h WHEN 0 THEN 0 ELSE :seat + {_route(k)} END, CASE b.h WHEN 0 THEN 0 ELSE {due} END"
            f" FROM {both} WHERE b.h = 1 OR n.k >= :wait"
        ),
        "hop (lane, instance, hop, at, path, seat, due)": (
            f"SELECT {_lane(k)}, 1 + n.k, b.h, CASE b.h WHEN 0 THEN {at} ELSE {due} END,"
            f" CASE b.h WHEN 0 THEN {entry} ELSE {_way(k)} END, CASE b.h WHEN 0 THEN :seat + {_route(k)} ELSE 0 END,"
            f" CASE b.h WHEN 0 THEN {due} ELSE 0 END FROM {both} WHERE b.h = 0 OR n.k + :wait < :many"
        ),
        "outbox (lane, seq, instance, hop, version, activity, contact, at, content, state, parameters)": (
            f"SELECT {late}, 1 + {old}, 1, :version + {_route(old)}, CASE WHEN {old} % 6 = 0 THEN 3 ELSE 4 END,"
            f" 1 + {old} % :people, {at}, :form,"
            f" CASE WHEN {old} % 97 = 0 THEN 2 WHEN {old} % 499 = 0 THEN 0 ELSE 1 END, {letter}"
            " FROM n WHERE n.k >= :wait"
        ),
        "receipt (lane, seq, attempt, at, status, detail, contact)": (
            f"SELECT {late}, 1, {at}, 'failed', '550 no such mailbox', 1 + {old} % :people FROM n"
            f" WHERE n.k >= :wait AND {old} % 499 = 0 AND {old} % 97 <> 0"
        ),
        "goal_met (lane, version, instance, at)": (
            f"SELECT {_lane(k)}, {version}, 1 + n.k, {at} FROM n WHERE n.k % 11 = 0"
        ),
        "remark (lane, seq, at, version, contact, instance, activity, status, message)": (
            f"SELECT {_lane(k)}, 1 + n.k, {at}, {version}, 1 + n.k % :people, 0, 0,"
            " 'CurrentlyWaitingInSameInteraction', 'The contact is in this journey already.' FROM n WHERE n.k % 53 = 0"
        ),
    }


def _marks() -> Iterator[str]:
    """The numbers that are used up; the engine goes on behind them."""
    yield ("UPDATE lease SET instances = :many + 1, effects = 2 * :many + 3, hops = 2 * :many + 3, remarks = :many + 1")
    yield "DELETE FROM mark WHERE name = 'merge' AND 0 < :many"
    yield "INSERT INTO mark (lane, name, seq) SELECT lane, 'merge', 2 * :many + 2 FROM lease"


def _run(database: Database, text: str, values: dict[str, SqlValue], first: int, upto: int) -> None:
    for start in range(first, upto, SLICE):
        slice_ = _named(text, {**values, "first": start, "upto": min(start + SLICE, upto)})
        database.step(lambda tx, slice_=slice_: tx.run(text, **slice_))  # type: ignore[misc]


def _named(text: str, values: dict[str, SqlValue]) -> dict[str, SqlValue]:
    """Those values that a statement names."""
    return {name: value for name, value in values.items() if f":{name}" in text}


def known_contacts(people: int, lanes: int, count: int) -> list[str]:
    """Keys of contacts that lie in the lane where they are looked for, spread over all of them."""
    found: list[str] = []
    for start in range(count):
        for number in range(start * people // count, people):
            key = documents.contact_key(number)
            if lane_of(ACCOUNT, key, lanes) == 1 + (1 + number) % lanes:
                found.append(key)
                break
    return found
