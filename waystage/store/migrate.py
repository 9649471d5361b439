"""Applies the numbered schema files, each once, in order; what was applied is recorded in the same transaction."""

from __future__ import annotations

from importlib import resources

from waystage.ground import clock
from waystage.store.database import Database
from waystage.store.sql import Tx

_RECORD = (
    "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL)"
)


def _files() -> list[tuple[int, str, str]]:
    """(number, file name, text) of every schema file that this program knows."""
    folder = resources.files("waystage.store") / "schema"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [(int(entry.name[:4]), entry.name, entry.read_text(encoding="utf-8")) for entry in found]


def _statements(text: str, words: dict[str, str]) -> list[str]:
    """The statements of a schema file in this database's words."""
    for token, word in words.items():
        text = text.replace("{" + token + "}", word)
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return [statement.strip() for statement in lines.split(";\n") if statement.strip().strip(";")]


def migrate(database: Database, lanes: int | None = None) -> list[str]:
    """Bring the database up to date; returns the names of the files applied now.

    `lanes` counts only for a new database: their number is fixed when it is made (design 3.1).
    """
    return database.write(lambda tx: _apply(tx, lanes)).result()


def _apply(tx: Tx, lanes: int | None) -> list[str]:
    tx.run(_RECORD)
    done = {row[0] for row in tx.rows("SELECT number FROM migration")}
    fresh = [(number, name, text) for number, name, text in _files() if number not in done]
    for number, name, text in fresh:
        for statement in _statements(text, tx.dialect.schema_words):
            tx.run(statement)
        tx.run(
            "INSERT INTO migration (number, name, applied) VALUES (:number, :name, :applied)",
            number=number, name=name, applied=clock.real_now(),
        )  # fmt: skip
    if not done:
        _first_rows(tx, lanes or tx.dialect.default_lanes)
    return [name for _, name, _ in fresh]


def _first_rows(tx: Tx, lanes: int) -> None:
    tx.run("INSERT INTO meta (one, lanes, made) VALUES (1, :lanes, :made)", lanes=lanes, made=clock.real_now())
    tx.many(
        "INSERT INTO lease (lane, owner, epoch, until, instances, effects, hops, remarks)"
        " VALUES (:lane, '', 0, 0, 1, 1, 1, 1)",
        [{"lane": lane} for lane in range(1, lanes + 1)],
    )
    tx.many(
        "INSERT INTO lane_counter (lane, name, next) VALUES (:lane, :name, 1)",
        [{"lane": lane, "name": name} for lane in range(1, lanes + 1) for name in ("contact", "row")],
    )


def is_current(tx: Tx) -> bool:
    """Whether every schema file known here has been applied (readiness)."""
    done = {row[0] for row in tx.rows("SELECT number FROM migration")}
    return all(number in done for number, _, _ in _files())
