"""What a backup says of itself, in a table of its own inside the file."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from waystage.store import migrate
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Manifest:
    """Of which kind of database a backup is, when it was made (real ms), by which version, and what it holds.

    `schema` is the number of the last schema file, `rows` how many rows each table has.
    """

    kind: str
    made: int
    version: str
    lanes: int
    schema: int
    rows: dict[str, int]


def write(tx: Tx, manifest: Manifest) -> None:
    """Note it in a file that is to be a backup; one that was noted there before goes."""
    tx.run("DROP TABLE IF EXISTS backup")
    tx.run(
        "CREATE TABLE backup (one INTEGER PRIMARY KEY, kind TEXT NOT NULL, made BIGINT NOT NULL, version TEXT NOT NULL,"
        " lanes INTEGER NOT NULL, schema INTEGER NOT NULL, rows TEXT NOT NULL)"
    )
    tx.run(
        "INSERT INTO backup (one, kind, made, version, lanes, schema, rows)"
        " VALUES (1, :kind, :made, :version, :lanes, :schema, :rows)",
        kind=manifest.kind, made=manifest.made, version=manifest.version, lanes=manifest.lanes,
        schema=manifest.schema, rows=msgspec.json.encode(manifest.rows).decode(),
    )  # fmt: skip


def read(tx: Tx) -> Manifest | None:
    """What a file says of itself; None if it is no backup."""
    if "backup" not in migrate.tables_of(tx):
        return None
    row = tx.one("SELECT kind, made, version, lanes, schema, rows FROM backup")
    if row is None:
        return None
    kind, made, version, lanes, schema, rows = row
    return Manifest(kind, made, version, lanes, schema, msgspec.json.decode(rows, type=dict[str, int]))


def take_out(tx: Tx) -> None:
    """The file is a database again: nobody works with it, and it says nothing of backups."""
    tx.run("DROP TABLE backup")
    tx.run("UPDATE lease SET owner = '', until = 0")
    tx.run("DELETE FROM process")
