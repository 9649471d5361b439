"""Ways through a journey that once went wrong, or easily would."""

from collections import Counter
from typing import Any

from tests.engine.machine import (
    DAY,
    Machine,
    activity,
    condition,
    criteria,
    decision,
    email,
    journey,
    split,
    update,
    wait,
)

PROFILE: list[dict[str, Any]] = [
    {"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
    {"name": "Tier", "type": "Text", "length": 50},
    {"name": "Level", "type": "Number"},
]
CHOSE_FIRST = criteria(condition("Interaction.s.actualChoice", "Equal", "1"))


def _keys(count: int) -> list[str]:
    return [f"c{place}" for place in range(count)]


def _fire(machine: Machine, count: int = 40) -> list[str]:
    machine.settle()
    machine.fire([(key, {"EmailAddress": f"{key}@example.com"}) for key in _keys(count)])
    return _keys(count)


def test_an_output_is_seen_by_a_split_of_the_same_hop(machine: Machine) -> None:
    machine.publish(journey([split("s", (50, "e"), (50, "e")), email("e", "d"), decision("d", [(CHOSE_FIRST, None)])]))
    trails = Counter(tuple(machine.trail(key)) for key in _fire(machine))
    assert set(trails) == {((1, 0), (2, 0), (3, 0)), ((1, 1), (2, 0), (3, 1))}


def test_an_output_is_given_where_only_a_short_name_reads_it(machine: Machine) -> None:
    short = criteria(condition("Interaction.actualChoice", "Equal", "1", ephemeral=True))
    machine.publish(journey([split("s", (50, "w"), (50, "w")), wait("w", "d"), decision("d", [(short, None)])]))
    keys = _fire(machine)
    machine.advance(DAY)
    assert {tuple(machine.trail(key)) for key in keys} == {((1, 0), (2, 0), (3, 0)), ((1, 1), (2, 0), (3, 1))}


def test_an_output_is_given_where_only_a_message_reads_it(machine: Machine) -> None:
    machine.publish(journey([split("s", (50, "e"), (50, "e")), email("e", subject="{{ Interaction.s.actualChoice }}")]))
    keys = _fire(machine)
    chosen = {machine.trail(key)[0][1] + 1 for key in keys}
    read = machine.database.dialect.json_out("parameters")
    sent = {row[0].replace(" ", "").rstrip("]").split(",")[1] for row in machine.rows(f"SELECT {read} FROM outbox")}
    assert sent == {str(choice) for choice in chosen} == {"1", "2"}


def test_an_output_that_nobody_reads_is_not_kept(machine: Machine) -> None:
    machine.publish(journey([split("s", (50, "d"), (50, "d")), decision("d", [])]))
    _fire(machine)
    assert machine.number("SELECT count(*) FROM output") == 0


def test_one_update_changes_several_data_extensions(machine: Machine) -> None:
    machine.define_extension("Profile", PROFILE, "Who")
    machine.define_extension("Other", PROFILE, "Who")
    machine.publish(
        journey(
            [update("u", None, ("Profile", "Tier", "gold"), ("Other", "Tier", "{{Contact.Attribute.Profile.Tier}}"))]
        )
    )
    _fire(machine, 2)
    read = machine.database.dialect.json_text("data", "'Tier'")
    assert machine.rows(f"SELECT {read} FROM row WHERE extension > 1") == [("gold",)] * 4


def test_a_split_behind_an_update_sees_the_new_value(machine: Machine) -> None:
    machine.define_extension("Profile", PROFILE, "Who")
    gold = criteria(condition("Profile.Tier", "Equal", "gold"))
    machine.publish(
        journey(
            [
                decision("a", [(gold, None)], "u"),
                update("u", "b", ("Profile", "Tier", "gold")),
                decision("b", [(gold, None)]),
            ]
        )
    )
    assert {tuple(machine.trail(key)) for key in _fire(machine, 3)} == {((1, 1), (2, 0), (3, 0))}


def test_an_unknown_type_with_several_outcomes_fails_the_contact(machine: Machine) -> None:
    version = machine.publish(journey([activity("odd", "SOMETHING", None, None)]))
    _fire(machine, 2)
    assert machine.totals(version) == {"entered": 2, "ended:Error": 2}


def test_ways_of_different_length_meet_in_any_order_of_the_document(machine: Machine) -> None:
    machine.define_extension("Profile", PROFILE, "Who")
    changes = [("Profile", "Tier", "x")]
    version = machine.publish(
        journey(
            [
                split("s", (50, "a"), (50, "b")),
                email("last"),
                update("a", "last", *changes),
                update("b", "c", *changes),
                update("c", "last", *changes),
            ],
            entryMode="OnceAndDone",
        )
    )
    trails = {tuple(machine.trail(key)) for key in _fire(machine)}
    assert trails == {((1, 0), (3, 0), (2, 0)), ((1, 1), (4, 0), (5, 0), (2, 0))}
    assert machine.totals(version) == {"entered": 40, "ended:EndOfPath": 40}
    assert machine.number("SELECT count(*) FROM outbox") == 40


def test_the_present_instant_can_be_compared_behind_a_cut(machine: Machine) -> None:
    machine.define_extension("Profile", PROFILE, "Who")
    past = criteria(condition("Event.signup.Day", "Before", "{{DateTime.Now}}"))
    machine.publish(journey([update("u", "d", ("Profile", "Tier", "x")), decision("d", [(past, None)])]))
    machine.settle()
    machine.fire([("old", {"Day": "2020-01-01"}), ("new", {"Day": "2030-01-01"})])
    assert (machine.trail("old"), machine.trail("new")) == ([(1, 0), (2, 0)], [(1, 0), (2, 1)])


def test_the_remainder_comes_last_wherever_it_stands(machine: Machine) -> None:
    document = decision("d", [(criteria(condition("Event.signup.Score", "Equal", "1")), None)])
    document["outcomes"].reverse()
    machine.publish(journey([document]))
    machine.settle()
    machine.fire([("one", {"Score": 1}), ("two", {"Score": 2})])
    assert (machine.trail("one"), machine.trail("two")) == ([(1, 1)], [(1, 0)])


def test_a_hundred_activities_in_a_row(machine: Machine) -> None:
    chain = [email(f"e{place}", f"e{place + 1}") for place in range(99)]
    version = machine.publish(journey([*chain, email("e99")]))
    _fire(machine, 2)
    assert machine.trail("c0") == [(place, 0) for place in range(1, 101)]
    assert machine.totals(version) == {"entered": 2, "ended:EndOfPath": 2}
    assert machine.number("SELECT count(*) FROM outbox") == 200


def test_a_hundred_splits_in_a_row(machine: Machine) -> None:
    chain = [split(f"s{n}", (50, f"s{n + 1}"), (50, f"s{n + 2}" if n < 97 else None)) for n in range(99)]
    version = machine.publish(journey([*chain, email("s99")]))
    _fire(machine, 2)
    assert machine.totals(version) == {"entered": 2, "ended:EndOfPath": 2}


def test_two_rows_of_one_contact_change_in_one_batch(machine: Machine) -> None:
    """Two passages of a contact each change the row of their own event."""
    fields = [
        {"name": "Id", "dataType": "Text", "maxLength": "20", "isPrimaryKey": True, "isNullable": False},
        {"name": "ContactKey", "dataType": "Text", "maxLength": "50"},
        {"name": "Tier", "dataType": "Text", "maxLength": "20"},
    ]
    guid = machine.define_event(
        "order",
        {"fields": fields, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"},
    )
    machine.publish(journey([wait("w", "u"), update("u", None, (guid, "Tier", "{{Event.order.Id}}"))], event="order"))
    machine.settle()
    machine.fire([("ann", {"Id": "1"}), ("ann", {"Id": "2"}), ("bob", {"Id": "3"})], "order")
    machine.advance(DAY)
    read = machine.database.dialect.json_text("data", "'Tier'")
    assert sorted(machine.rows(f"SELECT key, {read} FROM row")) == [('["1"]', "1"), ('["2"]', "2"), ('["3"]', "3")]


def test_a_contact_field_that_is_a_number(machine: Machine) -> None:
    """The key of a contact is text, its field in the data extension need not be."""
    fields = [
        {"name": "Member", "type": "Number", "isPrimaryKey": True, "isNullable": False},
        {"name": "Tier", "type": "Text", "length": 20},
    ]
    machine.define_extension("Members", fields, "Member")
    machine.save_contact("17", {"Members": [{"Member": 17, "Tier": "old"}]})
    machine.publish(journey([update("u", None, ("Members", "Tier", "new"))]))
    machine.settle()
    machine.fire([("17", {})])
    read = machine.database.dialect.json_text("data", "'Tier'")
    assert machine.rows(f"SELECT key, {read} FROM row WHERE extension > 1") == [("[17]", "new")]


def test_names_that_look_like_paths(machine: Machine) -> None:
    names = ["$Total", "[0]", "a.b", "$", "#", "0", "it's"]
    fields = [{"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False}]
    fields += [{"name": name, "dataType": "Text", "maxLength": "20"} for name in names]
    machine.define_event("odd", {"fields": fields, "sendableCustomObjectField": "ContactKey"})
    tests = [condition(f"Event.odd.{name}", "Equal", name) for name in names]
    machine.publish(journey([decision("d", [(criteria(*tests), None)])], event="odd"))
    machine.settle()
    machine.fire([("yes", {name: name for name in names}), ("no", {name: name for name in names[1:]})], "odd")
    assert (machine.trail("yes"), machine.trail("no")) == ([(1, 0)], [(1, 1)])


def test_numbers_beyond_64_bits_after_scaling(machine: Machine) -> None:
    less = criteria(condition("Event.signup.Score", "LessThan", "{{Event.signup.Total}}"))
    machine.publish(journey([decision("d", [(less, None)])]))
    machine.settle()
    machine.fire(
        [
            ("low", {"Score": -(2**63), "Total": "1.50"}),
            ("high", {"Score": 2**63 - 1, "Total": "9999999999999999.99"}),
            ("near", {"Score": 1, "Total": "1.50"}),
        ]
    )
    assert [machine.trail(key) for key in ("low", "high", "near")] == [[(1, 0)], [(1, 1)], [(1, 0)]]
    assert machine.remarks() == []


def test_two_thousand_conditions(machine: Machine) -> None:
    tests = [condition("Event.signup.Score", "Equal", str(number)) for number in range(1990)]
    names = ",".join(f"n{number}" for number in range(5000))
    machine.publish(
        journey(
            [
                decision("d", [(criteria(*tests, operator="OR"), "n")]),
                decision("n", [(criteria(condition("Event.signup.FirstName", "In", names)), None)]),
            ]
        )
    )
    machine.settle()
    machine.fire([("in", {"Score": 1989, "FirstName": "N4999"}), ("out", {"Score": 1990})])
    assert (machine.trail("in"), machine.trail("out")) == ([(1, 0), (2, 0)], [(1, 1)])
    assert machine.remarks() == []


def test_messages_and_updates_with_more_values_than_a_function_takes(machine: Machine) -> None:
    names = [f"F{number}" for number in range(150)]
    fields = [{"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False}]
    fields += [{"name": name, "dataType": "Text", "maxLength": "20", "defaultValue": name} for name in names]
    machine.define_event("wide", {"fields": fields, "sendableCustomObjectField": "ContactKey"})
    plain = [{"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False}]
    plain += [{"name": name, "type": "Text", "length": 20} for name in names]
    machine.define_extension("Wide", plain, "Who")
    changes = [("Wide", name, f"{{{{Event.wide.{name}}}}}") for name in names]
    machine.publish(
        journey(
            [update("u", "e", *changes), email("e", subject="".join(f"%%{name}%%" for name in names))], event="wide"
        )
    )
    machine.settle()
    machine.fire([("ann", {})], "wide")
    assert machine.trail("ann") == [(1, 0), (2, 0)]
    read = machine.database.dialect.json_text("data", "'F149'")
    assert machine.rows(f"SELECT {read} FROM row") == [("F149",)] * 2
