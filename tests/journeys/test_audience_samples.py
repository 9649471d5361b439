"""The samples 02, 03 and 06 as they were exported, run to their ends over HTTP on the virtual clock."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from tests.invariants.checker import check
from tests.journeys import samples
from tests.journeys.running import J, Running

pytestmark = [pytest.mark.timeout(300), pytest.mark.spec("12")]

OBJECTS = "/data/v1/customobjects"
ROWS = "/hub/v1/dataevents"
#: 2026-01-01 is a Thursday.
GROUP = 40


def _extension(name: str, fields: list[dict[str, Any]], holder: str = "ContactKey", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "key": name,
        "isSendable": True,
        "sendableCustomObjectField": holder,
        "sendableSubscriberField": "_SubscriberKey",
        "fields": [{"name": holder, "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False}, *fields],
        **more,
    }


def _rows(running: Running, key: str, holder: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
    body = [{"keys": {holder: who}, "values": values} for who, values in rows]
    answer = running.api("POST", f"{ROWS}/key:{key}/rowset", body)
    assert answer.is_success, answer.text


def _people(kind: str) -> list[str]:
    return [f"{kind}-{number:03}" for number in range(GROUP)]


def _sent(running: Running, journey: dict[str, Any]) -> dict[str, list[str]]:
    """Who got which messages, in the order of their activities."""
    found: dict[str, list[str]] = {}
    for message in running.messages(journeyKey=journey["key"]):
        found.setdefault(message["contactKey"], []).append(message["activityKey"])
    return {who: sorted(activities) for who, activities in found.items()}


def _stats(running: Running, journey: dict[str, Any]) -> dict[str, Any]:
    stats: dict[str, Any] = running.api.done("GET", f"{J}/interactions/key:{journey['key']}")["stats"]
    return stats


@pytest.mark.spec("3.4", "3.5", "2.2")
def test_cart_abandonment(running: Running) -> None:
    """An order within the hour ends it; else a reminder, and a day later an offer that depends on the basket."""
    journey, definitions = samples.sample("02-cart-abandonment")
    for definition in definitions:
        running.api.done("POST", f"{J}/eventDefinitions", definition)
    running.api.done("POST", OBJECTS, _extension("Customer Profile", [{"name": "LastOrderDate", "type": "Date"}]))
    running.api.done("POST", f"{J}/interactions", journey)
    running.publish(journey["key"])
    cart, order = (definition["eventDefinitionKey"] for definition in definitions)

    def fire(key: str, people: list[str], **values: Any) -> None:
        running.fire([{"ContactKey": who, "EventDefinitionKey": key, "Data": values} for who in people])

    groups = {name: _people(name) for name in ("buys", "looks", "large", "small", "bought")}
    everybody = [who for people in groups.values() for who in people]
    shared = {"CartId": "c1", "LastItemName": "the lamp", "ItemCount": 2}
    fire(cart, groups["large"], EmailAddress="someone@example.com", CartTotal=100, **shared)
    fire(
        cart,
        [one for one in everybody if one not in groups["large"]],
        EmailAddress="a@example.com",
        CartTotal=9.5,
        **shared,
    )
    running.advance(by="PT30M")
    fire(order, groups["buys"], OrderId="o1", OrderTotal=9.5)
    fire(order, groups["looks"], OrderId="o2", OrderTotal=0)
    _rows(
        running, "Customer Profile", "ContactKey", [(who, {"LastOrderDate": "2026-01-01"}) for who in groups["bought"]]
    )
    running.advance(by="PT29M")
    assert _sent(running, journey) == {}
    running.advance(by="PT1M")
    assert _stats(running, journey)["currentPopulation"] == 4 * GROUP
    running.advance(by="P10D")
    sent = _sent(running, journey)
    expected = {"buys": [], "bought": ["EMAILV2-1"], "large": ["EMAILV2-1", "EMAILV2-2"]}
    for name, people in groups.items():
        assert all(sent.get(who, []) == expected.get(name, ["EMAILV2-1", "EMAILV2-3"]) for who in people), name
    stats = _stats(running, journey)
    assert (stats["currentPopulation"], stats["cumulativePopulation"]) == (0, 5 * GROUP)
    subjects = {message["subject"] for message in running.messages(journeyKey=journey["key"], activityKey="EMAILV2-1")}
    assert subjects == {"You left the lamp behind"}
    check(running.database_url)


@pytest.mark.spec("2.5", "3.6", "3.12")
def test_the_random_split_with_its_own_audience(running: Running) -> None:
    """A one-shot audience: whoever stands in the data extension when the journey is published enters."""
    journey, (definition,) = samples.sample("03-random-split-ab")
    fields = [{"name": "Email", "type": "EmailAddress"}]
    extension = _extension("Spring Campaign Audience", fields, id=definition["dataExtensionId"])
    running.api.done("POST", OBJECTS, extension)
    people = [f"person-{number:04}" for number in range(1_000)]
    for start in range(0, len(people), 500):
        rows = [(who, {"Email": f"{who}@example.com"}) for who in people[start : start + 500]]
        _rows(running, "Spring Campaign Audience", "ContactKey", rows)
    running.api.done("POST", f"{J}/eventDefinitions", definition)
    running.api.done("POST", OBJECTS, samples.updated_extension(journey, "Choices", "Number"))
    running.api.done("POST", f"{J}/interactions", journey)
    running.publish(journey["key"])
    running.settle()
    _rows(running, "Spring Campaign Audience", "ContactKey", [("late", {"Email": "late@example.com"})])
    running.advance(by="P30D")
    stats = _stats(running, journey)
    assert (stats["currentPopulation"], stats["cumulativePopulation"]) == (0, 1_000)
    counts = Counter(activity for activities in _sent(running, journey).values() for activity in activities)
    assert 380 < counts["EMAILV2-1"] < 520
    assert 380 < counts["EMAILV2-2"] < 520
    assert set(counts) == {"EMAILV2-1", "EMAILV2-2"}
    check(running.database_url)


@pytest.mark.spec("2.5", "3.3", "7.1", "7.2")
def test_goal_and_exit(running: Running) -> None:
    """A weekly audience of new rows, a mail 30 days before each contact's date, a goal that ends it, and exits."""
    journey, (definition,) = samples.sample("06-goal-and-exit")
    fields = [
        {"name": name, "type": type_}
        for name, type_ in (("Email", "EmailAddress"), ("Plan", "Text"), ("RenewalDate", "Date"))
    ]
    running.api.done("POST", OBJECTS, _extension("Accounts", fields, id=definition["dataExtensionId"]))
    account = [("RenewedOn", "Date"), ("State", "Text"), ("DoNotContact", "Boolean")]
    running.api.done("POST", OBJECTS, _extension("Account Status", [{"name": n, "type": t} for n, t in account]))
    running.api.done("POST", f"{J}/eventDefinitions", definition)
    running.api.done("POST", f"{J}/interactions", journey)
    groups = {name: _people(name) for name in ("stays", "renews", "closes", "trial")}
    row = {"Email": "a@example.com", "Plan": "Pro", "RenewalDate": "2026-05-01"}
    for name, people in groups.items():
        plan = {"Plan": "trial"} if name == "trial" else {}
        _rows(running, "Accounts", "ContactKey", [(who, row | plan) for who in people])
    running.publish(journey["key"])
    running.advance(to="2026-03-02T04:29:59Z")
    assert _stats(running, journey)["cumulativePopulation"] == 0
    running.advance(to="2026-03-02T04:30:00Z")  # 05:30 in Berlin, the first Monday
    assert _stats(running, journey)["cumulativePopulation"] == 3 * GROUP, "trials do not pass the filter"
    _rows(running, "Accounts", "ContactKey", [("late", row)])
    running.advance(to="2026-03-05T04:30:00Z")  # Thursday: only the new row
    assert _stats(running, journey)["cumulativePopulation"] == 3 * GROUP + 1
    running.advance(to="2026-04-01T07:59:59Z")
    assert _sent(running, journey) == {}
    running.advance(to="2026-04-01T08:00:00Z")  # 30 days before, 10:00 in Berlin (summer time)
    assert set(_sent(running, journey)) == {*groups["stays"], *groups["renews"], *groups["closes"], "late"}
    _rows(
        running,
        "Account Status",
        "ContactKey",
        [(who, {"State": "renewed", "RenewedOn": "2026-04-02"}) for who in groups["renews"]],
    )
    _rows(running, "Account Status", "ContactKey", [(who, {"State": "Closed"}) for who in groups["closes"]])
    running.advance(by="P2D")
    stats = _stats(running, journey)
    assert (stats["metGoal"], stats["metExitCriteria"], stats["currentPopulation"]) == (GROUP, 0, 2 * GROUP + 1)
    running.advance(by="P14D")
    stats = _stats(running, journey)
    assert (stats["metGoal"], stats["metExitCriteria"], stats["currentPopulation"]) == (GROUP, GROUP, GROUP + 1)
    assert stats["goalPerformance"] == round(GROUP / (3 * GROUP + 1) * 100, 2)
    running.advance(to="2026-07-10T00:00:00Z")
    sent = _sent(running, journey)
    assert all(sent[who] == ["EMAILV2-1", "EMAILV2-2", "EMAILV2-3"] for who in [*groups["stays"], "late"])
    assert all(sent[who] == ["EMAILV2-1"] for who in [*groups["renews"], *groups["closes"]])
    assert _stats(running, journey)["currentPopulation"] == 0
    check(running.database_url)
