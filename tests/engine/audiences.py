"""What tests of audiences share: event definitions, rows and journeys."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.engine.machine import ACCOUNT, Machine, journey, wait
from waystage.operations import signal_automation, write_rows
from waystage.operations.row_events import RowEvents

AUTOMATION = "8048b982-2cfb-573f-ab02-c065eff57455"
ORDERS: list[dict[str, Any]] = [
    {"name": "Id", "type": "Number", "isPrimaryKey": True, "isNullable": False},
    {"name": "Who", "type": "Text", "length": 50},
    {"name": "Kind", "type": "Text", "length": 20},
    {"name": "Day", "type": "Date"},
]
ON_PUBLISH: dict[str, Any] = {"metaData": {"scheduleFlowMode": "runOnce", "runOnceScheduleMode": "onPublish"}}
HOURLY: dict[str, Any] = {
    "metaData": {"scheduleFlowMode": "recurring"},
    "schedule": {
        "startDateTime": "2026-01-01T01:00:00",
        "timeZone": "UTC",
        "endType": "EndDate",
        "endDateTime": "2079-06-06T00:00:00",
        "frequency": "Hourly",
        "recurrencePattern": "Interval",
        "interval": 1,
    },
}
NEW_ONLY: dict[str, Any] = {"arguments": {"useHighWatermark": True}}


def define(machine: Machine, key: str = "aud", type_: str = "EmailAudience", **more: Any) -> str:
    """An event definition on the data extension `Orders`, whose rows are many for each contact; its id."""
    known = machine.rows("SELECT guid FROM data_extension WHERE key = 'Orders'")
    guid = str(known[0][0]) if known else machine.define_extension("Orders", ORDERS, "Who")
    machine.define_event(key, type=type_, dataExtensionId=guid, **more)
    return guid


def put(machine: Machine, rows: Iterable[tuple[Any, ...]]) -> bool:
    """Upsert (id, contact[, kind]) into `Orders`; whether somebody listens to that."""
    return upsert(machine, [dict(zip(("Id", "Who", "Kind"), row, strict=False)) for row in rows])


def upsert(machine: Machine, rows: Iterable[Mapping[str, Any]], key: str = "Orders") -> bool:
    """Upsert rows by the API; whether events came of it."""
    events, body = RowEvents(machine.numbers), [{"values": dict(row)} for row in rows]
    now = machine.clock.now()
    machine.write(
        lambda tx: write_rows.upsert_rowset(tx, ACCOUNT, {"key": key}, body, events, now=now, offset=machine.offset)
    )
    return events.fired


def waiting(event: str = "aud", type_: str = "EmailAudience", mode: str = "MultipleEntries", **more: Any) -> Any:
    """A journey on an audience in which everybody waits for a hundred days."""
    trigger = {"type": type_, "metaData": {"eventDefinitionKey": event}, **more.pop("trigger", {})}
    activities = more.pop("activities", [wait("w", None, 100)])
    return journey(activities, event=event, entryMode=mode, trigger=trigger, **more)


def entered(machine: Machine) -> list[tuple[str, int]]:
    """(contact, id of the row) of every passage, sorted."""
    text = machine.database.dialect.json_text("i.data", "'Id'")
    rows = machine.rows(
        f"SELECT c.key, {text} FROM instance i JOIN contact c ON c.lane = i.lane AND c.contact = i.contact"
    )
    return sorted((key, int(number)) for key, number in rows)


def signal(machine: Machine, automation: str = AUTOMATION) -> None:
    """The automation completes."""
    machine.write(lambda tx: signal_automation.signal(tx, ACCOUNT, automation, machine.numbers))
    machine.settle()
