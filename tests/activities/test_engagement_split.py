"""What the reference says of engagement splits beyond the examples (journey-spec 3.7, 10.2; design 8.15)."""

from typing import Any

import pytest

from tests.engine.machine import ACCOUNT, DAY, FIELDS, Machine, activity, email, journey, schema, wait
from waystage.ground import ids
from waystage.ground.errors import ValueNotAllowed
from waystage.operations import note_engagement
from waystage.store.winners import Fact, note

pytestmark = pytest.mark.spec("3.7", "10.2")

ANN = ("ann", {"EmailAddress": "ann@example.com"})


def split(key: str, yes: str | None, no: str | None, ref: Any = "m", stats: Any = 2, **more: Any) -> dict[str, Any]:
    settings = {"refActivityCustomerKey": ref, "statsTypeId": stats, **more}
    made = activity(key, "ENGAGEMENTSPLITV2", yes, no, configurationArguments=settings)
    for outcome, when in zip(made["outcomes"], (True, "false"), strict=True):
        outcome["arguments"] = {"when": when}
    return made


def hear(key: str, heard: str, late: str | None) -> dict[str, Any]:
    settings = {"waitForEventKey": "order", "waitDuration": 9, "waitUnit": "DAYS"}
    made = activity(key, "WAITBYEVENT", heard, late, configurationArguments=settings)
    for outcome, when in zip(made["outcomes"], (True, False), strict=True):
        outcome["arguments"] = {"when": when}
    return made


def engage(machine: Machine, kind: str, url: str = "", nth: int = 0) -> None:
    """Do something with the nth message."""
    lane, seq = machine.rows("SELECT lane, seq FROM outbox ORDER BY seq")[nth]
    told = note_engagement.read({"requestId": ids.guid_of("request", lane, seq), "type": kind, "url": url})
    machine.write(lambda tx: note_engagement.note(tx, ACCOUNT, told, machine.clock.now()))


def outcomes(machine: Machine, number: int) -> list[int]:
    """The outcomes by which ann has left an activity."""
    return [outcome for visited, outcome in machine.trail("ann") if visited == number]


@pytest.mark.parametrize(
    ("stats", "kind", "outcome"),
    [
        (2, "open", 0), (2, "click", 0), (2, "bounce", 1), (3, "click", 0), (3, "open", 1), ("3", "click", 0),
        (6, "bounce", 0), (6, "open", 1), (2, "unsubscribe", 1),
    ],
)  # fmt: skip
def test_what_counts_as_what(sqlite_url: str, stats: Any, kind: str, outcome: int) -> None:
    with Machine(sqlite_url) as machine:
        machine.define_event()
        machine.publish(journey([email("m", "w"), wait("w", "s"), split("s", None, None, stats=stats)]))
        machine.fire([ANN])
        engage(machine, kind)
        machine.advance(DAY)
        assert outcomes(machine, 3) == [outcome]


def test_only_the_send_of_this_passage_counts(machine: Machine) -> None:
    machine.define_event()
    machine.publish(journey([email("m", "w"), wait("w", "s"), split("s", None, None)]))
    machine.fire([ANN])
    machine.fire([ANN])
    engage(machine, "open", nth=1)
    machine.advance(DAY)
    assert sorted(outcomes(machine, 3)) == [0, 1]
    trails = [machine.hops(lane, instance)[-1][2] for lane, instance, _ in machine.passages("ann")]
    assert trails == [((2, 0), (3, 1)), ((2, 0), (3, 0))]


def test_whoever_got_nothing_has_not_engaged(machine: Machine) -> None:
    machine.define_event()
    machine.publish(journey([email("m", "w"), wait("w", "s"), split("s", None, None)]))
    machine.fire([("ann", {})])
    with pytest.raises(ValueNotAllowed):
        engage(machine, "open")
    machine.advance(DAY)
    assert outcomes(machine, 3) == [1]


def test_on_a_loop_only_the_newest_send_counts(machine: Machine) -> None:
    """The first one was opened, the second was not, the third was never sent."""
    machine.define_event()
    machine.define_event("order", schema(FIELDS[:1]))
    machine.publish(journey([email("m", "w"), wait("w", "s"), split("s", "h", "h"), hear("h", "m", None)],
        trigger={"outcomes": [{"key": "start", "next": "m"}]}))  # fmt: skip
    machine.fire([ANN])
    engage(machine, "open")
    machine.advance(DAY)
    machine.fire([("ann", {})], "order")
    machine.advance(DAY)
    machine.fire([("ann", {})], "order")
    engage(machine, "open", nth=2)
    machine.advance(DAY)
    assert outcomes(machine, 3) == [0, 1, 0]


