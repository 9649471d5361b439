"""Audiences on both databases: who enters when, each once, whatever happens meanwhile."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.audiences import (
    AUTOMATION,
    HOURLY,
    NEW_ONLY,
    ON_PUBLISH,
    define,
    entered,
    put,
    signal,
    waiting,
)
from tests.engine.machine import DAY, HOUR, START, Machine, condition, criteria, email
from tests.engine.recording import RecordingDatabase
from tests.engine.test_query_plans import LARGE, _by_key, _postgresql_entries, _sqlite_entries, _statements
from waystage.engine.audience import _following
from waystage.engine.lane import NEVER
from waystage.operations import define_event
from waystage.plan.audiences import Audience, DateRule
from waystage.spec.schedules import every_midnight, parse

pytestmark = pytest.mark.spec("2.5", "2.7")


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, limit=7) as made:
        yield made


def _crowd(count: int, first: int = 0) -> list[tuple[int, str]]:
    return [(number, f"c{number}") for number in range(first, first + count)]


def test_everybody_enters_once_on_publish(machine: Machine) -> None:
    define(machine, **ON_PUBLISH)
    put(machine, [*_crowd(100), (1000, None)])
    version = machine.publish(waiting())
    machine.settle()
    put(machine, _crowd(5, 200))
    machine.advance(3 * DAY)
    assert entered(machine) == sorted((key, number) for number, key in _crowd(100))
    assert machine.totals(version)["entered"] == 100
    ids = [event for (event,) in machine.rows("SELECT event FROM instance WHERE lane = 1")]
    assert len(set(ids)) == len(ids)
    assert max(ids) < 0


def test_a_large_audience_in_small_slices(database_url: str) -> None:
    with Machine(database_url, limit=1500) as machine:
        define(machine, **ON_PUBLISH)
        put(machine, [(number, f"c{number // 2}") for number in range(20_000)])
        version = machine.publish(waiting(mode="SingleEntryAcrossAllVersions"))
        machine.settle()
        assert machine.totals(version)["entered"] == 10_000
        assert machine.totals(version)["refused:CurrentlyWaitingInSameInteraction"] == 10_000
        assert all(number % 2 == 0 for _, number in entered(machine))


@pytest.mark.parametrize(
    ("mode", "numbers", "refused"),
    [
        ("MultipleEntries", [9, 10, 11, 12], 0),
        ("SingleEntryAcrossAllVersions", [9, 12], 2),
        ("OnceAndDone", [9, 12], 2),
    ],
)
@pytest.mark.parametrize("rests", [True, False])
def test_of_several_rows_of_a_contact_the_first_by_primary_key_wins(
    machine: Machine, mode: str, numbers: list[int], refused: int, rests: bool
) -> None:
    """Also when nobody rests, so that the first passage is over before the second row is looked at."""
    define(machine, **ON_PUBLISH)
    put(machine, [(11, "ann"), (10, "ann"), (9, "ann"), (12, "bob")])
    more: dict[str, Any] = {} if rests else {"activities": [email("e")]}
    machine.publish(waiting(mode=mode, **more))
    machine.settle()
    assert [number for _, number in entered(machine)] == numbers
    assert Counter(row[3] for row in machine.remarks()) == Counter(
        {"CurrentlyWaitingInSameInteraction": refused} if refused else {}
    )


@pytest.mark.parametrize(("mode", "expected"), [("MultipleEntries", 50), ("SingleEntryAcrossAllVersions", 1)])
def test_a_contact_with_more_rows_than_a_slice_holds(machine: Machine, mode: str, expected: int) -> None:
    define(machine, **ON_PUBLISH)
    put(machine, [(number, "ann") for number in range(50)])
    machine.publish(waiting(mode=mode, activities=[email("e")]))
    machine.settle()
    assert len(entered(machine)) == expected
    assert len(machine.remarks("CurrentlyWaitingInSameInteraction")) == 50 - expected


def test_the_filters_of_trigger_and_event_definition(machine: Machine) -> None:
    own = criteria(condition("Event.aud.Kind", "NotEqual", "trial"))
    define(machine, arguments={"criteria": own}, **ON_PUBLISH)
    put(machine, [(1, "ann", "trial"), (2, "bob", "gold"), (3, "cid", "tin"), (4, "ann", "gold")])
    trigger = {"configurationArguments": {"criteria": criteria(condition("Event.aud.Kind", "NotEqual", "tin"))}}
    machine.publish(waiting(mode="SingleEntryAcrossAllVersions", trigger=trigger))
    machine.settle()
    assert entered(machine) == [("ann", 4), ("bob", 2)]
    assert len(machine.remarks("DidNotMeetEntryCriteria")) == 2
    machine.fire([("dan", {"Id": 5, "Kind": "gold"}), ("eve", {"Id": 6, "Kind": "trial"})], "aud")
    assert ("dan", 5) in entered(machine)
    assert len(entered(machine)) == 3


def test_a_deleted_contact_does_not_enter(machine: Machine) -> None:
    define(machine, **ON_PUBLISH)
    put(machine, [(1, "ann"), (2, "bob")])
    machine.write(lambda tx: tx.run("UPDATE contact SET deleted = 1 WHERE lane > 0 AND key = 'ann'"))
    machine.publish(waiting())
    machine.settle()
    assert entered(machine) == [("bob", 2)]
    assert len(machine.remarks("ContactIsDeleted")) == 1


def test_once_on_schedule(machine: Machine) -> None:
    schedule = {"startDateTime": "2026-01-03T12:00:00", "timeZone": "W. Europe Standard Time"}
    define(machine, metaData={"scheduleFlowMode": "runOnce", "runOnceScheduleMode": "onSchedule"}, schedule=schedule)
    put(machine, [(1, "ann")])
    machine.publish(waiting())
    machine.settle()
    machine.advance(to=START + 2 * DAY + 11 * HOUR - 1)
    assert not entered(machine)
    machine.advance(1)
    assert entered(machine) == [("ann", 1)]
    machine.advance(30 * DAY)
    assert len(entered(machine)) == 1


def test_every_recurrence_at_its_local_time(machine: Machine) -> None:
    weekly = {
        "startDateTime": "2026-03-26T05:30:00",
        "timeZone": "W. Europe Standard Time",
        "endType": "Occurrences",
        "occurrences": 3,
        "frequency": "Weekly",
        "recurrencePattern": "ByDay",
        "monday": True,
        "thursday": True,
    }
    define(machine, metaData={"scheduleFlowMode": "recurring"}, schedule=weekly)
    put(machine, [(1, "ann")])
    machine.publish(waiting())
    machine.settle()
    machine.advance(365 * DAY)
    ((first,), (second,), (third,)) = machine.rows("SELECT entered FROM instance WHERE lane > 0 ORDER BY entered")
    assert (second - first, third - second) == (4 * DAY - HOUR, 3 * DAY)
    assert first == START + 84 * DAY + 4 * HOUR + HOUR // 2


def test_new_rows_only(machine: Machine) -> None:
    """Rows that were changed in place are not new, and those that come while an evaluation runs are for the next."""
    define(machine, **HOURLY, **NEW_ONLY)
    put(machine, _crowd(30))
    machine.publish(waiting())
    machine.settle()
    machine.advance(HOUR)
    assert len(entered(machine)) == 30
    put(machine, [(1, "c1", "changed"), *_crowd(10, 30)])
    machine.advance(HOUR)
    assert len(entered(machine)) == 40
    machine.advance(HOUR)
    assert len(entered(machine)) == 40
    machine.fire([("eve", {"Id": 99})], "aud")
    put(machine, [(1, "moved")])
    machine.advance(HOUR)
    assert sorted(set(Counter(entered(machine)).items()) - set(Counter([(k, n) for n, k in _crowd(40)]).items())) == [
        (("eve", 99), 2),
        (("moved", 1), 1),
    ]


def test_rows_written_while_an_evaluation_runs_belong_to_the_next(machine: Machine) -> None:
    define(machine, **HOURLY, **NEW_ONLY)
    put(machine, _crowd(200))
    machine.publish(waiting())
    machine.settle()
    future = machine.engine.advance(START + HOUR)
    for number in range(1000, 1050):
        put(machine, [(number, f"late{number}")])
    future.result()
    machine.advance(HOUR)
    machine.advance(HOUR)
    assert Counter(Counter(entered(machine)).values()) == {1: 250}


def test_a_new_version_goes_on_behind_the_mark_unless_it_is_reset(machine: Machine) -> None:
    define(machine, **HOURLY, **NEW_ONLY)
    define(machine, "anew", **HOURLY, arguments={"useHighWatermark": True, "resetHighWatermark": True})
    put(machine, _crowd(5))
    for event in ("aud", "anew"):
        machine.publish(waiting(event, key=event))
    machine.settle()
    machine.advance(HOUR)
    assert len(entered(machine)) == 10
    second = {event: machine.publish(waiting(event, key=event)) for event in ("aud", "anew")}
    machine.settle()
    put(machine, _crowd(1, 50))
    machine.advance(HOUR)
    assert machine.totals(second["aud"])["entered"] == 1
    assert machine.totals(second["anew"])["entered"] == 6
    machine.advance(HOUR)
    assert len(entered(machine)) == 17


def test_journeys_that_share_an_event_definition_see_the_same_rows(machine: Machine) -> None:
    define(machine, **HOURLY, **NEW_ONLY)
    put(machine, _crowd(20))
    versions = [machine.publish(waiting(key=key)) for key in ("one", "two")]
    machine.settle()
    machine.advance(HOUR)
    put(machine, _crowd(3, 50))
    machine.advance(HOUR)
    assert [machine.totals(version)["entered"] for version in versions] == [23, 23]


def test_only_the_published_version_is_evaluated(machine: Machine) -> None:
    define(machine, **HOURLY)
    put(machine, [(1, "ann")])
    first = machine.publish(waiting())
    machine.settle()
    machine.advance(2 * HOUR + 1)
    second = machine.publish(waiting())
    machine.settle()
    machine.advance(HOUR)
    assert [machine.totals(version)["entered"] for version in (first, second)] == [2, 1]
    machine.stop("welcome")
    machine.settle()
    machine.advance(DAY)
    assert len(entered(machine)) == 3


def test_a_schedule_that_is_changed_counts_from_then_on(machine: Machine) -> None:
    define(machine, **HOURLY)
    put(machine, [(1, "ann")])
    machine.publish(waiting())
    machine.settle()
    machine.advance(HOUR)

    def change(**schedule: Any) -> None:
        body, now = {"schedule": {**HOURLY["schedule"], **schedule}}, machine.clock.now()
        machine.write(lambda tx: define_event.update(tx, 1, 1, {"key": "aud"}, body, now=now, numbers=machine.numbers))
        machine.settle()

    change(startDateTime="2026-01-01T01:45:00")
    machine.advance(HOUR)
    assert len(entered(machine)) == 2
    machine.restart()
    machine.advance(to=START + 4 * HOUR)
    assert len(entered(machine)) == 4
    change(startDateTime="2026-01-01T01:45:00", endDateTime="2026-01-01T04:30:00")
    machine.advance(3 * HOUR)
    assert len(entered(machine)) == 4
    change(startDateTime="2026-01-01T01:45:00")
    machine.advance(HOUR)
    assert len(entered(machine)) == 5


def test_a_restart_in_the_middle_enters_nobody_twice(machine: Machine) -> None:
    define(machine, **ON_PUBLISH)
    put(machine, [(number, f"c{number // 2}") for number in range(600)])
    version = machine.publish(waiting())
    inside = []
    for _ in range(6):
        machine.engine.ask(machine.engine.stepper.round).result()
        machine.restart()
        inside.append(machine.number("SELECT count(*) FROM instance"))
    assert 0 < inside[0] < inside[-1]
    machine.settle()
    assert entered(machine) == sorted((f"c{number // 2}", number) for number in range(600))
    assert machine.totals(version)["entered"] == 600


@pytest.mark.spec("2.5", "8.6")
@pytest.mark.parametrize(
    ("retain", "new_only", "expected"), [(False, False, 1), (True, False, 1), (False, True, 1), (True, True, 2)]
)
def test_a_pause_uses_occurrences_up(machine: Machine, retain: bool, new_only: bool, expected: int) -> None:
    """Unless it retains entries: then what is new enters after it, once."""
    define(machine, **HOURLY, **(NEW_ONLY if new_only else {}))
    put(machine, [(1, "ann")])
    machine.publish(waiting())
    machine.settle()
    machine.advance(HOUR)
    machine.pause(RetainContactInjectionWhileJourneyPaused=retain)
    put(machine, [(2, "bob")])
    machine.advance(5 * HOUR + HOUR // 2)
    machine.resume()
    assert len(entered(machine)) == expected
    machine.advance(HOUR // 2)
    assert len(entered(machine)) == (2 if new_only else 3)


def test_a_signal_evaluates_audiences_of_the_automation(machine: Machine) -> None:
    define(machine, "auto", "AutomationAudience", automationId=AUTOMATION.upper())
    define(machine, "flow", metaData={"scheduleFlowMode": "automation"}, arguments={"automationId": AUTOMATION})
    define(machine, "other", automationId=AUTOMATION, **HOURLY)
    put(machine, _crowd(20))
    types = {"auto": "AutomationAudience", "flow": "EmailAudience", "other": "EmailAudience"}
    versions = [machine.publish(waiting(event, type_, key=event)) for event, type_ in types.items()]
    machine.settle()
    assert not entered(machine)
    signal(machine)
    signal(machine)
    assert [machine.totals(version).get("entered", 0) for version in versions] == [40, 40, 0]


@pytest.mark.parametrize("retain", [True, False])
def test_a_signal_in_a_pause(machine: Machine, retain: bool) -> None:
    define(machine, type_="AutomationAudience", automationId=AUTOMATION, **NEW_ONLY)
    put(machine, [(1, "ann")])
    machine.publish(waiting())
    machine.settle()
    machine.pause(RetainContactInjectionWhileJourneyPaused=retain)
    machine.advance(HOUR)
    signal(machine)
    machine.advance(HOUR)
    assert not entered(machine)
    machine.resume()
    assert len(entered(machine)) == int(retain)


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"metaData": {"scheduleFlowMode": "sometimes"}}, "190001", "eventDefinition.metaData.scheduleFlowMode"),
        (
            {"metaData": {"scheduleFlowMode": "runOnce", "runOnceScheduleMode": "soon"}},
            "190001",
            "eventDefinition.metaData.runOnceScheduleMode",
        ),
        ({"metaData": {"scheduleFlowMode": "recurring"}}, "190001", "eventDefinition.schedule.startDateTime"),
        ({"schedule": {**HOURLY["schedule"], "interval": -1}}, "190001", "eventDefinition.schedule.interval"),
        ({"schedule": {**HOURLY["schedule"], "timeZone": "Mars"}}, "190001", "eventDefinition.schedule.timeZone"),
        ({"arguments": {"criteria": "<no"}}, "190001", "eventDefinition.arguments.criteria"),
    ],
)
def test_what_cannot_be_published(sqlite_url: str, more: dict[str, Any], code: str, path: str) -> None:
    with Machine(sqlite_url) as machine:
        define(machine, **more)
        document = waiting()
        found = machine.publish_stored("welcome", machine.save_journey(document))
        assert [(one["errorCode"], one["additionalInfo"]["path"]) for one in found if one["errorType"] == "Error"] == [
            (code, path)
        ]


@pytest.mark.spec("2.5")
def test_what_comes_due_while_an_evaluation_runs_is_skipped_but_days_are_made_up_for() -> None:
    hourly = Audience(1, schedule=parse(HOURLY["schedule"], 0))
    assert _following(1, hourly, START + HOUR, START + HOUR) == START + 2 * HOUR
    assert _following(1, hourly, START + HOUR, START + 2 * HOUR) == START + 2 * HOUR
    assert _following(1, hourly, START + HOUR, START + 3 * HOUR + 1) == START + 4 * HOUR
    daily = Audience(1, schedule=every_midnight(0), date_rule=DateRule("Day"))
    assert _following(1, daily, START, START + 3 * DAY) == START + DAY
    assert _following(1, Audience(1, on_publish=True), START, START) == NEVER


def test_a_row_that_no_statement_can_digest_is_passed_over(machine: Machine) -> None:
    big = criteria(condition("Event.aud.Id", "GreaterThan", "5"))
    define(machine, arguments={"criteria": big}, **ON_PUBLISH)
    put(machine, _crowd(30))
    bad = {"sqlite": "X'FFFFFFFF'", "postgresql": """CAST('{"Id": "ten"}' AS JSONB)"""}
    spoiled = bad[machine.database.dialect.name]
    machine.write(lambda tx: tx.run(f"UPDATE row SET data = {spoiled} WHERE lane > 0 AND key IN ('[10]', '[29]')"))
    version = machine.publish(waiting())
    machine.settle()
    assert machine.totals(version)["entered"] == 22
    assert len(machine.remarks("ErrorOccuredInProcessing")) == 2


def test_no_slice_reads_a_table_from_end_to_end(database_url: str) -> None:
    with Machine(database_url, lanes=1, limit=400, kind=RecordingDatabase) as machine:
        own = criteria(condition("Event.aud.Kind", "NotEqual", "trial"))
        define(machine, **HOURLY, arguments={"useHighWatermark": True, "criteria": own})
        put(machine, [(number, f"c{number // 3}", "x") for number in range(2_000)])
        machine.publish(waiting(mode="OnceAndDone"))
        machine.settle()
        machine.advance(HOUR)
        explain = _sqlite_entries if machine.database.dialect.name == "sqlite" else _postgresql_entries
        statements = _statements(machine)
        assert any("row r" in text for text, _ in statements)
        offences = machine.database.step(
            lambda tx: [
                (table, entry, text)
                for text, values in statements
                for table, entry in explain(tx, text, values)
                if table in LARGE and not _by_key(table, text, entry)
            ]
        )
        assert not offences, "\n".join(map(repr, offences))


def test_statements_of_a_slice_do_not_grow_with_its_rows(database_url: str) -> None:
    counts = []
    for limit in (50, 1000):
        with Machine(database_url, lanes=1, limit=limit, kind=RecordingDatabase) as machine:
            key = f"aud{limit}"
            define(machine, key, **ON_PUBLISH)
            put(machine, [(number, f"c{number // 2}") for number in range(limit)])
            machine.publish(waiting(key, key=key, mode="OnceAndDone"))
            assert isinstance(machine.database, RecordingDatabase)
            machine.settle()
            taken = [[text for text, _ in one.texts if "inbox" not in text] for one in machine.database.take()]
            counts.append(max(len(texts) for texts in taken))
    assert counts[0] == counts[1]
