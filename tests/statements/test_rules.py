"""Each rule finds what it forbids, and leaves alone what is written as it should be."""

from importlib import import_module

import pytest

from tests.statements.exceptions import EXCEPTIONS
from tests.statements.rules import RULES, WORDS, lint
from tests.statements.skeleton import skeleton
from tests.statements.tables import definitions, read, run_time, tables

BAD = [
    ("one lane", "SELECT due FROM queue WHERE seat = :seat"),
    ("one lane", "SELECT due FROM queue WHERE lane = :lane OR seat = :seat"),
    ("one lane", "SELECT due FROM queue WHERE lane IN (:a, :b)"),
    ("one lane", "SELECT q.due FROM queue q JOIN instance i ON i.instance = q.instance WHERE q.lane = :lane"),
    ("one lane", "SELECT l.lane FROM lease l WHERE EXISTS (SELECT 1 FROM inbox i WHERE i.lane = l.lane)"),
    (
        "one lane",
        "SELECT 1 FROM work w WHERE w.lane = :lane AND EXISTS (SELECT 1 FROM row r WHERE r.contact = w.contact)",
    ),
    ("one lane", "DELETE FROM queue WHERE ctid = ANY (ARRAY(SELECT q.ctid FROM queue q WHERE q.seat = :seat))"),
    ("one lane", "DELETE FROM queue WHERE lane = ANY (ARRAY(SELECT q.lane FROM queue q WHERE q.lane = :lane))"),
    ("one lane", "UPDATE contact SET data = :data WHERE contact = :contact"),
    ("one lane", "INSERT INTO past (contact, journey, instance) SELECT contact, 1, 2 FROM active WHERE lane = :lane"),
    ("one lane", "INSERT INTO past (lane, contact) SELECT a.lane + 1, a.contact FROM active a WHERE a.lane = :lane"),
    ("a lane never changes", "UPDATE contact SET lane = :home WHERE lane = :lane AND contact = :contact"),
    (
        "no definitions in INSERT … SELECT",
        "INSERT INTO past (lane, contact) SELECT :a, 1 FROM queue q JOIN seat s ON s.number = q.seat WHERE q.lane = :a",
    ),
    ("one write target", "WITH gone AS (DELETE FROM queue WHERE lane = :lane RETURNING *) SELECT count(*) FROM gone"),
    ("no time, no chance", "SELECT random()"),
    ("no time, no chance", "UPDATE lease SET until = now() WHERE lane = :lane"),
    ("no time, no chance", "SELECT nextval('numbers')"),
    ("no time, no chance", "SELECT CURRENT_TIMESTAMP"),
    ("no reckoning with time", "SELECT due + INTERVAL '1 day' FROM queue WHERE lane = :lane"),
    ("no reckoning with time", "SELECT CAST(:at AS TIMESTAMP)"),
    ("no reckoning with time", "SELECT to_timestamp(:at)"),
    ("leases are the only locks", "SELECT id FROM inbox WHERE lane = :lane FOR UPDATE SKIP LOCKED"),
    ("leases are the only locks", "SELECT pg_advisory_xact_lock(:lane)"),
    ("nothing acts by itself", "CREATE VIEW told AS SELECT 1"),
    ("nothing acts by itself", "CREATE OR REPLACE FUNCTION f() RETURNS INTEGER AS 'SELECT 1' LANGUAGE sql"),
    ("nothing acts by itself", "CREATE TRIGGER t AFTER INSERT ON inbox EXECUTE FUNCTION f()"),
    ("nothing of a connection's own", "CREATE TEMPORARY TABLE mine (a BIGINT)"),
    ("LIMIT has an order", "SELECT due FROM queue WHERE lane = :lane AND due <= :now LIMIT 1"),
    ("readable", "SELECT FROM WHERE"),
]

