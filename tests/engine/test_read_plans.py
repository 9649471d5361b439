"""Reads enter the tables that grow with contacts and journeys by key: what they cost hangs on what they ask for."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.engine import journeys as j
from tests.engine.machine import ACCOUNT, DAY, START, Machine, condition, criteria, email, journey, wait
from tests.engine.recording import Recorded, RecordingDatabase, Statement
from tests.engine.test_query_plans import _postgresql_entries, _sqlite_entries
from waystage.operations import read_history, read_statistics, read_versions, search_trace
from waystage.operations.read_history import Asked
from waystage.store.sql import Tx
from waystage.store.version_lists import Filter
from waystage.store.versions import Selector

#: Tables, and columns of which one must be compared beside the lane or the account.
ENTRIES = {
    "counter": {"version"},
    "daily": {"version"},
    "hop": {"instance"},
    "hop_log": {"seq"},
    "instance": {"instance"},
    "contact": {"contact", "key"},
    "active": {"contact"},
    "past": {"contact"},
    "outbox": {"seq", "contact"},
    "remark": {"seq", "contact"},
    "receipt": {"seq", "contact", "at"},
    "goal_met": {"version", "at"},
    "path": {"id", "version"},
    "queue": {"seat"},
    "version": {"number", "rowid", "journey", "definition_id", "modified", "status", "version"},
    "seat": {"version", "number", "rowid"},
}
HOUR = DAY // 24
#: The first or last row of a key's order is found at once.
FIRST = re.compile(r"(ORDER BY \w+( DESC)?|NOT IN \(.*\)) LIMIT 1$")
#: Of few rows PostgreSQL takes any index, so these are looked at where no statistics are asked.
SMALL = {"version", "path", "seat"}

Read = Callable[[Machine, Tx], object]


def _history(**asked: object) -> Read:
    return lambda machine, tx: read_history.page(tx, machine.plans.kinds, ACCOUNT, Asked(**asked), 50, 0)  # type: ignore[arg-type]


def _trace(machine: Machine, tx: Tx) -> object:
    asked = Asked(start=START, end=START + HOUR - 1, definition_ids=(_definition(machine),))
    return search_trace.search(tx, machine.plans.kinds, ACCOUNT, asked, lambda _: True, (50, 0))


def _definition(machine: Machine) -> str:
    return str(machine.read(lambda tx: tx.rows("SELECT definition_id FROM version WHERE version = 1"))[0][0])


READS: dict[str, Read] = {
    "history of a contact": _history(contact_keys=("c7",)),
    "history of a contact in a while": _history(contact_keys=("c7",), start=START, end=START + DAY),
    "history of failures of a contact": _history(contact_keys=("c7",), statuses=("Failed",)),
    "trace of a journey and an hour": _trace,
    "one journey": lambda _, tx: read_versions.one(tx, ACCOUNT, Selector("key", "welcome")),
    "summary": lambda _, tx: read_versions.summary(tx, ACCOUNT, Filter(key="welcome")),
    "goals": lambda _, tx: read_statistics.goals(tx, ACCOUNT, Selector("key", "welcome"), None),
}


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, lanes=1, limit=500, kind=RecordingDatabase) as made:
        yield made


def _live(machine: Machine) -> None:
    """Contacts that wait, meet the goal, cannot be reached, and are refused."""
    machine.define_event()
    machine.define_extension(j.PROFILE, j.PROFILE_FIELDS, "Who")
    goal = {"configurationArguments": {"criteria": criteria(condition("Event.signup.Score", "GreaterThan", "5"))}}
    document = journey(
        [wait("w", "e"), email("e")],
        entryMode="SingleEntryAcrossAllVersions",
        goals=[{"key": "G", "name": "G", "type": "Event", **goal, "metaData": {"isExitCriteria": False}}],
    )
    machine.publish(document)
    machine.settle()
    for _ in range(2):
        machine.fire([(f"c{number}", {"Score": number % 10}) for number in range(300)])
        machine.advance(HOUR)
    machine.advance(2 * DAY)


@pytest.mark.parametrize("what", READS)
def test_a_read_enters_large_tables_by_their_keys(machine: Machine, what: str) -> None:
    _live(machine)
    database = machine.database
    assert isinstance(database, RecordingDatabase)
    database.take()
    assert database.step(lambda tx: READS[what](machine, tx))
    statements: dict[str, Statement] = {text: (text, values) for text, values in _texts(database.take())}
    explain = _sqlite_entries if database.dialect.name == "sqlite" else _postgresql_entries
    looked_at = ENTRIES.keys() - (set() if database.dialect.name == "sqlite" else SMALL)
    offences = database.step(
        lambda tx: [
            (table, entry, text)
            for text, values in statements.values()
            for table, entry in explain(tx, text, values)
            if table in looked_at and ENTRIES[table].isdisjoint(entry.split()) and not _is_harmless(entry, text)
        ]
    )
    assert not offences, "\n".join(map(repr, offences))


def _is_harmless(entry: str, text: str) -> bool:
    """One row of an order, or a subquery that is called as the table is."""
    return FIRST.search(text) is not None or (entry == "whole" and ") g" in text)


def _texts(recorded: list[Recorded]) -> list[Statement]:
    return [one for transaction in recorded for one in transaction.texts]
