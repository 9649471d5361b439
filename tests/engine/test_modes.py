"""Test mode and single sends (journey-spec 8.10, 8.11, contract 26)."""

from typing import Any

import pytest

from tests.activities.test_wait_until_event import ORDER_FIELDS, until_order
from tests.engine.machine import DAY, START, Machine, activity, email, journey, schema, wait
from tests.engine.test_reference import check_invariants

SECOND = 1_000


@pytest.mark.spec("8.10")
def test_every_wait_lasts_ten_seconds_in_test_mode(machine: Machine) -> None:
    machine.define_event("order", schema(ORDER_FIELDS))
    dated = {"waitEndDateAttributeExpression": "{{Event.signup.Day}}"}
    activities = [
        wait("w", "d", 30), activity("d", "WAITBYATTRIBUTE", "hear", configurationArguments=dated),
        until_order("e", "e", days=30), email("e", None, "{{Context.ExecutionMode}} {{Context.IsTest}}"),
    ]  # fmt: skip
    version = machine.publish(journey(activities, executionMode="Test"))
    machine.settle()
    machine.fire([("ann", {"Day": "2026-12-24"}), ("bob", {})])
    machine.advance(25 * SECOND)
    machine.fire([("bob", {"Total": 1})], "order")
    machine.advance(DAY)
    assert machine.totals(version)["ended:EndOfPath"] == 2
    assert machine.rows("SELECT at FROM outbox ORDER BY at") == [(START + 25 * SECOND,), (START + 30 * SECOND,)]
    assert (machine.trail("ann")[-2], machine.trail("bob")[-2]) == ((3, 1), (3, 0))


@pytest.mark.spec("8.10", "1.4")
def test_test_mode_knows_no_once_and_done(machine: Machine) -> None:
    number = machine.save_journey(journey([wait("w", None)], executionMode="Test", entryMode="OnceAndDone"))
    assert "190014" in {one["errorCode"] for one in machine.publish_stored("welcome", number)}


def _single(machine: Machine, kind: str = "EmailAudience", **more: Any) -> dict[str, Any]:
    """A single send to whoever stands in the data extension of `audience`."""
    fields: list[dict[str, Any]] = [
        {"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
        {"name": "Mail", "type": "EmailAddress"},
    ]
    guid = machine.define_extension("People", fields, "Who")
    machine.define_event(
        "audience", type=kind, dataExtensionId=guid, automationId="8048b982-2cfb-573f-ab02-c065eff57455",
        metaData={"scheduleFlowMode": "runOnce", "runOnceScheduleMode": "onPublish"},
    )  # fmt: skip
    trigger = {"type": "EmailAudience"}
    more = {"definitionType": "Quicksend", "channel": "email", "event": "audience", "trigger": trigger, **more}
    return journey([email("e")], **more)


@pytest.mark.spec("8.11", "1.5")
def test_a_single_send_is_sent_when_everybody_has_got_it(machine: Machine) -> None:
    document = _single(machine)
    for who in ("ann", "bob", "cem"):
        machine.save_contact(who, {"People": [{"Mail": f"{who}@example.com"}]})
    version = machine.publish(document)
    machine.settle()
    assert machine.totals(version)["ended:EndOfPath"] == 3
    assert machine.rows("SELECT status FROM version") == [("Sent",)]
    machine.restart()
    machine.settle()
    assert machine.number("SELECT count(*) FROM outbox") == 3
    check_invariants(machine)


@pytest.mark.spec("8.11")
def test_a_single_send_to_nobody_is_sent_too(machine: Machine) -> None:
    machine.publish(_single(machine))
    machine.settle()
    assert machine.rows("SELECT status FROM version") == [("Sent",)]


@pytest.mark.spec("8.11")
def test_a_single_send_for_an_automation_waits_for_it(machine: Machine) -> None:
    document = _single(machine, trigger={"type": "AutomationAudience"}, kind="AutomationAudience")
    machine.publish(document)
    machine.settle()
    machine.restart()
    machine.settle()
    assert machine.rows("SELECT status FROM version") == [("Published",)]


@pytest.mark.spec("8.11", "10.2")
def test_what_a_single_send_may_not_have(machine: Machine) -> None:
    document = _single(machine)
    document["activities"].append(wait("w", None))
    document["activities"][0]["outcomes"][0]["next"] = "w"
    criteria = {"configurationArguments": {"criteria": "<FilterDefinition/>"}}
    number = machine.save_journey(document | {"goals": [{"key": "G", "name": "G", "type": "Event", **criteria}]})
    codes = {one["errorCode"] for one in machine.publish_stored("welcome", number)}
    assert {"190018", "190012"} <= codes


@pytest.mark.spec("2.6", "5.1")
def test_fields_of_a_crm_event_have_colons(machine: Machine) -> None:
    name = "CampaignMember:Contact:Email"
    fields = [schema()["fields"][0], {"name": name, "dataType": "EmailAddress"}]
    machine.define_event("crm", schema(fields), type="SalesforceObjectTriggerV2")
    subject = f'{{{{Event."crm"."{name}"}}}}'
    machine.publish(
        journey([email("e", None, subject)], event="crm", trigger={"type": "SalesforceObjectTriggerV2"},
                defaults={"email": [f'{{{{Event.crm."{name}"}}}}']})
    )  # fmt: skip
    machine.settle()
    machine.fire([("ann", {name: "ann@example.com"})], "crm")
    out = machine.database.dialect.json_out("parameters")
    assert machine.rows(f"SELECT {out} FROM outbox")[0][0].count("ann@example.com") == 2
