"""No statement of a turn reads a run-time table from end to end: each is entered by its key (design 2, traps)."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.engine import journeys as j
from tests.engine.machine import (
    DAY,
    Machine,
    activity,
    condition,
    criteria,
    decision,
    email,
    group,
    journey,
    schema,
    split,
    update,
    wait,
)
from tests.engine.recording import RecordingDatabase, Statement
from waystage.store.sql import SqlValue, Tx

#: Tables that grow with the contacts, and columns of which one must be compared: a lane, and a data extension in it,
#: hold as many rows as there are contacts.
LARGE = {
    "queue": {"seat"},
    "instance": {"instance"},
    "row": {"contact"},
    "active": {"contact"},
    "past": {"contact"},
    "contact": {"contact", "key"},
    "inbox": {"id"},
    "output": {"instance"},
    "looked": {"instance"},
    "outbox": {"seq"},
    "hop": {"instance"},
    "hop_log": {"seq"},
    "remark": {"seq"},
    "listening": {"contact"},
    "heard": {"instance"},
    "goal_met": {"instance"},
    "held": {"id"},
}
CROWD = 2_000


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, lanes=1, limit=CROWD, kind=RecordingDatabase) as made:
        yield made


def _live(machine: Machine) -> None:
    """A journey that does everything, with a crowd inside, events that repeat, a second version and a stop."""
    own = machine.define_event()
    for name, fields in {j.PROFILE: j.PROFILE_FIELDS, j.STRICT: j.STRICT_FIELDS, j.ORDERS: j.ORDERS_FIELDS}.items():
        machine.define_extension(name, fields, "Who")
    related = group(
        condition("Orders.Kind", "Equal", "x", related="r"), condition("Orders.Amount", "Equal", "1", related="r")
    )
    looks = criteria(
        group(
            related,
            condition("Profile.Tier", "Equal", "a"),
            condition("Interaction.s.actualChoice", "Equal", "1"),
            operator="OR",
        ),
        condition("Event.signup.Score", "GreaterThan", "5"),
        condition("Profile.Since", "Before", ";-;1;days"),
        operator="OR",
    )
    document = journey(
        [
            wait("w", "s"),
            split("s", (50, "d"), (50, "u")),
            decision("d", [(looks, "u")], "v"),
            update(
                "u", "v", ("Profile", "Tier", "{{Event.signup.Tier}}"), ("Strict", "Note", "x"), (own, "Tier", "gold")
            ),
            wait("v", "e"),
            email("e", subject="%%FirstName%% {{Contact.Attribute.Profile.Tier}}"),
        ],
        entryMode="SingleEntryAcrossAllVersions",
        trigger={"configurationArguments": {"criteria": criteria(condition("Event.signup.Score", "IsNotNull"))}},
    )
    machine.publish(document)
    other = journey([wait("w", None)], key="once", entryMode="OnceAndDone")
    machine.publish(other)
    machine.settle()
    for first in (0, CROWD // 2):
        machine.fire([(f"c{first + number}", {"Score": number % 10}) for number in range(CROWD)])
        machine.advance(DAY)
    machine.fire([("c1", {}), ("c1", {"Score": 1}), ("c2", {})])
    machine.publish(document)
    machine.settle()
    machine.stop("welcome", 1)
    machine.settle()
    machine.advance(2 * DAY)
    machine.restart()


def _live_otherwise(machine: Machine) -> None:
    """Dates of the contacts' own, events that are waited for, goals, exits, and a pause that keeps entries."""
    machine.define_event()
    machine.define_event(j.ORDER, schema(j.ORDER_FIELDS))
    machine.define_extension(j.PROFILE, j.PROFILE_FIELDS, "Who")
    dated = {"waitEndDateAttributeExpression": "{{Event.signup.Day}}", "waitDuration": 1, "waitUnit": "DAYS"}
    paid = criteria(condition("Event.order.OrderTotal", "GreaterThan", "0"))
    hears = {"waitForEventKey": j.ORDER, "waitDuration": 3, "waitUnit": "DAYS", "criteria": paid}
    gone = {"configurationArguments": {"criteria": criteria(condition("Profile.Tier", "Equal", "gone"))}}
    for key, ends in (("ends", True), ("counts", False)):
        goal = {"configurationArguments": {"criteria": criteria(condition("Profile.Level", "GreaterThan", "5"))}}
        document = journey(
            [
                activity("d", "WAIT", "h", configurationArguments=dated),
                activity("h", "WAITBYEVENT", "e", "e", configurationArguments=hears),
                email("e", subject="{{Event.order.OrderTotal}}"),
            ],
            key=key,
            goals=[{"key": "G", "name": "G", "type": "Event", **goal, "metaData": {"isExitCriteria": ends}}],
            exits=[{"key": "X", "name": "X", "type": "Event", **gone}],
        )
        machine.publish(document)
    machine.settle()
    people = [f"c{number}" for number in range(CROWD)]
    machine.fire([(who, {"Day": f"2026-01-0{1 + place % 4}"}) for place, who in enumerate(people)])
    for who, level in (("c1", 9), ("c2", 1)):
        machine.save_contact(who, {"Profile": [{"Level": level, "Tier": "gone"}]})
    machine.advance(3 * DAY)
    machine.fire([(who, {"OrderTotal": "5"}) for who in people[::3]], j.ORDER)
    machine.pause("ends", ExtendWaitEndDates=True, RetainContactInjectionWhileJourneyPaused=True)
    machine.fire([(who, {}) for who in people])
    machine.fire([(who, {"OrderTotal": "5"}) for who in people[1::3]], j.ORDER)
    machine.advance(DAY)
    machine.resume("ends")
    machine.advance(9 * DAY)


