"""A server that crashes forgets the engine's last batches (docs/decisions/0014), and so does the engine."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from tests.contract.served import Served
from tests.crash.test_imports import DEFINITION, J, send
from tests.engine.machine import HOUR, START, Machine, journey, wait
from tests.postgresql import PostgresqlServer
from waystage.engine.running import loop, tenure, wishes
from waystage.operations.import_slices import SLICE_ROWS
from waystage.store.database import ConnectionLost, Database
from waystage.store.sql import Tx


@pytest.fixture
def forgetful(own_server: PostgresqlServer) -> PostgresqlServer:
    """A server that writes nothing to its disk before somebody waits for it."""
    late = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB", "wal_buffers": "64MB", "autovacuum": "off"}
    with psycopg.connect(own_server.url(), autocommit=True) as connection:
        for name, value in late.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
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


def test_no_row_of_an_import_is_passed_over(forgetful: PostgresqlServer) -> None:
    """The engine may have a new connection when the next slice comes, which counts on the slices before it."""
    text = b"Key,Points\n" + b"".join(b"c%d,%d\n" % (n, n) for n in range(3 * SLICE_ROWS))

    with Served(forgetful.create_database(1)) as server:
        database = server.built.database

        def halting() -> Iterator[bytes]:
            yield text[: len(text) // 2]
            while database.read(read_so_far).result() < SLICE_ROWS:
                pass
            forgetful.stop("immediate")
            forgetful.start()
            with suppress(psycopg.OperationalError):
                database.step(nothing)
            assert database.read(read_so_far).result() == 0
            yield text[len(text) // 2 :]

        api = server.client()
        assert api("POST", f"{J}/eventDefinitions", DEFINITION).is_success
        assert not send(api.http, halting()).is_success
        again = send(api.http, text)
        assert (again.status_code, again.json()["rowsStored"]) == (201, 3 * SLICE_ROWS)
        assert api("POST", "/waystage/v1/engine/settle", {}).is_success
        assert database.read(stored).result() == 3 * SLICE_ROWS


def stored(tx: Tx) -> int:
    return int(tx.rows("SELECT count(*) FROM row")[0][0])


def read_so_far(tx: Tx) -> int:
    return int(tx.rows("SELECT coalesce(max(rows_read), 0) FROM import")[0][0])
