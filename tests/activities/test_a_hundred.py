"""A journey of a hundred activities of every kind publishes with few statements, whatever hangs together in it."""

from typing import Any

import pytest

from tests.engine.machine import ACCOUNT, Machine, condition, criteria, decision, email, journey, split, update, wait
from waystage.engine.plans import Plans
from waystage.operations import publish_version, run_job
from waystage.plan.strides import MOST_LEAVES, Cause, stride
from waystage.spec import problems
from waystage.store.versions import Selector

pytestmark = pytest.mark.spec("8.4", "11")

#: Statements that a publication takes besides one for each seat.
_AROUND = 30


def rounds(count: int, extension: str) -> list[dict[str, Any]]:
    """Ten activities a round: splits that meet again, messages, an update and a wait."""
    made: list[dict[str, Any]] = []
    for n in range(count):
        following = f"r{n + 1}-a" if n + 1 < count else None
        big = criteria(
            condition("Event.signup.Score", "GreaterThan", str(n)), condition("Event.signup.Tier", "Equal", "x")
        )
        made += [
            email(f"r{n}-a", f"r{n}-b", "Hello %%FirstName%%"),
            split(f"r{n}-b", (20, f"r{n}-c"), (30, f"r{n}-d"), (50, f"r{n}-e")),
            decision(f"r{n}-c", [(big, f"r{n}-d"), (big, f"r{n}-f")], f"r{n}-g"),
            decision(f"r{n}-d", [(big, f"r{n}-f")], f"r{n}-g"),
            split(f"r{n}-e", (50, f"r{n}-f"), (50, f"r{n}-g")),
            email(f"r{n}-f", f"r{n}-h", "One"),
            email(f"r{n}-g", f"r{n}-h", "Other"),
            update(f"r{n}-h", f"r{n}-i", (extension, "Tier", f"round {n}")),
            email(f"r{n}-i", f"r{n}-j"),
            wait(f"r{n}-j", following, 2),
        ]
    return made


def publish(machine: Machine, key: str, activities: list[dict[str, Any]]) -> tuple[int, str, int]:
    """Store and publish a journey; returns its number, what was found as JSON text, and the statements of the job."""
    number = machine.save_journey(journey(activities, key=key))
    now = machine.clock.now()
    job = machine.write(lambda tx: publish_version.request_publish(tx, ACCOUNT, Selector("key", key), 1, now))
    compiler = Plans(machine.plans.kinds, machine.offset)
    counted: list[int] = []

    def run(tx: Any) -> None:
        before = tx.statements
        run_job.run(tx, compiler, machine.numbers, job, now)
        counted.append(tx.statements - before)

    machine.write(run)
    machine.settle()
    ((text,),) = machine.rows("SELECT findings FROM job WHERE id = :job", job=job)
    return number, str(text), counted[0]


def test_a_hundred_activities_take_few_statements(machine: Machine) -> None:
    extension = machine.define_event()
    number, _, small = publish(machine, "small", rounds(1, extension))
    large_number, findings, large = publish(machine, "large", rounds(10, extension))
    assert problems.MANY_ACTIVITIES not in findings
    assert len(machine.plan(large_number).activities) == 100
    assert len(machine.seats(large_number)) == 10
    assert (len(machine.seats(number)), small) == (1, large - 9)
    assert large <= _AROUND + 10
    assert machine.number("SELECT count(*) FROM version WHERE status = 'Published'") == 2


def test_no_stride_of_it_grows_beyond_its_bound(machine: Machine) -> None:
    extension = machine.define_event()
    number, _, _ = publish(machine, "large", rounds(10, extension))
    plan = machine.plan(number)
    leaves = [
        len(stride(plan, one.number, Cause.DUE if one.type == "WAIT" else Cause.ARRIVED).leaves)
        for one in plan.activities
    ]
    assert max(leaves) <= MOST_LEAVES
    machine.fire([(f"c{n}", {"Score": n, "Tier": "x"}) for n in range(20)])
    machine.advance(30 * 86_400_000)
    assert machine.totals(number) == {"entered": 20, "ended:EndOfPath": 20}


def test_one_more_is_a_warning(machine: Machine) -> None:
    extension = machine.define_event()
    activities = rounds(10, extension)
    activities[-1]["outcomes"][0]["next"] = "last"
    _, findings, _ = publish(machine, "large", [*activities, email("last")])
    assert problems.MANY_ACTIVITIES in findings
