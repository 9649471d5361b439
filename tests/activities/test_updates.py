"""What the reference says of updates beyond the examples (journey-spec 3.12)."""

from typing import Any

import pytest

from tests.engine import journeys as j
from tests.engine.machine import START, Machine, activity, journey, update, wait

pytestmark = pytest.mark.spec("3.12", "8.9")


def _publish(machine: Machine, *fields: tuple[str, str, Any]) -> list[str]:
    """Errors of publishing an update; placeholders name the data extensions."""
    own = machine.define_event()
    for name, columns in {j.PROFILE: j.PROFILE_FIELDS, j.STRICT: j.STRICT_FIELDS, j.ORDERS: j.ORDERS_FIELDS}.items():
        machine.define_extension(name, columns, "Who")
    machine.define_extension("Loose", [{"name": "A", "type": "Text"}], None)
    number = machine.save_journey(
        journey(
            [update("u", None, *((own if where == "own" else where, name, value) for where, name, value in fields))]
        )
    )
    findings = machine.publish_stored("welcome", number)
    machine.settle()
    return [one["errorCode"] for one in findings if one["errorType"] == "Error"]


def _values(machine: Machine, name: str) -> list[Any]:
    read = machine.database.dialect.json_text("data", f"'{name}'")
    return sorted(row[0] for row in machine.rows(f"SELECT {read} FROM row") if row[0] is not None)


def test_a_missing_row_is_made_with_its_defaults(machine: Machine) -> None:
    assert _publish(machine, (j.PROFILE, "Tier", "gold")) == []
    machine.fire([("ann", {})])
    assert _values(machine, "Tier") == ["gold"]
    read = machine.database.dialect.json_integer("data", "'Active'")
    assert (1,) in machine.rows(f"SELECT {read} FROM row")


def test_a_row_that_would_lack_a_required_field_is_a_warning(machine: Machine) -> None:
    assert _publish(machine, (j.STRICT, "Note", "x")) == []
    machine.save_contact("bob", {j.STRICT: [{"Must": "have"}]})
    machine.fire([("ann", {}), ("bob", {})])
    assert [(row[0], row[2], row[3]) for row in machine.remarks()] == [("ann", 1, "Warning")]
    assert _values(machine, "Note") == ["x"]
    assert machine.trail("ann") == machine.trail("bob") == [(1, 0)]


def test_all_rows_of_a_contact_where_the_key_is_not_known(machine: Machine) -> None:
    assert _publish(machine, (j.ORDERS, "Kind", "seen")) == []
    machine.save_contact("ann", {j.ORDERS: [{"Id": "1"}, {"Id": "2"}]})
    machine.save_contact("bob", {j.ORDERS: [{"Id": "3", "Kind": "other"}]})
    machine.fire([("ann", {})])
    assert _values(machine, "Kind") == ["other", "seen", "seen"]


def test_the_entry_data_stays_as_it_was(machine: Machine) -> None:
    assert _publish(machine, ("own", "Tier", "new")) == []
    machine.fire([("ann", {"Tier": "old"})])
    read = machine.database.dialect.json_text("data", "'Tier'")
    assert machine.rows(f"SELECT {read} FROM instance") == [("old",)]
    assert _values(machine, "Tier") == ["new"]


@pytest.mark.parametrize(
    ("where", "field", "value"),
    [
        ("Nowhere", "Tier", "x"),
        (j.PROFILE, "Nothing", "x"),
        ("Loose", "A", "x"),
        (j.PROFILE, "Level", "seven"),
        (j.PROFILE, "Level", 1.5),
        (j.PROFILE, "Since", "someday"),
        (j.PROFILE, "Active", "perhaps"),
        (j.PROFILE, "Tier", "x" * 51),
        (j.PROFILE, "Tier", {"a": 1}),
        (j.PROFILE, "Level", "{{Event.signup.Tier}}"),
        (j.PROFILE, "Level", "{{Event.signup.Total}}"),
        (j.PROFILE, "Rate", "{{Event.signup.Total}}"),
        (j.PROFILE, "Tier", "{{Event.signup.Day}}"),
        (j.PROFILE, "Active", "{{DateTime.Now}}"),
        (j.PROFILE, "Who", None),
    ],
    ids=str,
)
def test_values_that_a_field_cannot_take_are_found_at_publish(
    sqlite_url: str, where: str, field: str, value: Any
) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        assert _publish(machine, (where, field, value)) == ["190016"]


def test_an_update_without_fields(sqlite_url: str) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        assert _publish(machine) == ["190016"]


def _legacy(extension: str, field: str, value: Any) -> dict[str, Any]:
    """The older form: one field."""
    settings = {"dataExtensionId": extension, "field": field}
    arguments = {"contactKey": "{{Context.ContactKey}}", "value": value}
    return activity("u", "DataExtensionUpdate", "w", configurationArguments=settings, arguments=arguments)


def test_the_older_form_follows_the_same_rules(machine: Machine) -> None:
    machine.define_event()
    extension = machine.define_extension(j.PROFILE, j.PROFILE_FIELDS, "Who")
    version = machine.publish(journey([_legacy(extension, "since", "{{DateTime.Now}}"), wait("w", None)]))
    machine.settle()
    machine.fire([("ann", {})])
    read = machine.database.dialect.json_integer("data", "'Since'")
    number = machine.extension_number(extension)
    assert machine.rows(f"SELECT {read} FROM row WHERE extension = :number", number=number) == [(START,)]
    assert machine.totals(version) == {"entered": 1}
    assert machine.trail("ann") == [(1, 0)]


@pytest.mark.parametrize(
    ("extension", "field", "value"),
    [("Nowhere", "Tier", "x"), (j.PROFILE, "Nothing", "x"), (j.PROFILE, "Level", "seven"), ("", "", None)],
    ids=str,
)
def test_the_older_form_names_what_is_wrong(sqlite_url: str, extension: str, field: str, value: Any) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        machine.define_event()
        machine.define_extension(j.PROFILE, j.PROFILE_FIELDS, "Who")
        number = machine.save_journey(journey([_legacy(extension, field, value), wait("w", None)]))
        findings = [one for one in machine.publish_stored("welcome", number) if one["errorType"] == "Error"]
        assert [(one["errorCode"], one["additionalInfo"]["activityKey"]) for one in findings] == [("190016", "u")]