def _statements(machine: Machine) -> list[Statement]:
    assert isinstance(machine.database, RecordingDatabase)
    found = {text: (text, values) for one in machine.database.take() for text, values in one.texts}
    return [one for one in found.values() if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)", one[0])]


@pytest.mark.parametrize("live", [_live, _live_otherwise])
def test_every_statement_enters_large_tables_by_their_keys(machine: Machine, live: Callable[[Machine], None]) -> None:
    live(machine)
    statements = _statements(machine)
    assert len(statements) > 40
    explain = _sqlite_entries if machine.database.dialect.name == "sqlite" else _postgresql_entries
    offences = machine.database.step(
        lambda tx: [
            (table, entry, text)
            for text, values in statements
            for table, entry in explain(tx, text, values)
            if table in LARGE and not _by_key(table, text, entry)
        ]
    )
    assert not offences, "\n".join(map(repr, offences))


def test_the_agenda_and_the_bound_of_a_batch_are_seeks(machine: Machine) -> None:
    _live(machine)
    wanted = {text: values for text, values in _statements(machine) if re.search("FROM queue WHERE.* LIMIT", text)}
    assert len(wanted) >= 3
    explain = _sqlite_entries if machine.database.dialect.name == "sqlite" else _postgresql_entries
    entries = machine.database.step(
        lambda tx: [entry for text, values in wanted.items() for _, entry in explain(tx, text, values)]
    )
    assert entries
    assert all("seat" in entry and "SCAN" not in entry for entry in entries)


def test_a_working_set_is_entered_so_that_dead_rows_are_passed_over_on_postgresql(postgresql_url: str) -> None:
    """Only a plain index scan marks the entries of rows that earlier batches have deleted, for all that come later."""
    with Machine(postgresql_url, lanes=1, limit=CROWD, kind=RecordingDatabase) as machine:
        _live(machine)
        texts = [one for one in _statements(machine) if re.search(r"\b(FROM|JOIN) (work|arriving)\b", one[0])]
        plans = machine.database.step(lambda tx: [json.dumps(_generic_plan(tx, *one)) for one in texts])
    assert len(plans) > 10
    assert not [plan for plan in plans if "Bitmap" in plan]
    assert [plan for plan in plans if "work_pkey" in plan]


def _by_key(table: str, text: str, entry: str) -> bool:
    """Entered by the key, or read in its order for a few rows only."""
    if entry == "whole":
        return False
    return not LARGE[table].isdisjoint(entry.split()) or re.search(r"ORDER BY \w+( DESC)? LIMIT", text) is not None


def _sqlite_entries(tx: Tx, text: str, values: Mapping[str, SqlValue]) -> list[tuple[str, str]]:
    """(table, how it is entered) of each table that a plan reads; the names of the columns compared, or `whole`."""
    found = []
    names = _names(text)
    for *_, detail in tx.rows(f"EXPLAIN QUERY PLAN {text}", **values):
        if match := re.match(r"(SCAN|SEARCH) (\w+)(.*)", detail):
            columns = " ".join(re.findall(r"\w+", match[3].partition(" (")[2]))
            found.append((names.get(match[2], match[2]), "whole" if match[1] == "SCAN" else columns))
    return found


def _names(text: str) -> dict[str, str]:
    """Alias to table."""
    pairs = re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE) (\w+)(?: (?!WHERE|ON|SET|JOIN|LEFT|CROSS|ORDER)(\w+))?", text)
    return {alias or table: table for table, alias in pairs}


def _postgresql_entries(tx: Tx, text: str, values: Mapping[str, SqlValue]) -> list[tuple[str, str]]:
    """The same, from the plan that serves any values: such are the plans of prepared statements here."""
    return list(_scans(_generic_plan(tx, text, values)))


def _generic_plan(tx: Tx, text: str, values: Mapping[str, SqlValue]) -> dict[str, Any]:
    names = {name: place for place, name in enumerate(values, start=1)}

    def numbered(match: re.Match[str]) -> str:
        kind = "BIGINT" if isinstance(values[match[1]], int) else "TEXT"
        return f"CAST(${names[match[1]]} AS {kind})"

    generic = re.sub(r"(?<![:\w]):([a-z_][a-z_0-9]*)", numbered, text)
    ((plan,),) = tx.rows(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {generic}")
    decoded = plan if isinstance(plan, list) else json.loads(plan)
    root: dict[str, Any] = decoded[0]["Plan"]
    return root


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "Scan" in node["Node Type"] and "Relation Name" in node:
        condition_ = node.get("Index Cond", node.get("Recheck Cond", ""))
        columns = " ".join(dict.fromkeys(re.findall(r"\b([a-z_]+) (?:=|<|>|<=|>=) ", condition_)))
        if row := re.search(r"ROW\(([\w, ]+)\)", condition_):
            columns += f" {row[1].replace(',', '')}"
        is_whole = node["Node Type"] == "Seq Scan" or not condition_
        if node["Node Type"] != "Tid Scan":
            yield node["Relation Name"], "whole" if is_whole else columns
    for inner in node.get("Plans", ()):
        yield from _scans(inner)
