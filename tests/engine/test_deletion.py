"""Deleted contacts: their passages end, their data goes, numbers stay (contract 17, 39; journey-spec 8.7)."""

from typing import Any

import pytest

from tests.engine.leaving import by_event, ended, inside, pause, started
from tests.engine.machine import (
    ACCOUNT,
    DAY,
    HOUR,
    START,
    Machine,
    condition,
    criteria,
    decision,
    email,
    journey,
    update,
    wait,
)
from tests.engine.test_reference import check_invariants
from waystage.engine import erase
from waystage.ground import ids
from waystage.operations import delete_contacts, note_engagement, read_messages
from waystage.operations.note_engagement import Engagement
from waystage.operations.read_messages import Query, Reading
from waystage.store import contacts, outbox
from waystage.store.outbox import Result

pytestmark = pytest.mark.spec("8.7")


def ask(machine: Machine, *keys: str) -> None:
    """Delete contacts without telling the engine."""
    now = machine.clock.now()
    machine.write(lambda tx: delete_contacts.delete_contacts(tx, ACCOUNT, list(keys), machine.numbers, now))


def messages(machine: Machine, contact: str) -> list[Reading]:
    return machine.read(lambda tx: read_messages.page(tx, ACCOUNT, Query(contact_key=contact), 50, 0))[1]


def traces(machine: Machine, word: str) -> list[str]:
    """The tables in which a text still stands somewhere."""
    shown = machine.database.dialect.json_out
    columns = {
        "contact": shown("data"),
        "row": shown("data"),
        "row_key": "key",
        "instance": shown("data"),
        "heard": shown("data"),
        "held": shown("data"),
        "output": shown("data"),
        "looked": shown("data"),
        "inbox": shown("data"),
        "outbox": shown("parameters"),
        "remark": "message",
        "engagement": "link",
    }
    return [
        table
        for table, column in columns.items()
        if machine.number(f"SELECT count(*) FROM {table} WHERE {column} LIKE :word", word=f"%{word}%")
    ]


def test_passages_end_everywhere_and_nobody_else_is_touched(machine: Machine) -> None:
    first = started(machine, [wait("w", "e"), email("e")], "ab")
    other = machine.publish(journey([wait("w", None)], key="other"))
    machine.settle()
    machine.fire([("a", {}), ("b", {})])
    pause(machine, other)
    ask(machine, "a", "nobody")
    machine.settle()
    assert machine.totals(first) == {"entered": 4, "ended:ContactDeleted": 2}
    assert machine.totals(other) == {"entered": 2, "ended:ContactDeleted": 1}
    assert ended(machine, "a") == ["ContactDeleted"] * 3
    assert inside(machine) == ["b"] * 3
    machine.advance(DAY)
    assert machine.number("SELECT count(*) FROM outbox") == 2
    assert machine.number("SELECT count(*) FROM contact WHERE deleted IS NOT NULL") == 1
    check_invariants(machine)


