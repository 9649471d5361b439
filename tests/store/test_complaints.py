"""What is logged of a database's complaint holds no value of anybody's row (threat model)."""

import psycopg
import pytest

from waystage.ground.log import without_values

SECRET = "ann@example.com"


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO t VALUES (1, '{SECRET}'), (2, '{SECRET}')",
        f"INSERT INTO t VALUES (1, '{SECRET}'::bigint::text)",
        f"INSERT INTO t VALUES (NULL, '{SECRET}')",
        f"SELECT CAST('{{\"a\": {SECRET}}}' AS JSONB)",
        f"INSERT INTO t VALUES (1, repeat('{SECRET}', 1000))",
        f"SELECT '{SECRET}'::timestamptz",
    ],
)
def test_values_are_left_out(postgresql_url: str, statement: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("CREATE TABLE t (n BIGINT NOT NULL, key VARCHAR(100) UNIQUE)")
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(statement.encode())
        connection.rollback()
    for text in (str(caught.value), repr(caught.value)):
        told = without_values(text)
        assert SECRET not in told
        assert len(told) > 15


def test_other_complaints_stay_as_they_are() -> None:
    assert without_values("no such table: contact") == "no such table: contact"
    assert without_values("UNIQUE constraint failed: contact.key") == "UNIQUE constraint failed: contact.key"
