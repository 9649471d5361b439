"""The PostgreSQL that tests run on is a real one: durable, and empty for everyone."""

import psycopg
import pytest

from tests.postgresql import PostgresqlServer


def test_each_test_gets_a_database_of_its_own(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    other = postgresql_server.create_database()
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("CREATE TABLE here (number INTEGER)")
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('here')").fetchone() == (None,)


@pytest.mark.parametrize("version", [16, 18])
def test_a_commit_survives_a_crash_of_the_server(version: int) -> None:
    server = PostgresqlServer(version)
    try:
        server.start()
        url = server.create_database()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.stop("immediate")
        server.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.info.server_version // 10_000 == version
    finally:
        server.discard()
    assert not server.home.exists()
