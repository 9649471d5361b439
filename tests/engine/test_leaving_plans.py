"""Exits and deletions find what they take out by its key, however many others rest beside it (design 2, 8.10)."""

import pytest

from tests.engine.leaving import ask as ask_exit
from tests.engine.machine import ACCOUNT, DAY, Machine, email, journey, wait
from tests.engine.test_query_plans import CROWD, LARGE, _by_key, _postgresql_entries, _sqlite_entries, _statements
from tests.engine.test_query_plans import machine as recording_machine
from waystage.operations import delete_contacts

pytestmark = pytest.mark.spec("8.7")

machine = recording_machine

#: What these statements enter besides.
ALSO = {"heard": {"instance"}, "listening": {"contact", "instance"}, "engagement": {"instance"}, "receipt": {"seq"}}


def test_every_statement_enters_large_tables_by_their_keys(machine: Machine) -> None:
    machine.define_event()
    machine.publish(journey([email("e", "w"), wait("w", "v"), wait("v", None)]))
    machine.settle()
    machine.fire([(f"c{number}", {"EmailAddress": f"c{number}@example.com"}) for number in range(CROWD)])
    machine.advance(DAY)
    _statements(machine)  # only what follows is looked at
    ask_exit(machine, *(f"c{number}" for number in range(50)))
    machine.settle()
    keys = [f"c{number}" for number in range(50, 150)]
    machine.write(lambda tx: delete_contacts.delete_contacts(tx, ACCOUNT, keys, machine.numbers, machine.clock.now()))
    machine.settle()
    assert machine.number("SELECT count(*) FROM queue") == CROWD - 150
    statements = _statements(machine)
    assert len(statements) > 25
    explain = _sqlite_entries if machine.database.dialect.name == "sqlite" else _postgresql_entries
    known = {**LARGE, **ALSO}
    del known[
        "held"
    ]  # a deletion looks through what a pause holds in the lane: rare, and an index would cost every event
    offences = machine.database.step(
        lambda tx: [
            (table, entry, text)
            for text, values in statements
            for table, entry in explain(tx, text, values)
            if table in known and not (_by_key(table, text, entry) if table in LARGE else _also(table, entry))
        ]
    )
    assert not offences, "\n".join(map(repr, offences))


def _also(table: str, entry: str) -> bool:
    return entry != "whole" and not ALSO[table].isdisjoint(entry.split())
