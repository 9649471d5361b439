"""Spreads a database over machines: `waystage migrate --citus`."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from waystage.ground.lanes import SPREAD
from waystage.store.database import Database
from waystage.store.dialects import citus
from waystage.store.migrate import migrate, rehearse
from waystage.store.sql import Tx


class CannotSpread(Exception):
    """The database cannot be spread over machines; the text says why."""


def planned(database: Database) -> list[str]:
    """What `spread` would do, as statements; nothing is changed."""
    statements: list[str] = []

    def plan(tx: Tx) -> None:
        rehearse(tx, SPREAD)
        _check(tx)
        statements.extend([citus.EXTENSION, *citus.distribution(tx)])
        raise _Enough

    with suppress(_Enough):
        database.write(plan).result()
    return statements


def spread(database: Database) -> list[str]:
    """Bring the database up to date and spread what is not yet; returns the statements that were carried out.

    Each is a transaction: if one fails, the next call goes on there.
    """
    migrate(database, SPREAD)
    database.read(_check).result()
    try:
        database.write(lambda tx: tx.run(citus.EXTENSION)).result()
    except Exception as error:
        raise CannotSpread(str(error).splitlines()[0].rstrip(".")) from error
    statements = database.read(citus.distribution).result()
    for statement in statements:
        database.write(partial(_carry_out, statement)).result()
    return statements


def _check(tx: Tx) -> None:
    if not tx.dialect.many_processes:
        raise CannotSpread("it is a file, which lies on one machine")
    lanes = tx.rows("SELECT lanes FROM meta")[0][0]  # the database may have been made just now
    if lanes != SPREAD:
        raise CannotSpread(
            f"it has {lanes} lanes and {SPREAD} are needed: move it into a new database that has them, with"
            f" WAYSTAGE_LANES={SPREAD} and `waystage migrate --copy-from`, and spread that"
        )


def _carry_out(statement: str, tx: Tx) -> None:
    tx.one(statement)


class _Enough(Exception):
    """Takes back what was tried."""
