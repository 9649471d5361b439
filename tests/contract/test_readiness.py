"""Readiness says what is missing, so that nobody sends work to a server that cannot do it."""

import httpx

from tests.contract.served import Served
from waystage.ground.clock import real_now
from waystage.store import leases


def test_an_engine_that_lost_its_only_database_is_not_ready(sqlite_url: str) -> None:
    with Served(sqlite_url) as server:
        _lose_the_lanes(server)


def _lose_the_lanes(server: Served) -> None:
    assert httpx.get(f"{server.address}/readyz").json()["engine"] == "running"
    database, engine = server.built.database, server.built.engine
    database.write(lambda tx: leases.take_all(tx, "elsewhere:1", real_now() + 60_000)).result()
    engine.notify()
    engine._thread.join(60)
    answer = httpx.get(f"{server.address}/readyz")
    assert answer.status_code == 503
    assert answer.json()["engine"] == "not running"
    assert httpx.get(f"{server.address}/healthz").status_code == 200
