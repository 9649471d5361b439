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
from tests.engine.machine import ACCOUNT, Machine, email, journey, schema, split
from tests.engine.reference import Contact, Definition, Event, Fact, Interpreter, Pause, Row
from tests.postgresql import PostgresqlServer
from waystage.ground import ids
from waystage.operations import note_engagement
from waystage.plan.effects import Effect
from waystage.plan.moves import Emit
from waystage.plan.plans import Plan
from waystage.spec.fields import fill, read_schema
from waystage.store.inbox import InboxRow
from waystage.store.moves import SUPPRESSED

pytestmark = pytest.mark.spec("8.1", "8.3")

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
    define(machine)
    _agree(machine, data.draw(j.documents(own), label="document"), script)


def _agree(machine: Machine, document: dict[str, Any], script: j.Script) -> None:
    populate(machine, script)
    before = {key: _rows_of(machine, key) for key in j.CONTACTS}
    version = machine.publish(document)
    machine.settle()
    log = play(machine, script)
    expected = _expect(machine, script, version, log, before)
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
        machine.define_event(j.EVENT)
        define(machine)
        _agree(machine, journey(chain[::-1]), script)


def define(machine: Machine) -> None:
    """The data extensions and the second event of random journeys."""
    for name, fields in {j.PROFILE: j.PROFILE_FIELDS, j.STRICT: j.STRICT_FIELDS, j.ORDERS: j.ORDERS_FIELDS}.items():
        machine.define_extension(name, fields, "Who")
    machine.define_event(j.ORDER, schema(j.ORDER_FIELDS))


def populate(machine: Machine, script: j.Script) -> None:
    """The contacts of a script."""
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


def play(machine: Machine, script: j.Script) -> list[tuple[int, list[InboxRow]]]:
    """Do what the script says; (instant, what was fired) of each step. Every other pause is the end of one."""
    log: list[tuple[int, list[InboxRow]]] = []
    paused = False
    for step in script.steps:
        fired: list[InboxRow] = []
        if isinstance(step, int):
            machine.advance(step)
        elif isinstance(step, dict):
            machine.resume() if paused else machine.pause(**step)
            paused = not paused
        elif isinstance(step, tuple):
            _engage(machine, *step)
        else:
            for definition in (j.EVENT, j.ORDER):
                events = [(one[0], one[1]) for one in step if (*one, j.EVENT)[2] == definition]
                fired += machine.accept(events, definition) if events else []
            machine.settle()
        log.append((machine.clock.now(), fired))
    return log


def _engage(machine: Machine, contact: str, kind: str, link: str) -> None:
    messages = machine.rows(
        "SELECT o.lane, o.seq FROM outbox o JOIN contact c ON c.lane = o.lane AND c.contact = o.contact"
        " WHERE c.key = :key AND o.state < :suppressed",
        key=contact, suppressed=SUPPRESSED,
    )  # fmt: skip
    for lane, seq in messages:
        told = note_engagement.read({"requestId": ids.guid_of("request", lane, seq), "type": kind, "url": link})
        machine.write(lambda tx, told=told: note_engagement.note(tx, ACCOUNT, told, machine.clock.now()))  # type: ignore[misc]


def _channel(plan: Plan, activity: int) -> str:
    effects = [move.effect for move in plan.activity(activity).step if isinstance(move, Emit)]
    (form,) = [effect.form for effect in effects if isinstance(effect, Effect)]
    return form.channel


def _expect_engaged(one: Interpreter, kind: str, link: str) -> None:
    for passage in one.passages:
        for sent in passage.sent:
            if not sent.skipped:
                passage.engaged.append(Fact(sent.hop, sent.activity, kind, link if kind == "click" else ""))
                if kind == "unsubscribe":
                    one.contact.unsubscribed.add((_channel(one.plan, sent.activity), 0))