def test_nothing_personal_stays(machine: Machine) -> None:
    """What was posted, written, sent, heard and held; the trace and the counters stay."""
    machine.define_event("paid")
    orders = [
        {"name": "Id", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
        {"name": "Who", "type": "Text", "length": 50},
        {"name": "Note", "type": "Text", "length": 50},
    ]
    machine.define_extension("Orders", orders, "Who")
    change = update("u", "d", ("Orders", "Note", "{{Event.signup.FirstName}}"))
    look = decision("d", [(criteria(condition("Email Demographics.First Name", "IsNotNull")), "w")], "w")
    first = email("m", "u", "Hi %%FirstName%%")
    version = started(machine, [first, change, look, by_event("w", "v", None), wait("v", None)], "")
    for key in ("secret-a", "b"):
        machine.save_contact(
            key, {"Email Demographics": [{"First Name": key}], "Orders": [{"Id": f"order-{key}", "Note": key}]}
        )
    data = {"FirstName": "secret-a", "EmailAddress": "secret-a@example.com"}
    machine.fire([("secret-a", data), ("b", {"FirstName": "b", "EmailAddress": "b@example.com"})])
    machine.fire([("secret-a", {"Tier": "secret-a"}), ("b", {})], "paid")
    who = "JOIN contact c ON c.lane = o.lane AND c.contact = o.contact"
    for lane, seq, key in machine.rows(f"SELECT o.lane, o.seq, c.key FROM outbox o {who}"):
        for page in (1, 2):
            told = Engagement(ids.guid_of("request", lane, seq), "click", f"https://example.com/{key}/{page}")
            machine.write(lambda tx, told=told: note_engagement.note(tx, ACCOUNT, told, START))  # type: ignore[misc]
    held = machine.publish(journey([wait("x", None)], key="held"))
    machine.settle()
    machine.write(lambda tx: tx.run("UPDATE version SET status = 'Published' WHERE number = :n", n=held))
    _pause_retaining(machine, held)
    machine.fire([("secret-a", {"FirstName": "secret-a"}), ("b", {})])
    assert traces(machine, "secret-a") == [
        "contact", "row", "row_key", "instance", "heard", "held", "looked", "outbox", "engagement",
    ]  # fmt: skip
    before = machine.counters()
    hops = [machine.hops(lane, instance)[:-1] for lane, instance, _ in machine.passages("secret-a")]
    ask(machine, "secret-a")
    assert traces(machine, "secret-a") == ["instance", "heard", "held", "looked", "outbox", "engagement"]
    machine.settle()
    assert traces(machine, "secret-a") == []
    assert machine.number("SELECT count(*) FROM row") > 0
    clicks = sorted(row[0] for row in machine.rows("SELECT link FROM engagement"))
    assert clicks == ["", "https://example.com/b/1", "https://example.com/b/2"]
    after = machine.counters()
    assert all(after[key] >= count for key, count in before.items())
    assert machine.totals(version)["ended:ContactDeleted"] == 2
    kept = [machine.hops(lane, instance) for lane, instance, _ in machine.passages("secret-a")]
    assert [one[: len(was)] for one, was in zip(kept, hops, strict=True)] == hops
    sent = messages(machine, "secret-a")
    assert {(one.message.effect.address, one.texts.subject, one.message.status) for one in sent} == {
        (None, "Hi ", "captured")
    }
    assert "Hi b" in {one.texts.subject for one in messages(machine, "b")}
    check_invariants(machine)


def _pause_retaining(machine: Machine, version: int) -> None:
    pause(machine, version)
    machine.write(lambda tx: tx.run("UPDATE pause SET retain = 1 WHERE version = :n", n=version))
    machine.restart()
    machine.settle()


def test_what_is_not_sent_yet_never_will_be(machine: Machine) -> None:
    version = started(machine, [email("m", "n", "Hi %%FirstName%%"), email("n")], "")
    everybody = [(key, {"FirstName": key, "EmailAddress": f"{key}@example.com"}) for key in ("a", "b")]
    machine.fire([*everybody, ("c", {})])
    machine.write(lambda tx: tx.run("UPDATE outbox SET state = 0 WHERE state = 1"))
    for lane in range(1, 4):
        machine.write(lambda tx, lane=lane: _deliver(tx, lane))  # type: ignore[misc]  # a lambda's default
    ask(machine, "a", "c")
    machine.settle()
    found = {
        (key, one.activity_key): (one.message.status, one.message.reason)
        for key in "abc"
        for one in messages(machine, key)
    }
    assert found["a", "m"] == ("sent", None)
    assert found["a", "n"] == ("suppressed", "ContactIsDeleted")
    assert found["b", "n"] == ("queued", "421 busy")
    assert {found["c", "m"], found["c", "n"]} == {("suppressed", "InvalidDefaultEmail")}
    assert machine.number("SELECT count(*) FROM retry") == 1
    assert machine.totals(version) == {"entered": 3, "ended:EndOfPath": 3}
    wanted = machine.read(lambda tx: read_messages.page(tx, ACCOUNT, Query(status="suppressed"), 50, 0))
    assert wanted[0] == 3
    ask(machine, "a", "c")
    machine.settle()
    assert {(key, one.activity_key) for key in "abc" for one in messages(machine, key)} == set(found)


def _deliver(tx: Any, lane: int) -> None:
    """As a sender would: the first activity's messages are sent, those of the second are to be tried again."""
    for due in outbox.behind(tx, lane, 0, 1000, 1000):
        is_sent = due.effect.activity == 1
        result = Result(
            due, START, "sent" if is_sent else "deferred", "" if is_sent else "421 busy", None if is_sent else 5
        )
        outbox.record(tx, lane, "email", [result])


def test_a_retry_is_not_asked_for_behind_a_deletion(machine: Machine) -> None:
    """An attempt was under way while its contact was deleted, and would like another one."""
    started(machine, [email("m")], "")
    machine.fire([("a", {"EmailAddress": "a@example.com"})])
    machine.write(lambda tx: tx.run("UPDATE outbox SET state = 0"))
    lane = machine.lane_of("a")
    (due,) = machine.read(lambda tx: outbox.behind(tx, lane, 0, 1000, 10))
    ask(machine, "a")
    machine.settle()
    machine.write(lambda tx: outbox.record(tx, lane, "email", [Result(due, START, "deferred", "421", 5)]))
    assert machine.number("SELECT count(*) FROM retry") == 0
    assert messages(machine, "a")[0].message.status == "suppressed"
    machine.write(lambda tx: tx.run("UPDATE receipt SET status = 'sent' WHERE attempt = 1"))
    assert messages(machine, "a")[0].message.status == "sent"


@pytest.mark.parametrize("mode", ["MultipleEntries", "SingleEntryAcrossAllVersions", "OnceAndDone"])
def test_refused_until_it_is_made_anew(machine: Machine, mode: str) -> None:
    version = started(machine, [wait("w", None)], "a", entryMode=mode)
    ask(machine, "a")
    machine.fire([("a", {"FirstName": "Ann"})])
    assert machine.totals(version) == {"entered": 1, "ended:ContactDeleted": 1, "refused:ContactIsDeleted": 1}
    assert traces(machine, "Ann") == []
    machine.save_contact("a", {"Email Demographics": [{"First Name": "Ann"}]})
    machine.fire([("a", {"FirstName": "Ann"})])
    entered = 1 if mode == "OnceAndDone" else 2
    totals = machine.totals(version)
    assert totals["entered"] == entered
    assert totals.get("refused:ContactPreviouslyInSameInteraction", 0) == 2 - entered
    assert inside(machine) == ["a"] * (entered - 1)


def test_made_anew_before_the_engine_has_come_to_the_deletion(machine: Machine) -> None:
    """Only what was there before goes: the passage, not the new data."""
    version = started(machine, [wait("w", None)], "a")
    machine.engine.stop()
    ask(machine, "a")
    machine.save_contact("a", {"Email Demographics": [{"First Name": "Anew"}]})
    machine.accept([("a", {"FirstName": "Again"})])
    machine.engine = machine._engine()
    machine.engine.start()
    machine.settle()
    assert machine.totals(version) == {"entered": 2, "ended:ContactDeleted": 1}
    found = machine.read(lambda tx: contacts.find(tx, ACCOUNT, ["a"]))["a"]
    assert (found.deleted, found.attributes) == (None, {"Email Demographics": {"First Name": "Anew"}})
    assert set(traces(machine, "Again")) == {"instance", "row"}


def test_an_event_that_waits_cannot_bring_a_deleted_contact_back(machine: Machine) -> None:
    """It was accepted before anybody knew the contact, and the contact was deleted before it was admitted."""
    version = started(machine, [wait("w", None)], "")
    machine.engine.stop()
    machine.accept([("new", {"FirstName": "New"})])
    ask(machine, "new", "nobody")
    machine.engine = machine._engine()
    machine.engine.start()
    machine.settle()
    assert machine.totals(version) == {"refused:ContactIsDeleted": 1}
    assert traces(machine, "New") == []
    machine.fire([("nobody", {})])
    assert machine.totals(version)["entered"] == 1


def test_what_a_passage_wrote_meanwhile_goes_too(machine: Machine) -> None:
    extension = machine.define_event("later")
    version = started(machine, [wait("w", "u"), update("u", "v", (extension, "Tier", "mine")), wait("v", None)], "")
    machine.fire([("a", {})])
    machine.engine.stop()
    machine.write(lambda tx: tx.run("UPDATE contact SET deleted = 1"))
    machine.engine = machine._engine()
    machine.engine.start()
    machine.advance(DAY)
    assert traces(machine, "mine") == ["row"]
    ask(machine, "a")
    machine.settle()
    assert traces(machine, "mine") == []
    assert machine.totals(version) == {"entered": 1, "ended:ContactDeleted": 1}


def test_messages_are_forgotten_slice_by_slice(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two deletions, the second while the first is under way, and a restart between."""
    monkeypatch.setattr(erase, "_SLICE", 3)
    started(machine, [email("m", None, "Hi %%FirstName%%")], "")
    keys = [f"c{number}" for number in range(40)]
    machine.fire([(key, {"FirstName": f"name-{key}-", "EmailAddress": f"{key}@example.com"}) for key in keys])
    ask(machine, *keys[:5])
    ask(machine, *keys[5:9])
    machine.restart()
    machine.settle()
    assert all("outbox" not in traces(machine, f"name-{key}-") for key in keys[:9])
    assert all("outbox" in traces(machine, f"name-{key}-") for key in keys[9:])
    assert machine.number("SELECT count(*) FROM timer WHERE kind = 6") == 0
    assert machine.number("SELECT count(*) FROM outbox") == 40


@pytest.mark.spec("3.4", "8.7")
def test_an_event_and_a_deletion_meet(machine: Machine) -> None:
    machine.define_event("paid")
    version = started(machine, [by_event("w", "e", "e"), email("e")], "ab")
    machine.advance(HOUR)
    machine.accept([("a", {"FirstName": "late"})], "paid")
    ask(machine, "a")
    machine.settle()
    assert machine.totals(version) == {"entered": 2, "ended:ContactDeleted": 1}
    assert machine.number("SELECT count(*) FROM outbox") == 0
    assert traces(machine, "late") == []
    check_invariants(machine)
