"""What the reference says of splits beyond the examples (journey-spec 3.5, 3.6)."""

import itertools
from typing import Any

import pytest

from tests.engine.machine import Machine, condition, criteria, decision, journey, split
from waystage.activities import random_split
from waystage.ground import ids
from waystage.installed import installed_kinds
from waystage.plan.catalog import Catalog, EventDefinition, Extension
from waystage.plan.compile import Identity, compile_journey
from waystage.plan.expressions import ShareBelow
from waystage.plan.moves import Route
from waystage.spec.document import parse
from waystage.spec.fields import Field, Schema

pytestmark = pytest.mark.spec("3.5", "3.6", "4.3")


def test_shares_come_close_to_their_percentages() -> None:
    """100,000 draws: each share within five standard deviations, and neighbours do not follow each other."""
    holder = Extension(1, "g", "d", "d", Schema((Field("K"),), "K"))
    catalog = Catalog(0, (EventDefinition(1, "e", "signup", "APIEvent", holder),), (holder,))
    document = journey([split("s", (45, None), (45, None), (10, None))])
    plan = compile_journey(parse(document), installed_kinds(), catalog, Identity()).plan
    assert plan is not None
    (route,) = plan.activities[0].step
    assert isinstance(route, Route)
    bounds = [arm.condition.bound for arm in route.arms if isinstance(arm.condition, ShareBelow)]
    for seed in ("one", "two"):
        key = ids.share_key(seed, 1, 1)
        chosen = [sum(ids.share(instance, 0, key) >= bound for bound in bounds) for instance in range(1, 100_001)]
        for path, percent in enumerate((45, 45, 10)):
            expected, spread = 1000 * percent, (1000 * percent * (1 - percent / 100)) ** 0.5
            assert abs(chosen.count(path) - expected) < 5 * spread
        alike = sum(one == other for one, other in itertools.pairwise(chosen))
        assert abs(alike - 41_500) < 5 * (100_000 * 0.415 * 0.585) ** 0.5


def test_the_range_of_shares_is_known_without_reaching_down() -> None:
    assert random_split._SHARE_RANGE == ids.SHARE_RANGE


def _published(url: str, activity: dict[str, Any]) -> list[str]:
    with Machine(url, lanes=1) as machine:
        machine.define_event()
        number = machine.save_journey(journey([activity]))
        return [one["errorCode"] for one in machine.publish_stored("welcome", number) if one["errorType"] == "Error"]


@pytest.mark.parametrize(
    "percentages",
    [
        (50, 49),
        (50, 51),
        (100, 0),
        (100,),
        (150, -50),
        ("50", "fifty"),
        ("", ""),
        (33.3, 66.7),
        (None, None),
        (10,) * 11,
    ],
    ids=str,
)
def test_percentages_that_are_no_shares(sqlite_url: str, percentages: tuple[Any, ...]) -> None:
    made = split("s", *((1, None) for _ in percentages))
    for outcome, percentage in zip(made["outcomes"], percentages, strict=True):
        outcome["arguments"]["percentage"] = percentage
    assert _published(sqlite_url, made) == ["190007"]


def test_ten_paths_in_text_and_numbers(sqlite_url: str) -> None:
    made = split("s", *((10, None) for _ in range(10)))
    made["outcomes"][3]["arguments"]["percentage"] = 10
    assert _published(sqlite_url, made) == []


YES = criteria(condition("Event.signup.Score", "Equal", "1"))


def test_a_path_without_criteria_is_the_remainder_only_at_the_end(sqlite_url: str) -> None:
    made = decision("d", [(YES, None), (YES, None)])
    del made["configurationArguments"]["criteria"]["path-0"]
    assert _published(sqlite_url, made) == ["190008"]


def test_more_than_twenty_paths(sqlite_url: str) -> None:
    assert _published(sqlite_url, decision("d", [(YES, None)] * 20)) == ["190008"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<FilterDefinition>", "190008"),
        ("<!DOCTYPE x []><FilterDefinition/>", "190008"),
        (criteria(condition("Event.signup.Score", "Resembles", "1")), "190008"),
        (criteria(condition("Event.signup.Nothing", "Equal", "1")), "190011"),
        (criteria(condition("Event.other.Score", "Equal", "1")), "190011"),
        (criteria(condition("Nowhere.Score", "Equal", "1")), "190011"),
        (criteria(condition("Interaction.d2.x", "Equal", "1")), "190011"),
        (criteria(condition("Event.signup.Score", "Equal", "{{Event.signup.Nothing}}")), "190011"),
        (criteria(condition("Event.signup.Score", "Equal", "{{")), "190008"),
    ],
)
def test_criteria_that_cannot_be_read(sqlite_url: str, text: str, code: str) -> None:
    assert _published(sqlite_url, decision("d", [(text, None)])) == [code]


def test_whoever_fits_the_first_path_takes_it(machine: Machine) -> None:
    machine.define_event()
    more = criteria(condition("Event.signup.Score", "GreaterThan", "0"))
    machine.publish(journey([decision("d", [(YES, None), (more, None)])]))
    machine.settle()
    machine.fire([("one", {"Score": 1}), ("two", {"Score": 2}), ("none", {})])
    assert [machine.trail(key) for key in ("one", "two", "none")] == [[(1, 0)], [(1, 1)], [(1, 2)]]
