"""Events that came while a version was paused, and their way in when it goes on (journey-spec 8.6, design 8.11)."""

from __future__ import annotations

from waystage.store.sql import Tx


def hold(tx: Tx, lane: int, version: int) -> None:
    """Keep the arrived events for a version, in the order of their ids."""
    tx.run(
        "INSERT INTO held (lane, version, id, contact, contact_key, key, data)"
        " SELECT :lane, :version, a.id, a.contact, a.contact_key, a.key, a.data FROM arriving a"
        " WHERE a.lane = :lane",
        lane=lane, version=version,
    )  # fmt: skip


def gather(tx: Tx, lane: int, version: int, limit: int) -> tuple[int, int]:
    """Fill `arriving` with the first of each contact among the oldest held events; (how many, highest number).

    A contact that was deleted meanwhile is refused like by any event.
    """
    nth = "row_number() OVER (PARTITION BY h.contact ORDER BY h.id) AS nth"
    slice_ = "SELECT * FROM held WHERE lane = :lane AND version = :version ORDER BY id LIMIT :limit"
    oldest = f"SELECT h.*, {nth} FROM ({slice_}) h"
    first = f"SELECT f.*, row_number() OVER (ORDER BY f.id) AS n FROM ({oldest}) f WHERE f.nth = 1"
    known = tx.dialect.look_up("contact", "c", "c.lane = :lane AND c.contact = s.contact", optional=True)
    tx.run(
        "INSERT INTO arriving (lane, n, id, contact, contact_key, new_contact, gone, key, new_row, data)"
        " SELECT :lane, s.n, s.id, s.contact, s.contact_key, 0,"
        f" CASE WHEN c.deleted IS NULL THEN 0 ELSE 1 END, s.key, 0, s.data FROM ({first}) s{known} WHERE TRUE",
        lane=lane, version=version, limit=limit,
    )  # fmt: skip
    row = tx.one("SELECT count(*), max(n) FROM arriving WHERE lane = :lane", lane=lane)
    return (int(row[0]), int(row[1] or 0)) if row else (0, 0)


def consume(tx: Tx, lane: int, version: int) -> None:
    """Delete exactly the held events that stand in `arriving`."""
    source = "FROM arriving a WHERE a.lane = :lane"
    tx.run(
        tx.dialect.delete_keys("held", [("version", ":version"), ("id", "a.id")], source), lane=lane, version=version
    )


def are_held(tx: Tx, lane: int, version: int) -> bool:
    """Whether events wait for a version."""
    row = tx.one(
        "SELECT 1 FROM held WHERE lane = :lane AND version = :version ORDER BY id LIMIT 1", lane=lane, version=version
    )
    return row is not None


def drop_first(tx: Tx, lane: int, version: int) -> int | None:
    """Forget the oldest event that is held for a version; returns its contact."""
    row = tx.one(
        "SELECT id, contact FROM held WHERE lane = :lane AND version = :version ORDER BY id LIMIT 1",
        lane=lane, version=version,
    )  # fmt: skip
    if row is None:
        return None
    tx.run(
        "DELETE FROM held WHERE lane = :lane AND version = :version AND id = :id", lane=lane, version=version, id=row[0]
    )
    return int(row[1])


def drop(tx: Tx, lane: int, version: int) -> None:
    """Forget the events of a version that will never go on."""
    tx.run("DELETE FROM held WHERE lane = :lane AND version = :version", lane=lane, version=version)
