"""What is under fire: a journey with nearly everything, one that lets each contact in once, one that is stopped."""

from typing import Any

from tests.crash import bodies

EVENT, ORDER = bodies.EVENT, bodies.ORDER
WALKED, ONCE, HALTED = "walked", "once", "halted"
#: Each decides upon every event from the first one on.
STARTED_BY = {WALKED: EVENT, ONCE: EVENT, HALTED: EVENT}
#: A data extension that callers and the walked journey write to.
PROFILE = "profile"
#: Journey time in which everybody who is not held up walks to the end.
LONGEST_HOURS = 12


def event_definition() -> dict[str, Any]:
    """The signup, without a primary key: each event leaves a row of its own."""
    definition = bodies.event_definition()
    fields = definition["schema"]["fields"]
    fields[0] = {**fields[0], "isPrimaryKey": False}
    fields.append({"name": "Mobile", "dataType": "Phone"})
    return definition


def event(contact: str, points: int) -> dict[str, Any]:
    """The signup of a contact."""
    sent = bodies.event(f"{contact}-{points}")
    sent["ContactKey"] = contact
    sent["Data"] |= {"Mobile": "+4915112345678"}
    return sent


def profile() -> dict[str, Any]:
    """One row for each contact: Level is written by callers, State by a journey."""
    return {
        "name": "Profile",
        "key": PROFILE,
        "isSendable": True,
        "sendableCustomObjectField": "ContactKey",
        "sendableSubscriberField": "_SubscriberKey",
        "fields": [
            {"name": "ContactKey", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
            {"name": "Level", "type": "Number"},
            {"name": "State", "type": "Text", "length": 10},
        ],
    }


def walked(extension: str, service: str) -> dict[str, Any]:
    """Mail, a call, two hours, two splits, an SMS, three hours, a row, an order or six hours, mail."""
    lot = {
        "key": "LOT", "type": "RANDOMSPLIT",
        "outcomes": [
            {"key": "branchResult-1", "next": "SMS", "arguments": {"percentage": "50"}},
            {"key": "branchResult-2", "next": "WAIT-2", "arguments": {"percentage": "50"}},
        ],
    }  # fmt: skip
    return _journey(
        WALKED,
        bodies.mail("MAIL-1", 501, "CALL"),
        bodies.call("CALL", service, "WAIT-1"),
        bodies.wait("WAIT-1", 2, "HOURS", "SPLIT"),
        bodies.split("SPLIT", bodies.few_points(50), "LOT", "WAIT-2"),
        lot,
        {"key": "SMS", "type": "SMSSYNC", "configurationArguments": {"message": "Hello %%FirstName%%"},
         "outcomes": bodies.onward("WAIT-2")},
        bodies.wait("WAIT-2", 3, "HOURS", "UPDATE"),
        bodies.update("UPDATE", extension, "HEAR"),
        bodies.hear("HEAR", "MAIL-2", 6, "HOURS"),
        bodies.mail("MAIL-2", 502, None),
        mode="MultipleEntries",
    )  # fmt: skip


def once() -> dict[str, Any]:
    """A wait and a mail, for the first event of each contact."""
    return _journey(ONCE, bodies.wait("WAIT-1", 1, "HOURS", "MAIL-1"), bodies.mail("MAIL-1", 502, None))


def halted() -> dict[str, Any]:
    """A mail and a month, which nobody sees the end of; whoever is out may come again."""
    first, wait, last = bodies.halted()["activities"]
    return _journey(HALTED, first, wait, last, mode="SingleEntryAcrossAllVersions")


def _journey(key: str, *activities: dict[str, Any], mode: str = "OnceAndDone") -> dict[str, Any]:
    defaults = {
        "email": [f'{{{{Event.{EVENT}."Mail"}}}}'],
        "mobileNumber": [f'{{{{Event.{EVENT}."Mobile"}}}}'],
    }
    return bodies.journey(key, list(activities)) | {"entryMode": mode, "defaults": defaults}
