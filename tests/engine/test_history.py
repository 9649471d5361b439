"""The history as the store gives it: merged or not, before a stop has been carried out, and by its keys."""

from collections.abc import Iterator, Mapping

import pytest

from tests.engine.leaving import by_event, started
from tests.engine.machine import ACCOUNT, DAY, START, Machine, activity, email, journey, split, wait
from tests.engine.recording import Recorded
from waystage.ground.ids import read_guid
from waystage.operations import read_history, read_statistics
from waystage.operations.history_rows import HistoryRow, Shape
from waystage.operations.read_history import Asked
from waystage.store import statistics, trace
from waystage.store.sql import SqlValue, Tx
from waystage.store.versions import Selector

pytestmark = pytest.mark.spec("9.1")
CROWD = 700


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url) as made:
        yield made


def _rows(machine: Machine, **asked: object) -> list[HistoryRow]:
    return machine.read(lambda tx: list(read_history.rows(tx, machine.plans.kinds, ACCOUNT, Asked(**asked))))  # type: ignore[arg-type]  # names of Asked


def _ids(found: list[HistoryRow]) -> list[tuple[str, str, int | None]]:
    return [(row.id, row.status, row.end) for row in found]


def _crowd(machine: Machine) -> None:
    machine.define_event()
    machine.publish(journey([wait("w", "s"), split("s", (50, "e"), (50, "v")), email("e", "v"), wait("v", None, 2)]))
    machine.settle()
    for day in range(3):
        machine.fire([(f"c{day}-{n}", {"EmailAddress": f"{n}@example.org"}) for n in range(CROWD // 3)])
        machine.advance(DAY)


def _unmerge(tx: Tx) -> None:
    """Pretend that the last third of every log has not been merged."""
    for lane in range(1, tx.lanes + 1):
        mark, _ = trace.unmerged(tx, lane)
        keep = mark * 2 // 3
        tx.run(
            "DELETE FROM hop WHERE lane = :lane AND (instance, hop) IN"
            " (SELECT instance, hop FROM hop_log WHERE lane = :lane AND seq > :keep)",
            lane=lane, keep=keep,
        )  # fmt: skip
        tx.run("UPDATE mark SET seq = :keep WHERE lane = :lane AND name = 'merge'", lane=lane, keep=keep)


def test_it_does_not_matter_how_far_the_log_is_merged(machine: Machine) -> None:
    _crowd(machine)
    merged, one = _ids(_rows(machine)), _ids(_rows(machine, contact_keys=("c0-7",)))
    assert len(merged) > 4 * CROWD
    assert merged == _ids(_rows(machine, descending=False))[::-1]
    machine.write(_unmerge)
    assert _ids(_rows(machine)) == merged
    assert _ids(_rows(machine, contact_keys=("c0-7",))) == one
    assert len({id_ for id_, _, _ in merged}) == len(merged)
    read = [read_guid(id_) for id_, _, _ in merged]
    assert all(known is not None and known[0] in {"trace", "remark", "suppressed"} for known in read)


def test_a_stretch_of_time_cuts_exactly(machine: Machine) -> None:
    _crowd(machine)
    every = _rows(machine)
    for start in (None, START, START + 1, START + DAY, START + 9 * DAY):
        for end in (None, START - 1, START, START + DAY, START + 2 * DAY - 1):
            expected = [row for row in every if (start or 0) <= row.at <= (end or 2**60)]
            assert _ids(_rows(machine, start=start, end=end)) == _ids(expected), (start, end)


@pytest.mark.spec("8.5")
def test_a_stopped_version_has_nobody_before_it_is_cleared(machine: Machine) -> None:
    """The definition says so at once; what the engine does about the rows follows (design 8.12)."""
    machine.define_event()
    machine.publish(journey([wait("w", None)]))
    machine.settle()
    machine.fire([(f"c{n}", {}) for n in range(5)])
    machine.stop("welcome")
    kinds = machine.plans.kinds

    def looks() -> tuple[list[tuple[str, str, int | None]], list[tuple[str, str, int | None]], int]:
        _, waits = machine.read(lambda tx: read_statistics.waits(tx, kinds, ACCOUNT, Selector("key", "welcome"), 1))
        return _ids(_rows(machine)), _ids(_rows(machine, contact_keys=("c3",))), sum(one.count for one in waits)

    uncleared = looks()
    assert machine.number("SELECT count(*) FROM active") == 5
    assert uncleared[2] == 0
    stops = [row for row in _rows(machine) if row.place.type == "stopinteractionactivity"]
    assert [(row.outcome, row.at) for row in stops] == [("Stopped", START)] * 5
    assert {row.status for row in _rows(machine) if row.place.type == "waitactivity"} == {"Ended"}
    machine.settle()
    assert machine.number("SELECT count(*) FROM active") == 0
    cleared = looks()
    assert [sorted(one) for one in cleared[:2]] == [sorted(one) for one in uncleared[:2]]


def _told(machine: Machine, contact: str) -> list[tuple[str, str, str]]:
    """(activity, status, outcome) of a contact's rows, without the beginning."""
    found = _rows(machine, contact_keys=(contact,), descending=False)
    return [(row.place.key, row.status, row.outcome) for row in found if row.shape is not Shape.RELEASE][2:]


@pytest.mark.spec("3.4")
def test_waiting_for_an_event(machine: Machine) -> None:
    machine.define_event()
    machine.define_event("paid")
    started(machine, [by_event("b", None, "w"), wait("w", None)])
    machine.fire([("a", {})], "paid")
    machine.advance(2 * DAY)
    assert _told(machine, "a") == [("b", "Complete", "heard"), ("", "Complete", "EndOfPath")]
    assert _told(machine, "b") == [("b", "Complete", "over"), ("w", "Waiting", "")]
    row = next(row for row in _rows(machine, contact_keys=("a",)) if row.place.key == "b")
    assert (row.at, row.end) == (START, START)


@pytest.mark.spec("8.6")
def test_a_pause_moves_the_planned_end(machine: Machine) -> None:
    machine.define_event()
    version = started(machine, [wait("w", "v"), wait("v", None)], "a")
    machine.pause(ExtendWaitEndDates=True)
    machine.advance(DAY // 2)
    machine.fire([("b", {})])
    machine.resume()
    machine.fire([("c", {})])
    ends = {row.contact_key: row.end for row in _rows(machine, statuses=("waiting",))}
    assert ends == {"a": START + DAY * 3 // 2, "c": START + DAY * 3 // 2}
    assert [row.status for row in _rows(machine, contact_keys=("b",))] == ["InteractionNotPublished"]
    found = machine.read(lambda tx: statistics.releases(tx, version))
    assert found == {1: START + DAY * 3 // 2}
    machine.advance(DAY)
    assert _told(machine, "a") == [("w", "Complete", "w-0"), ("v", "Waiting", "")]


@pytest.mark.spec("3.2")
def test_what_is_only_passed_by_is_a_warning(machine: Machine) -> None:
    machine.define_event()
    started(machine, [activity("x", "Nonsense", "y"), activity("y", "ADDAUDIENCE", "w"), wait("w", None)], "a")
    found = _rows(machine, client_statuses=("Warning",), descending=False)
    assert [(row.place.key, row.place.type, row.status) for row in found] == [
        ("x", "nonsense", "Complete"),
        ("y", "addaudience", "Complete"),
    ]
    assert all(row.message for row in found)


@pytest.mark.spec("9.4")
def test_who_is_late_is_counted(machine: Machine) -> None:
    machine.define_event()
    version = started(machine, [wait("w", None)])
    for before, late in ((START + DAY, 0), (START + DAY + 1, 3)):
        assert machine.read(lambda tx, before=before: statistics.overdue(tx, [version], before)) == {version: late}  # type: ignore[misc]  # mypy cannot type a lambda's default


def _recorded(machine: Machine, **asked: object) -> list[tuple[str, dict[str, SqlValue]]]:
    """Every statement of the first page of a search."""

    def job(tx: Tx) -> list[tuple[str, dict[str, SqlValue]]]:
        recorded = Recorded(tx)
        read_history.page(recorded, machine.plans.kinds, ACCOUNT, Asked(**asked), 20, 0)  # type: ignore[arg-type]  # names of Asked
        return recorded.texts

    return machine.read(job)


def test_one_contact_is_found_by_key(sqlite_url: str) -> None:
    """No table that grows with the contacts is read from end to end (design 2, 8.5)."""
    with Machine(sqlite_url, lanes=1) as machine:
        _crowd(machine)
        machine.write(_unmerge)
        for asked in ({"contact_keys": ("c0-7",)}, {"start": START + DAY}, {"activity_types": ("emailv2",)}):
            for text, values in _recorded(machine, **asked):
                plan = machine.read(lambda tx, text=text, values=values: _plan(tx, text, values))  # type: ignore[misc]  # mypy cannot type a lambda's default
                scans = [step for step in plan if step.startswith("SCAN") and not step.startswith("SCAN g")]
                allowed = ("SCAN b", "SCAN l", "SCAN j", "SCAN v", "SCAN s", "SCAN seat", "SCAN CONSTANT")
                assert all(step.startswith(allowed) for step in scans), (text, plan)


def _plan(tx: Tx, text: str, values: Mapping[str, SqlValue]) -> list[str]:
    return [str(row[3]) for row in tx.rows(f"EXPLAIN QUERY PLAN {text}", **values)]


def test_a_page_costs_what_it_shows(machine: Machine) -> None:
    """The number of statements depends on the lanes, not on how long the history is."""
    machine.define_event()
    machine.publish(journey([email("e")]))
    machine.settle()
    counts: list[int] = []
    for size in (10, 60):
        machine.fire([(f"{size}-{n}", {"EmailAddress": "a@example.org"}) for n in range(size)])
        counts.append(len(_recorded(machine)))
    assert counts[0] == counts[1]
