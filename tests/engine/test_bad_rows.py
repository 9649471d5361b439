"""One row that no statement can digest among a thousand: the others move on, the culprit leaves (design 8.21)."""

import pytest

from tests.engine.machine import DAY, Machine, condition, criteria, decision, email, journey, wait
from tests.engine.test_reference import check_invariants
from waystage.ground.ids import guid_of, lane_of
from waystage.ground.meters import ROWS_PUT_OUT

pytestmark = pytest.mark.spec("8.9")

COUNT = 1000
BIG = criteria(condition("Event.signup.Score", "GreaterThan", "50"))


def _spoil(machine: Machine, table: str, condition_: str) -> None:
    """Data as no door lets it in: text in a number's place, or bytes that are no JSON at all."""
    bad = {"sqlite": "X'FFFFFFFF'", "postgresql": """CAST('{"Score": "ten"}' AS JSONB)"""}[
        machine.database.dialect.name
    ]
    assert machine.write(lambda tx: tx.run(f"UPDATE {table} SET data = {bad} WHERE {condition_}")) == 1


def _events() -> list[tuple[str, dict[str, int]]]:
    return [(f"c{number}", {"Score": number % 100}) for number in range(COUNT)]


def test_a_passage_that_cannot_be_moved_leaves_alone(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    version = machine.publish(journey([wait("w", "d"), decision("d", [(BIG, "e")]), email("e")]))
    machine.settle()
    machine.fire(_events())
    ((lane, instance, _),) = machine.passages("c321")
    _spoil(machine, "instance", f"lane = {lane} AND instance = {instance}")
    capsys.readouterr()
    machine.advance(DAY)
    said = "".join(capsys.readouterr())
    assert f"instance={guid_of('instance', lane, instance)}" in said  # as explain has it
    assert f"version={version}" in said
    assert "c321" not in said
    assert machine.database.meters.samples(ROWS_PUT_OUT) == {(): 1}
    assert machine.totals(version) == {"entered": COUNT, "ended:EndOfPath": COUNT - 1, "ended:Error": 1}
    assert [row[:4] for row in machine.remarks()] == [("c321", instance, 1, "Failed")]
    assert machine.hops(lane, instance)[-1][5] == "Error"
    assert machine.number("SELECT count(*) FROM outbox") == 490
    check_invariants(machine)


def test_an_event_that_cannot_be_taken_in_is_lost_alone(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    version = machine.publish(journey([decision("d", [(BIG, None)])]))
    machine.settle()
    rows = machine.accept(_events())
    _spoil(machine, "inbox", f"id = {rows[321].id}")
    capsys.readouterr()
    machine.settle()
    said = "".join(capsys.readouterr())
    lane = lane_of(rows[321].account, "c321", machine.database.lanes)
    assert f"event_instance={guid_of('event', lane, rows[321].id)}" in said
    assert "c321" not in said
    assert machine.totals(version) == {"entered": COUNT - 1, "ended:EndOfPath": COUNT - 1}
    assert [row[3] for row in machine.remarks()] == ["ErrorOccuredInProcessing"]
    assert machine.number("SELECT count(*) FROM inbox") == 0
    check_invariants(machine)


def test_the_first_and_the_last_of_a_batch_may_be_bad(machine: Machine) -> None:
    version = machine.publish(journey([wait("w", "d"), decision("d", [(BIG, None)])]))
    machine.settle()
    machine.fire(_events()[:20])
    for key in ("c0", "c1", "c19"):
        ((lane, instance, _),) = machine.passages(key)
        _spoil(machine, "instance", f"lane = {lane} AND instance = {instance}")
    machine.advance(DAY)
    assert machine.totals(version) == {"entered": 20, "ended:EndOfPath": 17, "ended:Error": 3}
    assert {row[0] for row in machine.remarks("Failed")} == {"c0", "c1", "c19"}