def _expect(
    machine: Machine,
    script: j.Script,
    version: int,
    log: list[tuple[int, list[InboxRow]]],
    before: dict[str, dict[int, dict[str, Row]]],
) -> dict[str, Interpreter]:
    plan = machine.plan(version)
    numbers: dict[int, int] = dict(machine.rows("SELECT event, instance FROM instance"))
    found = {}
    for key in j.CONTACTS:
        sets: dict[str, Row] = {"Email Addresses": {"Email Address": "home@example.com"}} if key == "bob" else {}
        contact = Contact(key, key in script.deleted, sets, before[key])
        found[key] = _interpreter(machine, plan, contact, numbers)
        for step, (now, fired) in zip(script.steps, log, strict=True):
            if isinstance(step, dict):
                _pause_or_resume(found[key], step, now)
                continue
            if isinstance(step, tuple):
                if step[0] == key:
                    _expect_engaged(found[key], *step[1:])
                continue
            events = [
                Event(one.id, one.definition, msgspec.json.decode(one.data), str(one.row_key))
                for one in fired
                if one.contact_key == key
            ]
            found[key].events(events, now) if fired else found[key].advance(now)
    return found


def _pause_or_resume(one: Interpreter, wishes: dict[str, Any], now: int) -> None:
    if one.pause is not None:
        one.end_pause(now)
        return
    extend, retain = "ExtendWaitEndDates" in wishes, "RetainContactInjectionWhileJourneyPaused" in wishes
    one.begin_pause(Pause(now, extend, retain, "ProcessWaitUntilEvents" not in wishes))


def _interpreter(machine: Machine, plan: Plan, contact: Contact, numbers: dict[int, int]) -> Interpreter:
    ((published,),) = machine.rows("SELECT published FROM version WHERE number = :number", number=plan.version)
    return Interpreter(
        plan,
        published,
        machine.lane_of(contact.key),
        contact,
        {number: _definition(machine, number) for (number,) in machine.rows("SELECT number FROM event_definition")},
        lambda event: numbers.get(event, -1),
        lambda activity, role, extended: machine.seat_of(plan.version, activity, role, extended),
    )


def _definition(machine: Machine, number: int) -> Definition:
    ((extension, declared),) = machine.rows(
        "SELECT d.number, d.schema FROM event_definition e JOIN data_extension d ON d.number = e.data_extension"
        " WHERE e.number = :number",
        number=number,
    )
    schema = read_schema(msgspec.json.decode(declared))

    def defaults(now: int) -> Row:
        return {name: value for name, value in fill(schema, {}, now).items() if value is not None}

    return Definition(extension, defaults)


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
                ((s.hop, s.activity, s.at, s.parameters, s.skipped) for s in passage.sent), key=lambda sent: sent[:2]
            ), key


def _sent(machine: Machine) -> dict[tuple[int, int], list[tuple[int, int, int, tuple[Any, ...], int]]]:
    found: dict[tuple[int, int], list[tuple[int, int, int, tuple[Any, ...], int]]] = {}
    out = machine.database.dialect.json_out("parameters")
    for lane, instance, hop, activity, at, state, parameters in machine.rows(
        f"SELECT lane, instance, hop, activity, at, state, {out} FROM outbox ORDER BY lane, seq"
    ):
        values = tuple(msgspec.json.decode(parameters))
        assert state > 0
        skipped = state if state >= SUPPRESSED else 0
        found.setdefault((lane, instance), []).append((hop, activity, at, values, skipped))
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
            if passage.met_goal is not None:
                counts[version, 0, "met_goal"] += 1
                counts[version, passage.met_goal[1], "met_goal"] += 1
            for place, hop in enumerate(passage.hops):
                for activity, outcome in hop.visits:
                    counts[version, activity, f"outcome:{outcome}" if outcome >= 0 else "outcome:none"] += 1
                if place:
                    counts[version, passage.hops[place - 1].rests or 0, "departed"] += 1
                counts[(version, hop.rests, "arrived") if hop.rests else (version, 0, f"ended:{hop.ended}")] += 1
    assert machine.counters() == +counts
    met = {(lane, instance): at for lane, instance, at in machine.rows("SELECT lane, instance, at FROM goal_met")}
    assert met == {
        (one.lane, passage.number): passage.met_goal[0]
        for one in expected.values()
        for passage in one.passages
        if passage.met_goal is not None
    }


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
