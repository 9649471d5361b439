"""Sample journeys run end to end over HTTP on the virtual clock; WAYSTAGE_TEST_CONTACTS says how large."""

from collections import Counter
from typing import Any

import pytest

from tests.invariants.checker import check
from tests.invariants.seen import Seen
from tests.journeys import samples
from tests.journeys.running import CONTACTS, J, Running
from tests.journeys.stored import stored

pytestmark = [pytest.mark.timeout(max(300, CONTACTS // 50)), pytest.mark.spec("12")]

PEOPLE = [f"person-{number:06}" for number in range(CONTACTS)]
START = 1_767_225_600_000
HOUR = 3_600_000
DAY = 24 * HOUR


def test_the_welcome_series(running: Running) -> None:
    journey, definition = samples.welcome()
    for email in samples.emails(journey):
        running.api.done("POST", "/asset/v1/content/assets", email)
    _make(running, journey, definition, samples.updated_extension(journey, "Preferences", "Boolean"))
    key = definition["eventDefinitionKey"]
    with running.timed(f"welcome: {CONTACTS} events posted"):
        running.fire([_event(key, who, EmailAddress=f"{who}@example.com", FirstName=f"Dear {who}") for who in PEOPLE])
    with running.timed("welcome: settled"):
        running.settle()
    _expect_stats(running, journey, inside=CONTACTS)
    for step, days in (("a day", "P1D"), ("until 09:00 after three days", "P5D")):
        with running.timed(f"welcome: advanced {step}"):
            running.advance(by=days)
    _expect_stats(running, journey, inside=0)
    with running.timed("welcome: invariants"):
        seen = _expect_rest(running)
    with running.timed("welcome: read back"):
        _expect_welcome(running, seen, definition["dataExtensionId"], journey)


def _expect_welcome(running: Running, seen: Seen, extension: str, journey: dict[str, Any]) -> None:
    sent = Counter[tuple[str, str]]()
    for message in running.messages(journeyKey=journey["key"]):
        who, what = message["contactKey"], message["activityKey"]
        sent[who, what] += 1
        assert message["to"] == f"{who}@example.com"
        assert message["status"] == "captured"
        assert message["html"].partition("<img ")[0].endswith(f": {who}@example.com</p>")
        assert what != "EMAILV2-1" or message["subject"] == f"Welcome aboard, Dear {who}"
    assert sent == Counter((who, f"EMAILV2-{number}") for who in PEOPLE for number in (1, 2, 3))
    nine_in_chicago = START + 4 * DAY + 15 * HOUR
    assert Counter((who, activity, at) for _, who, _, activity, _, at in seen.messages.elements()) == Counter(
        (who, activity, at) for who in PEOPLE for activity, at in ((1, START), (3, START + DAY), (6, nine_in_chicago))
    )
    kept = stored(running.database_url)
    assert kept.rows[_updated(journey)] == {who: {"ContactKey": who, "Value": 1} for who in PEOPLE}
    assert kept.rows[extension] == {
        who: {
            "SubscriberKey": who,
            "EmailAddress": f"{who}@example.com",
            "FirstName": f"Dear {who}",
            "SignupSource": "web",
            "SignupDate": START,
        }
        for who in PEOPLE
    }


def test_a_random_split(running: Running) -> None:
    journey, definition = samples.split()
    _make(running, journey, definition, samples.updated_extension(journey, "Choices", "Number"))
    with running.timed(f"split: {CONTACTS} events posted"):
        running.fire([_event(samples.SPLIT_EVENT, who, Email=f"{who}@example.com") for who in PEOPLE])
    with running.timed("split: settled"):
        running.settle()
    _expect_stats(running, journey, inside=CONTACTS)
    with running.timed("split: advanced a week"):
        running.advance(by="P1W")
    _expect_stats(running, journey, inside=0)
    with running.timed("split: invariants"):
        seen = _expect_rest(running)
    with running.timed("split: read back"):
        _expect_split(running, seen, journey)


def _expect_split(running: Running, seen: Seen, journey: dict[str, Any]) -> None:
    sent = dict.fromkeys(PEOPLE, "")
    for message in running.messages(journeyKey=journey["key"]):
        assert sent[message["contactKey"]] == "", "nobody gets two"
        sent[message["contactKey"]] = message["activityKey"]
    kept = stored(running.database_url)
    choices = {who: row["Value"] for who, row in kept.rows[_updated(journey)].items()}
    assert Counter((who, f"EMAILV2-{activity - 1}") for _, who, _, activity, *_ in seen.messages.elements()) == Counter(
        (who, activity) for who, activity in sent.items() if activity
    )
    assert sent == {who: {1: "EMAILV2-1", 2: "EMAILV2-2", 3: ""}[choice] for who, choice in choices.items()}
    shares = Counter(choices.values())
    assert kept.counts[1, "outcome:0"] == shares[1]
    assert kept.counts[1, "outcome:1"] == shares[2]
    assert kept.counts[1, "outcome:2"] == shares[3]
    for choice, share in ((1, 0.45), (2, 0.45), (3, 0.10)):
        five_deviations = 5 * (CONTACTS * share * (1 - share)) ** 0.5
        assert abs(shares[choice] - CONTACTS * share) < five_deviations, shares


def _make(running: Running, journey: dict[str, Any], definition: dict[str, Any], extension: dict[str, Any]) -> None:
    running.api.done("POST", f"{J}/eventDefinitions", definition)
    running.api.done("POST", "/data/v1/customobjects", extension)
    running.api.done("POST", f"{J}/interactions", journey)
    running.publish(journey["key"])


def _updated(journey: dict[str, Any]) -> str:
    return str(samples.updated_extension(journey, "", "Text")["id"])


def _event(key: str, who: str, **values: str) -> dict[str, Any]:
    return {"ContactKey": who, "EventDefinitionKey": key, "Data": values}


def _expect_stats(running: Running, journey: dict[str, Any], *, inside: int) -> None:
    stats = running.api.done("GET", f"{J}/interactions/key:{journey['key']}")["stats"]
    assert (stats["currentPopulation"], stats["cumulativePopulation"]) == (inside, CONTACTS)


def _expect_rest(running: Running) -> Seen:
    """Counters, trace and messages agree, and every contact has walked once, the whole way."""
    seen = check(running.database_url)
    assert Counter(who for _, who, _ in seen.passages) == Counter(PEOPLE)
    assert all(hops[-1][4] for _, _, hops in seen.passages)
    return seen
