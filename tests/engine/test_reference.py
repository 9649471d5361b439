"""The engine, which moves sets, against the reference, which moves one contact at a time."""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine import journeys as j
from tests.engine.machine import Machine, email, journey, split
from tests.engine.reference import Contact, Event, Interpreter, Row
from tests.postgresql import PostgresqlServer
from waystage.plan.plans import Plan
from waystage.spec.fields import fill, read_schema
from waystage.store.inbox import InboxRow

LIMITS = st.sampled_from([1, 2, 7, 1000])
_numbers = itertools.count()
quick = settings(suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engines")


@quick
@given(data=st.data(), limit=LIMITS, script=j.scripts())
def test_sqlite_agrees_with_the_reference(folder: Path, data: st.DataObject, limit: int, script: j.Script) -> None:
    path = folder / f"{next(_numbers)}.db"
    try:
        with Machine(f"sqlite:///{path}", lanes=1, limit=limit) as machine:
            _compare(machine, data, script)
    finally:
        for left in folder.glob(f"{path.name}*"):
            left.unlink()


@settings(quick, max_examples=quick.max_examples // 2)  # every example makes a database of its own
@given(data=st.data(), limit=LIMITS, script=j.scripts())
def test_postgresql_agrees_with_the_reference(
    postgresql_server: PostgresqlServer, data: st.DataObject, limit: int, script: j.Script
) -> None:
    url = postgresql_server.create_database()
    try:
        with Machine(url, lanes=3, limit=limit) as machine:
            _compare(machine, data, script)
    finally:
        postgresql_server.drop_database(url)


def _compare(machine: Machine, data: st.DataObject, script: j.Script) -> None:
    own = machine.define_event(j.EVENT)
    _agree(machine, own, data.draw(j.documents(own), label="document"), script)


def _agree(machine: Machine, own: str, document: dict[str, Any], script: j.Script) -> None:
    _define(machine)
    _populate(machine, script)
    before = {key: _rows_of(machine, key) for key in j.CONTACTS}
    version = machine.publish(document)
    machine.settle()
    log = _play(machine, script)
    expected = _expect(machine, script, version, log, before, machine.extension_number(own))
    _check_passages(machine, version, expected)
    _check_contacts(machine, expected)
    _check_counters(machine, version, expected)
    check_invariants(machine)


def test_four_thousand_ways_agree_with_the_reference(database_url: str) -> None:
    """Twelve splits that join again: too many ways for one stride, so it is cut."""
    chain: list[dict[str, Any]] = []
    for place in range(12):
        chain += [
            split(f"s{place}", (50, f"a{place}"), (50, f"s{place + 1}" if place < 11 else None)),
            email(f"a{place}", f"s{place + 1}" if place < 11 else None, f"{{{{Interaction.s{place}.actualChoice}}}}"),
        ]
    events: list[tuple[str, dict[str, Any]]] = [(key, {}) for key in j.CONTACTS * 8]
    script = j.Script((events,), frozenset(), {}, frozenset(), {})
    with Machine(database_url, lanes=1 if database_url.startswith("sqlite") else 3) as machine:
        _agree(machine, machine.define_event(j.EVENT), journey(chain[::-1]), script)


def _define(machine: Machine) -> None:
    for name, fields in {j.PROFILE: j.PROFILE_FIELDS, j.STRICT: j.STRICT_FIELDS, j.ORDERS: j.ORDERS_FIELDS}.items():
        machine.define_extension(name, fields, "Who")


def _populate(machine: Machine, script: j.Script) -> None:
    ids = itertools.count()
    for key in j.CONTACTS:
        sets: dict[str, list[Any]] = (
            {"Email Addresses": [{"Email Address": "home@example.com"}]} if key == "bob" else {}
        )
        if key in script.profiles:
            sets[j.PROFILE] = [script.profiles[key]]
        if key in script.strict:
            sets[j.STRICT] = [{"Must": "x"}]
        if key in script.orders:
            sets[j.ORDERS] = [{"Id": f"o{next(ids)}", **order} for order in script.orders[key]]
        if sets or key in script.deleted:
            machine.save_contact(key, sets)
    for key in script.deleted:
        machine.write(lambda tx, key=key: tx.run("UPDATE contact SET deleted = 1 WHERE key = :key", key=key))  # type: ignore[misc]


def _play(machine: Machine, script: j.Script) -> list[tuple[int, list[InboxRow]]]:
    """Do what the script says; (instant, what was fired) of each step."""
    log: list[tuple[int, list[InboxRow]]] = []
    for step in script.steps:
        if isinstance(step, int):
            machine.advance(step)
            log.append((machine.clock.now(), []))
        else:
            log.append((machine.clock.now(), machine.fire(step)))
    return log


def _expect(
    machine: Machine,
    script: j.Script,
    version: int,
    log: list[tuple[int, list[InboxRow]]],
    before: dict[str, dict[int, dict[str, Row]]],
    extension: int,
) -> dict[str, Interpreter]:
    plan = machine.plan(version)
    numbers: dict[int, int] = dict(machine.rows("SELECT event, instance FROM instance"))
    found = {}
    for key in j.CONTACTS:
        sets: dict[str, Row] = {"Email Addresses": {"Email Address": "home@example.com"}} if key == "bob" else {}
        contact = Contact(key, key in script.deleted, sets, before[key])
        found[key] = _interpreter(machine, plan, contact, extension, numbers)
        for now, fired in log:
            events = [
                Event(one.id, msgspec.json.decode(one.data), str(one.row_key))
                for one in fired
                if one.contact_key == key
            ]
            found[key].events(events, now) if fired else found[key].advance(now)
    return found


def _interpreter(
    machine: Machine, plan: Plan, contact: Contact, extension: int, numbers: dict[int, int]
) -> Interpreter:
    ((declared,),) = machine.rows("SELECT schema FROM data_extension WHERE number = :number", number=extension)
    schema = read_schema(msgspec.json.decode(declared))

    def defaults(now: int) -> Row:
        return {name: value for name, value in fill(schema, {}, now).items() if value is not None}

    seats = {activity: seat for seat, activity in machine.seats(plan.version).items()}
    return Interpreter(
        plan,
        machine.lane_of(contact.key),
        contact,
        extension,
        defaults,
        lambda event: numbers.get(event, -1),
        seats.__getitem__,
    )


def _rows_of(machine: Machine, contact: str) -> dict[int, dict[str, Row]]:
    found: dict[int, dict[str, Row]] = {}
    sql = machine.database.dialect
    for extension, key, row in machine.rows(
        f"SELECT r.extension, r.key, {sql.json_out('r.data')} FROM row r"
        " JOIN contact c ON c.lane = r.lane AND c.contact = r.contact WHERE c.key = :key",
        key=contact,
    ):
        found.setdefault(extension, {})[key] = msgspec.json.decode(row)
    return found


def _without_nulls(rows: dict[int, dict[str, Row]]) -> dict[int, dict[str, Row]]:
    return {
        extension: {key: {name: one for name, one in row.items() if one is not None} for key, row in keyed.items()}
        for extension, keyed in rows.items()
        if keyed
    }


def _check_passages(machine: Machine, version: int, expected: dict[str, Interpreter]) -> None:
    seats = machine.seats(version)
    sent = _sent(machine)
    for key, one in expected.items():
        assert [number for _, number, _ in machine.passages(key)] == sorted(p.number for p in one.passages), key
        for passage in one.passages:
            hops = [
                (hop, at, visits, seats.get(seat), due if seat else None, ended)
                for hop, at, visits, seat, due, ended in machine.hops(one.lane, passage.number)
            ]
            assert hops == [(h.number, h.at, h.visits, h.rests, h.due, h.ended) for h in passage.hops], key
            assert sorted(sent.get((one.lane, passage.number), []), key=lambda sent: sent[:2]) == sorted(
                ((s.hop, s.activity, s.at, s.parameters) for s in passage.sent), key=lambda sent: sent[:2]
            ), key


def _sent(machine: Machine) -> dict[tuple[int, int], list[tuple[int, int, int, tuple[Any, ...]]]]:
    found: dict[tuple[int, int], list[tuple[int, int, int, tuple[Any, ...]]]] = {}
    out = machine.database.dialect.json_out("parameters")
    for lane, instance, hop, activity, at, state, parameters in machine.rows(
        f"SELECT lane, instance, hop, activity, at, state, {out} FROM outbox ORDER BY lane, seq"
    ):
        values = tuple(msgspec.json.decode(parameters))
        assert state == (2 if values[0] is None else 1)
        found.setdefault((lane, instance), []).append((hop, activity, at, values))
    return found


def _check_contacts(machine: Machine, expected: dict[str, Interpreter]) -> None:
    remarks = machine.remarks()
    for key, one in expected.items():
        assert _without_nulls(_rows_of(machine, key)) == _without_nulls(one.contact.rows), key
        refused = [(at, status) for who, instance, _, status, at, _ in remarks if who == key and not instance]
        assert refused == one.refusals, key
        warned = sorted((i, activity) for who, i, activity, _, _, _ in remarks if who == key and i)
        assert warned == sorted((p.number, activity) for p in one.passages for activity in p.warned), key


def _check_counters(machine: Machine, version: int, expected: dict[str, Interpreter]) -> None:
    counts: Counter[tuple[int, int, str]] = Counter()
    for one in expected.values():
        for _, status in one.refusals:
            counts[version, 0, f"refused:{status}"] += 1
        for passage in one.passages:
            counts[version, 0, "entered"] += 1
            for place, hop in enumerate(passage.hops):
                for activity, outcome in hop.visits:
                    counts[version, activity, f"outcome:{outcome}" if outcome >= 0 else "outcome:none"] += 1
                if place:
                    counts[version, passage.hops[place - 1].rests or 0, "departed"] += 1
                counts[(version, hop.rests, "arrived") if hop.rests else (version, 0, f"ended:{hop.ended}")] += 1
    assert machine.counters() == counts


def check_invariants(machine: Machine) -> None:
    """What must be true of every database at every instant."""
    everybody = sorted(machine.rows("SELECT lane, instance FROM instance"))
    waiting, active, past = (
        sorted(machine.rows(f"SELECT lane, instance FROM {table}")) for table in ("queue", "active", "past")
    )
    assert waiting == active
    assert sorted(active + past) == everybody
    hops = machine.rows("SELECT min(hop), max(hop), count(*), count(DISTINCT hop) FROM hop_log GROUP BY lane, instance")
    assert all(low == 0 and high == count - 1 and count == distinct for low, high, count, distinct in hops)
    assert machine.rows("SELECT count(*) FROM outbox GROUP BY lane, instance, hop, activity HAVING count(*) > 1") == []
    entered = machine.number("SELECT count(*) FROM instance")
    assert machine.number("SELECT count(*) FROM (SELECT DISTINCT lane, instance FROM hop_log) traced") == entered
