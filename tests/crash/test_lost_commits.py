"""A server that crashes forgets the engine's last batches (docs/decisions/0014), and so does the engine."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.engine.machine import HOUR, START, Machine, journey, wait
from tests.postgresql import PostgresqlServer
from waystage.engine.running import loop, tenure, wishes
from waystage.store.database import ConnectionLost, Database
from waystage.store.sql import Tx


@pytest.fixture
def forgetful(own_server: PostgresqlServer) -> PostgresqlServer:
    """A server that writes nothing to its disk before somebody waits for it."""
    with psycopg.connect(own_server.url(), autocommit=True) as connection:
        for setting in ("wal_writer_delay = '10s'", "autovacuum = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")
    own_server.stop()
    own_server.start()
    return own_server


def nothing(tx: Tx) -> Any:
    return tx.one("SELECT 1")


def _tidied(engine: loop.Engine) -> None:
    while engine.stepper.tidy():
        pass


def by_a_request(database: Database) -> None:
    database.write(nothing).result()


def by_an_import(database: Database) -> None:
    database.in_turn(nothing).result()


@pytest.mark.parametrize("noticed", [by_a_request, by_an_import])
def test_what_the_server_has_forgotten_is_done_again_at_its_time(
    noticed: Callable[[Database], None], forgetful: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else meets the broken connection first; nobody but the engine knows what it had done last."""
    for module, name in ((loop, "POLL_SECONDS"), (wishes, "POLL_SECONDS"), (tenure, "RENEW_SECONDS")):
        monkeypatch.setattr(module, name, 3600.0)
    with Machine(forgetful.create_database(), lanes=1) as machine:
        machine.define_event()
        machine.publish(journey([wait("w", None, 2, "HOURS")]))
        machine.settle()
        machine.accept([("ann", {})])
        machine.engine.notify()
        machine.engine.rest().result()
        machine.engine.ask(lambda: _tidied(machine.engine)).result()
        forgetful.stop("immediate")
        forgetful.start()
        with pytest.raises(psycopg.OperationalError):
            noticed(machine.database)
        noticed(machine.database)
        machine.database.write(nothing)
        assert machine.number("SELECT count(*) FROM instance") == 0
        for _ in range(3):
            try:
                machine.advance(to=START + HOUR)
            except (OSError, psycopg.OperationalError):
                continue
            break
        assert machine.clock.now() == START + HOUR
        assert machine.rows("SELECT at FROM hop_log ORDER BY hop LIMIT 1") == [(START,)]


def test_a_flush_by_a_later_connection_is_none(forgetful: PostgresqlServer) -> None:
    """What was read or committed before the crash may be gone; nobody may be sent anything for it."""
    database = Database(forgetful.create_database(1))
    try:
        before = database.losses
        database.flush(before).result()
        forgetful.stop("immediate")
        forgetful.start()
        with pytest.raises(psycopg.OperationalError):
            database.write(nothing).result()
        between = database.losses
        with pytest.raises(ConnectionLost):
            database.flush(before).result()
        with pytest.raises(ConnectionLost):
            database.flush(between).result()
        database.flush(database.losses).result()
    finally:
        database.close()