def test_without_a_wait_nobody_has_had_the_time(machine: Machine) -> None:
    machine.define_event()
    number = machine.save_journey(journey([email("m", "s"), split("s", None, None)]))
    found = machine.publish_stored("welcome", number)
    assert [(one["errorCode"], one["errorType"]) for one in found] == [("190101", "Warning")]
    machine.engine.notify()
    machine.fire([ANN])
    assert outcomes(machine, 2) == [1]


def test_clicks_on_listed_addresses(machine: Machine) -> None:
    machine.define_event()
    urls = {"urls": ["https://example.com/a?utm=1#x", {"url": "https://example.com/b", "alias": "B"}]}
    machine.publish(
        journey([email("m", "w"), wait("w", "s"), split("s", None, None, stats=3, engagementUrls=urls)])
    )  # fmt: skip
    clicked = {
        "ann": "https://example.com/a?q=2",
        "bob": "https://example.com/b#t",
        "cem": "https://EXAMPLE.com/b",
        "dan": "",
    }
    for name, url in clicked.items():
        machine.fire([(name, {"EmailAddress": f"{name}@example.com"})])
        lane, seq = machine.rows(
            "SELECT o.lane, o.seq FROM outbox o JOIN contact c ON c.lane = o.lane AND c.contact = o.contact"
            " WHERE c.key = :key",
            key=name,
        )[0]
        told = note_engagement.read({"requestId": ids.guid_of("request", lane, seq), "type": "click", "url": url})
        machine.write(lambda tx, told=told: note_engagement.note(tx, ACCOUNT, told, machine.clock.now()))  # type: ignore[misc]
    machine.advance(DAY)
    left = {name: [o for a, o in machine.trail(name) if a == 3] for name in ("ann", "bob", "cem", "dan")}
    assert left == {"ann": [0], "bob": [0], "cem": [1], "dan": [1]}


def test_many_facts_of_one_message_are_looked_up_by_key(machine: Machine) -> None:
    machine.define_event()
    machine.publish(journey([email("m", "w"), wait("w", "s"), split("s", None, None, stats=6)]))
    machine.fire([ANN])
    ((lane, instance, hop),) = machine.rows("SELECT lane, instance, hop FROM outbox")
    for number in range(500):
        fact = Fact(lane, instance, hop, 1, "click", f"https://example.com/{number}")
        machine.write(lambda tx, fact=fact: note(tx, fact, 1))  # type: ignore[misc]
    machine.advance(DAY)
    assert outcomes(machine, 3) == [1]


def behind(**settings: Any) -> list[dict[str, Any]]:
    """A split with these settings behind a message and a wait."""
    return [email("m", "w"), wait("w", "s"), split("s", None, None, **settings)]


def clicks(urls: Any) -> list[dict[str, Any]]:
    """A split by clicks on these."""
    return behind(stats=3, engagementUrls={"urls": urls})


SETTINGS = {"refActivityCustomerKey": "m", "statsTypeId": 2}
BAD: list[tuple[list[dict[str, Any]], str]] = [
    (behind(ref="nothing"), "must be the key of a message activity"),
    (behind(ref=5), "must be the key of a message activity"),
    (behind(ref="w"), "activity w sends no message"),
    (behind(stats=4), "statsTypeId must be 2"),
    (behind(stats=True), "statsTypeId must be 2"),
    ([wait("w", "s"), split("s", "m", None), email("m", None)], "no path leads to it through message m"),
    (clicks([5]), "urls must be"),
    (clicks("x"), "urls must be"),
    (clicks([{"url": " "}]), "urls must be"),
    (clicks(["x"] * 101), "100 at most"),
    (
        [email("m", "s"), activity("s", "ENGAGEMENTDECISION", None, configurationArguments=SETTINGS)],
        "needs arguments.when",
    ),
    ([email("m", "s"), activity("s", "ENGAGEMENTDECISION", configurationArguments=SETTINGS)], "it has no outcome"),
]


@pytest.mark.parametrize(("activities", "said"), BAD, ids=lambda one: one if isinstance(one, str) else "")
def test_splits_that_cannot_run(sqlite_url: str, activities: list[dict[str, Any]], said: str) -> None:
    with Machine(sqlite_url, lanes=1) as machine:
        machine.define_event()
        number = machine.save_journey(journey(activities))
        found = machine.publish_stored("welcome", number)
        errors = [one for one in found if one["errorType"] == "Error"]
        assert {one["errorCode"] for one in errors} == {"190009"}
        assert said in errors[0]["errorDetail"]


def test_one_way_only(machine: Machine) -> None:
    """Without an outcome for the others they leave."""
    machine.define_event()
    made = split("s", None, None)
    del made["outcomes"][1]
    machine.publish(journey([email("m", "w"), wait("w", "s"), made]))
    machine.fire([ANN])
    machine.advance(DAY)
    assert outcomes(machine, 3) == [-1]