GOOD = [
    "SELECT due FROM queue WHERE lane = :lane AND due <= :now ORDER BY seat, due LIMIT 1",
    "SELECT q.due FROM queue q JOIN instance i ON i.lane = q.lane AND i.instance = q.instance WHERE q.lane = :lane",
    "SELECT 1 FROM queue q JOIN LATERAL (SELECT i.* FROM instance i WHERE i.lane = :a) i ON TRUE WHERE q.lane = i.lane",
    "DELETE FROM queue WHERE ctid = ANY (ARRAY(SELECT q.ctid FROM queue q WHERE q.lane = :lane))",
    (
        "DELETE FROM queue WHERE ctid = ANY (ARRAY(SELECT v.ctid FROM work w JOIN LATERAL (SELECT v.ctid FROM queue v"
        " WHERE v.lane = :a AND v.instance = w.instance OFFSET 0) v ON TRUE WHERE w.lane = :a))"
    ),
    "INSERT INTO past (lane, contact) SELECT a.lane, a.contact FROM active a WHERE a.lane = :lane",
    "INSERT INTO inbox (lane, id) SELECT r.lane, 1 FROM unnest(CAST(:lane AS INTEGER[])) AS r (lane)",
    "INSERT INTO inbox (lane, id) SELECT lane, 1 FROM jsonb_to_recordset(CAST(:rows AS JSONB)) AS r (lane INTEGER)",
    "INSERT INTO inbox (lane, id) VALUES (:lane, :id)",
    "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE lane = :lane LIMIT :most) x",
    "SELECT 'it is now() or never', \"timestamp\" FROM version WHERE number = :number",
    "WITH m AS (SELECT lane, instance FROM goal_met WHERE lane = :lane) SELECT 1 FROM queue q, m WHERE q.lane = m.lane",
]


@pytest.mark.parametrize(("rule", "text"), BAD)
def test_what_is_against_a_rule_is_found(rule: str, text: str) -> None:
    assert rule in {one.rule for one in lint(text, "postgresql")}


@pytest.mark.parametrize("text", GOOD)
def test_what_keeps_the_rules_is_left_alone(text: str) -> None:
    assert lint(text, "postgresql") == []


def test_every_rule_has_an_example() -> None:
    assert {rule for rule, _ in BAD} == {*RULES, *WORDS, "readable"}


@pytest.mark.parametrize("held", ["AND r.lane = :lane ", ""])
def test_a_long_statement_is_read_by_its_skeleton(held: str) -> None:
    """A choice of ways of hundreds of arms, of which one reads a table."""
    arms = " ".join(f"WHEN (w.contact = :b{n} AND (lower(:c{n}) = 'x{n}')) THEN {n}" for n in range(500))
    read = f"WHEN EXISTS (SELECT 1 FROM row r WHERE r.contact = w.contact {held}AND (r.data ->> :b) = 'a') THEN 7"
    text = f"UPDATE work SET leaf = CASE {arms} {read} ELSE 0 END WHERE lane = :lane"
    assert len(skeleton(text)) < len(text) / 20
    assert [one.said for one in lint(text, "postgresql")] == ([] if held else ["row is not held to lane = :lane"])


def test_keys_of_run_time_tables_begin_with_the_lane() -> None:
    """Primary keys, unique indexes and foreign keys, and no numbers that the server gives out (design 3.1, 3.5)."""
    wrong = [
        (name, key)
        for name in run_time()
        for key in [*tables()[name].others, *([("identity",)] if tables()[name].is_numbered else [])]
        if key[0] != "lane"
    ]
    assert wrong == []


def test_a_table_in_lanes_is_known_by_its_key() -> None:
    assert {"queue", "instance", "inbox", "outbox", "lease", "work", "counter", "pending_call"} <= run_time()
    assert {"journey", "version", "event_definition", "client", "meta", "seat", "form"} <= definitions()
    made = read([
        "CREATE TABLE a (\n lane INTEGER NOT NULL,\n b BIGINT REFERENCES c,\n PRIMARY KEY (lane, b),\n UNIQUE (b)\n)",
        "CREATE UNIQUE INDEX a_b ON a (b, lane)",
    ])  # fmt: skip
    assert (made["a"].is_run_time, made["a"].others) == (True, [("b",), ("b",), ("b", "lane")])


@pytest.mark.parametrize("place", sorted({place for places in EXCEPTIONS.values() for place in places}))
def test_the_exceptions_are_places_that_exist(place: str) -> None:
    """Whoever renames a function takes its exception along."""
    module, _, name = place.partition(":")
    found: object = import_module(f"waystage.{module.removesuffix('.py').replace('/', '.')}")
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    assert name == "" or callable(found)
