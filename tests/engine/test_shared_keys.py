"""Rows whose primary key does not name their contact (design 8.14)."""

from typing import Any

from tests.engine.machine import Machine, email, journey, schema

KEYED: list[dict[str, Any]] = [
    {"name": "Order", "dataType": "Text", "maxLength": "20", "isPrimaryKey": True, "isNullable": False},
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isNullable": False},
    {"name": "State", "dataType": "Text", "maxLength": "20"},
]


def test_two_contacts_that_name_one_key_leave_one_row(machine: Machine) -> None:
    """Both events are accepted before either is taken in; the later has the row, each passage its own data."""
    machine.define_event("keyed", schema(KEYED))
    version = machine.publish(journey([email("e", None, "{{Event.keyed.State}}")], event="keyed"))
    machine.settle()
    for who in ("ann", "bob", "cem", "dil"):
        machine.accept([(who, {"Order": "1", "State": who})], "keyed")
    machine.settle()
    assert machine.totals(version)["entered"] == 4
    out = machine.database.dialect.json_out("r.data")
    rows = machine.rows(f"SELECT c.key, {out} FROM row r JOIN contact c ON c.lane = r.lane AND c.contact = r.contact")
    assert [who for who, _ in rows] == ["dil"]
    assert '"dil"' in rows[0][1]
