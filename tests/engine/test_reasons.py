"""Explanations of random journeys: every way taken follows from what is told of it (contract 22, design 8.6)."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine import journeys as j
from tests.engine.machine import (
    ACCOUNT,
    DAY,
    Machine,
    condition,
    criteria,
    decision,
    email,
    group,
    journey,
    update,
    wait,
)
from tests.engine.test_path_optimizer import decide, optimizer
from tests.engine.test_reference import define, play, populate, quick
from waystage.operations import explain as explaining
from waystage.operations.explain import Explained, Question
from waystage.operations.explain_words import DRAW, Why
from waystage.spec.criteria_tree import NEGATIVE, UNARY, Operator
from waystage.store import retention, trace
from waystage.store.sql import Tx

pytestmark = pytest.mark.spec("4", "9.1")

_numbers = itertools.count()
_WORDS = {one.value for one in Operator}
#: What may hold of a value that is not there.
_OF_NOTHING = {one.value for one in UNARY | NEGATIVE}


def explain(machine: Machine, contact: str, key: str = "welcome") -> Explained:
    """The explanation of one contact."""
    now = machine.clock.now()
    asked = Question(ACCOUNT, key, contact, 50, 0)
    return machine.read(lambda tx: explaining.explain(tx, machine.plans.kinds, asked, now, machine.offset))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reasons")


@settings(quick, max_examples=quick.max_examples // 2)
@given(data=st.data(), script=j.scripts())
def test_every_way_follows_from_its_reasons(folder: Path, data: st.DataObject, script: j.Script) -> None:
    path = folder / f"{next(_numbers)}.db"
    try:
        with Machine(f"sqlite:///{path}", lanes=1) as machine:
            own = machine.define_event(j.EVENT)
            define(machine)
            document = data.draw(j.documents(own), label="document")
            populate(machine, script)
            version = machine.publish(document)
            machine.settle()
            play(machine, script)
            for contact in j.CONTACTS:
                if machine.passages(contact):
                    _check(machine, version, contact, document["key"])
    finally:
        for left in folder.glob(f"{path.name}*"):
            left.unlink()


def _check(machine: Machine, version: int, contact: str, key: str) -> None:
    """The told visits are those that were made; what is told of each choice is known, and its last test held."""
    keys = [one.key for one in machine.plan(version).activities]
    passages = explain(machine, contact, key).passages
    told = [one for passage in passages for one in passage.passage.visits]
    trail = [keys[activity - 1] for activity, _ in machine.trail(contact)]
    assert [one.activity_key for one in told if one.departed is not None and one.outcome is not None] == [
        name for name, (_, outcome) in zip(trail, machine.trail(contact), strict=True) if outcome >= 0
    ]
    for line in _tests([why for visit in told for why in visit.why]):
        assert line.result is not None, line
        assert not (line.result and line.value is None) or line.operator in _OF_NOTHING, line


def _tests(lines: list[Why]) -> Iterator[Why]:
    return (one for one in lines if one.operator in _WORDS or one.expression == DRAW)


@pytest.fixture
def machine(database_url: str) -> Iterator[Machine]:
    with Machine(database_url, lanes=1) as made:
        yield made


def _looked(machine: Machine) -> list[tuple[Any, ...]]:
    return machine.rows("SELECT instance, hop, activity FROM looked ORDER BY instance, hop, activity")


def _published(machine: Machine, *activities: dict[str, Any], **more: Any) -> int:
    version = machine.publish(journey(list(activities), **more))
    machine.settle()
    return version


def test_only_what_may_be_different_later_is_kept(machine: Machine) -> None:
    machine.define_event()
    define(machine)
    scored = criteria(condition("Event.signup.Score", "GreaterThan", "5"))
    _published(machine, wait("w", "d"), decision("d", [(scored, "e")], "e"), email("e"))
    machine.fire([("a", {"Score": 9}), ("b", {})])
    machine.advance(DAY)
    assert _looked(machine) == []
    tier = criteria(condition("Profile.Tier", "Equal", "gold"))
    goal = {"configurationArguments": {"criteria": criteria(condition("Profile.Level", "Equal", "5"))}}
    _published(
        machine, wait("w", "d"), decision("d", [(scored, "e"), (tier, "v")], "e"), email("e"), wait("v", None),
        goals=[{"key": "G", "name": "G", "type": "Event", **goal, "metaData": {"isExitCriteria": True}}],
    )  # fmt: skip
    machine.save_contact("b", {"Profile": [{"Tier": "gold", "Level": 5}]})
    machine.save_contact("c", {"Profile": [{"Tier": "gold", "Level": 4}]})
    machine.fire([("a", {"Score": 9}), ("b", {}), ("c", {})])
    before = {row[0] for row in machine.rows("SELECT instance FROM instance WHERE version = 1")}
    machine.advance(DAY)
    kept = _looked(machine)
    assert {hop for _, hop, _ in kept} == {1}
    assert sorted(place for _, _, place in kept) == [0, 2, 2]
    assert not before & {instance for instance, _, _ in kept}


def test_a_split_behind_an_update_tells_what_it_saw(machine: Machine) -> None:
    """The update and the split stand in one hop; each split tells the value before and behind it."""
    machine.define_event()
    define(machine)
    gold = criteria(condition("Profile.Tier", "Equal", "gold"))
    _published(
        machine,
        decision("d", [(gold, None)], "u"),
        update("u", "f", ("Profile", "Tier", "gold")),
        decision("f", [(gold, "w")], None),
        wait("w", None),
    )
    machine.save_contact("a", {"Profile": [{"Tier": "lead"}]})
    machine.fire([("a", {})])
    machine.save_contact("a", {"Profile": [{"Tier": "iron"}]})
    (passage,) = explain(machine, "a").passages
    first, _, second, _ = passage.passage.visits
    assert (first.outcome, first.why) == ("remainder_path", [Why("Profile.Tier", "lead", "Equal", "gold", False)])
    assert (second.outcome, second.why) == ("path-0", [Why("Profile.Tier", "gold", "Equal", "gold", True)])


def test_an_entry_filter_by_contact_data_is_told_as_it_was(machine: Machine) -> None:
    """Nothing is kept of who is refused."""
    machine.define_event()
    define(machine)
    gold = criteria(condition("Profile.Tier", "Equal", "gold"))
    _published(machine, wait("w", None), trigger={"configurationArguments": {"criteria": gold}})
    machine.save_contact("a", {"Profile": [{"Tier": "gold"}]})
    machine.save_contact("b", {"Profile": [{"Tier": "iron"}]})
    machine.fire([("a", {}), ("b", {})])
    machine.save_contact("a", {"Profile": [{"Tier": "lead"}]})
    (told,) = explain(machine, "a").passages
    assert told.entry.why == (Why("Profile.Tier", "gold", "Equal", "gold", True),)
    (refused,) = explain(machine, "b").refusals
    assert (refused.reason, refused.why) == (
        "DidNotMeetEntryCriteria",
        (Why("Profile.Tier", "iron", "Equal", "gold", False),),
    )
    assert len(_looked(machine)) == 1


def test_related_rows_are_told_as_a_whole(machine: Machine) -> None:
    machine.define_event()
    define(machine)
    related = criteria(
        group(
            condition("Orders.Kind", "Equal", "x", related="r"), condition("Orders.Amount", "Equal", "1", related="r")
        )
    )
    _published(machine, decision("d", [(related, "w")], "w"), wait("w", None))
    machine.save_contact("a", {"Orders": [{"Id": "1", "Kind": "x", "Amount": 1}]})
    machine.fire([("a", {}), ("b", {})])
    machine.save_contact("b", {"Orders": [{"Id": "2", "Kind": "x", "Amount": 1}]})
    told = {key: explain(machine, key).passages[0].passage.visits[0].why for key in "ab"}
    assert [(one.operator, one.result) for one in told["a"]] == [("Exists", True)]
    assert [(one.operator, one.result) for one in told["b"]] == [("Exists", False)]
    assert "Orders.Kind" in told["a"][0].expression


def test_more_fields_than_a_function_takes(machine: Machine) -> None:
    machine.define_event()
    columns = [{"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True}]
    columns += [{"name": f"F{number}", "type": "Number", "length": 0} for number in range(150)]
    machine.define_extension("Wide", [{**one, "length": one["length"] or 10} for one in columns], "Who")
    wide = criteria(*(condition(f"Wide.F{number}", "Equal", str(number)) for number in range(150)))
    _published(machine, decision("d", [(wide, "w")], "w"), wait("w", None))
    machine.save_contact("a", {"Wide": [{"Who": "a", **{f"F{number}": number for number in range(150)}}]})
    machine.fire([("a", {})])
    lines = explain(machine, "a").passages[0].passage.visits[0].why
    assert [one.value for one in lines[:150]] == list(range(150))
    assert all(one.result is True for one in lines)


def test_retention_forgets_reasons_with_the_hops(machine: Machine) -> None:
    machine.define_event()
    define(machine)
    gold = criteria(condition("Profile.Tier", "IsNull"))
    _published(machine, decision("d", [(gold, "w")], "w"), wait("w", None))
    machine.fire([("a", {})])
    machine.advance(2 * DAY)
    assert len(_looked(machine)) == 1

    def forget(tx: Tx) -> None:
        mark, last = trace.unmerged(tx, 1)
        trace.merge(tx, 1, mark, last)
        hops = retention.oldest(tx, 1, retention.Walk(2**62), 100)
        retention.forget(tx, 1, hops)

    machine.write(forget)
    assert _looked(machine) == []
    (passage,) = explain(machine, "a").passages
    assert (passage.passage.state, passage.passage.visits, passage.passage.ended) == ("Forgotten", [], None)


@pytest.mark.spec("3.8")
def test_a_contest_is_told_as_it_stood(machine: Machine) -> None:
    """Before the decision by lot, while it is open with what it waits for, behind it by the winner."""
    machine.define_event()
    test = optimizer("t", ["a", "b"], 40, winnerEvaluationType="Manual")
    _published(machine, test, wait("a", None), wait("b", None))
    machine.fire([(f"c{number}", {}) for number in range(20)])
    first = {f"c{number}": explain(machine, f"c{number}").passages[0].passage for number in range(20)}
    held = [key for key, one in first.items() if one.visits[-1].activity_key == "t"]
    assert 0 < len(held) < 20
    for key, one in first.items():
        (*draws, last) = one.visits[0].why
        if key in held:
            assert [line.result for line in draws] == [False, False]
            assert (last.expression, last.operand, last.result, one.until) == ("winner", "Manual", None, None)
        else:
            assert (last.expression, last.result) == (DRAW, True)
    machine.advance(DAY // 2)
    decide(machine, "path-1")
    machine.settle()
    machine.fire([("late", {})])
    then = explain(machine, held[0]).passages[0].passage.visits
    assert [(one.activity_key, one.outcome) for one in then] == [("t", "path-1"), ("b", None)]
    assert then[0].why[-1] == Why("winner", None, "Decided", "Manual", "2026-01-01T12:00:00Z")
    tested = next(key for key in first if key not in held)
    assert explain(machine, tested).passages[0].passage.visits[0].why == first[tested].visits[0].why
    (late, _) = explain(machine, "late").passages[0].passage.visits
    assert (late.outcome, late.why) == ("path-1", [])
