"""How fast messages may leave: never faster than asked for, never slower than need be, and never lost (issue D)."""

import heapq
import threading
from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.machine import activity, email, journey
from tests.engine.test_deliver import SENT, Mailing, Post, check
from waystage.channels.base import Message, Receipt
from waystage.engine.sending.pacing import Pacer
from waystage.ground.settings import Rate, SettingError, load
from waystage.plan.effects import Effect, Form, Pace
from waystage.plan.moves import Emit
from waystage.store import outbox

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
#: 2026-01-01T00:00:00Z
START = 1_767_225_600_000


def effect(number: int, activity_number: int = 1) -> outbox.Effect:
    return outbox.Effect(1, number, number, 1, activity_number, number, START, 1, 0, "a@b", ())


def form(channel: str = "email", pace: Pace | None = None, offset: int = 0) -> Form:
    return Form(channel, "", "", "", (), deliverable=True, offset_minutes=offset, pace=pace)


def times(pacer: Pacer, asking: Iterable[tuple[int, int, Form]]) -> dict[int, int]:
    """When each of (number, since when, form) leaves, if it asks again whenever it is told to."""
    waiting = [(since, number, one) for number, since, one in asking]
    heapq.heapify(waiting)
    left: dict[int, int] = {}
    while waiting:
        now, number, one = heapq.heappop(waiting)
        until = pacer.admit(effect(number), one, now)
        if until is None:
            left[number] = now
        else:
            assert until > now
            heapq.heappush(waiting, (until, number, one))
    return left


def densest(left: Iterable[int], period: int) -> int:
    """The most that left within so many ms."""
    ordered = sorted(left)
    first = most = 0
    for place, instant in enumerate(ordered):
        while instant - ordered[first] >= period:
            first += 1
        most = max(most, place - first + 1)
    return most


def test_without_limits_everything_leaves_at_once() -> None:
    assert set(times(Pacer(), ((n, START, form()) for n in range(100))).values()) == {START}


@given(limit=st.integers(1, 300), count=st.integers(1, 400), gap=st.integers(0, 30))
@settings(max_examples=40)
def test_a_second_never_sees_more_than_its_limit(limit: int, count: int, gap: int) -> None:
    pacer = Pacer({"email": Rate(per_second=limit)})
    left = times(pacer, ((n, START + gap * n, form()) for n in range(count)))
    assert len(left) == count
    assert densest(left.values(), SECOND) <= limit + max(1, limit // 10) + 1
    # Nor does it take much longer than it has to.
    needed = max(gap * count, count * SECOND // limit)
    assert max(left.values()) - START <= needed * 1.3 + 2 * SECOND


def test_an_hour_never_sees_more_than_its_limit() -> None:
    pacer = Pacer({"email": Rate(per_second=50, per_hour=1_000)})
    left = times(pacer, ((n, START, form()) for n in range(2_500)))
    assert densest(left.values(), HOUR) <= 1_010
    assert max(left.values()) - START <= 2.6 * HOUR


def test_channels_do_not_wait_for_each_other() -> None:
    pacer = Pacer({"sms": Rate(per_second=1)})
    left = times(pacer, ((n, START, form("sms" if n % 2 else "email")) for n in range(20)))
    assert {left[n] for n in range(0, 20, 2)} == {START}
    assert max(left[n] for n in range(1, 20, 2)) >= START + 8 * SECOND


def test_activities_do_not_wait_for_each_other() -> None:
    pacer = Pacer()
    slow = form(pace=Pace(per_hour=60))
    untils = [pacer.admit(effect(n, 1), slow, START) for n in range(10)]
    assert untils[0] is None
    assert all(until is not None and until > START for until in untils[1:])
    assert untils[1:] == sorted(untils[1:], key=lambda one: one or 0)
    assert pacer.admit(effect(50, 2), slow, START) is None
    assert pacer.admit(effect(51, 1), form(), START) is None


@pytest.mark.parametrize(
    ("opens", "closes", "offset", "hour", "waits"),
    [
        (9, 17, 0, 12, 0),
        (9, 17, 0, 9, 0),
        (9, 17, 0, 17, 16),
        (9, 17, 0, 3, 6),
        (22, 6, 0, 23, 0),
        (22, 6, 0, 5, 0),
        (22, 6, 0, 6, 16),
        (9, 17, -360, 14, 1),
        (9, 17, 330, 3, 0.5),
        (0, 0, 0, 3, 0),
    ],
)
def test_an_activity_may_have_hours(opens: int, closes: int, offset: int, hour: int, waits: float) -> None:
    one = form(pace=Pace(0, opens * 60, closes * 60), offset=offset)
    now = START + hour * HOUR
    until = Pacer().admit(effect(1), one, now)
    assert until == (None if not waits else now + round(waits * HOUR))


def test_a_virtual_clock_knows_no_hours() -> None:
    pacer = Pacer({"email": Rate(per_second=1_000, per_hour=1)}, has_long_limits=False)
    one = form(pace=Pace(per_hour=1, opens=60, closes=120))
    assert set(times(pacer, ((n, START, one) for n in range(50))).values()) == {START}


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("", {}),
        ("email=50/s", {"email": Rate(50, 0)}),
        (" email = 50/s , 20000/h ; sms=10/s;", {"email": Rate(50, 20_000), "sms": Rate(10, 0)}),
    ],
)
def test_the_setting_is_read(text: str, rates: dict[str, Rate]) -> None:
    assert load({"WAYSTAGE_CHANNEL_RATES": text}).channel_rates == rates


@pytest.mark.parametrize(
    "text",
    ["email", "email=", "email=0/s", "email=5", "email=5/m", "fax=5/s", "=5/s", "email=1/s;email=2/s", "a,b=1/s"],
)
def test_a_setting_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="WAYSTAGE_CHANNEL_RATES"):
        load({"WAYSTAGE_CHANNEL_RATES": text})


def test_what_is_paced_leaves_once_and_no_attempt_is_used_up(database_url: str) -> None:
    class Slowly(Mailing):
        rates = MappingProxyType({"email": Rate(per_second=100)})

    post = Post()
    with Slowly(database_url, post) as machine:
        machine.prepare(following="W")
        machine.enter(60)
        machine.settle()
        check(machine)
        assert machine.chains() == {("sent",)}
        assert {len(tries) for tries in post.tried.values()} == {1}
        assert len(post.tried) == 60
        assert machine.number("SELECT count(*) FROM retry") == 0


def test_what_is_put_aside_survives_a_restart(sqlite_url: str) -> None:
    class Slowly(Mailing):
        rates = MappingProxyType({"email": Rate(per_second=20)})

    post = Post()
    with Slowly(sqlite_url, post) as machine:
        machine.prepare()
        machine.enter(30)
        machine.engine.rest().result()
        for _ in range(3):
            machine.begin_again(post)
            check(machine)
        machine.settle()
        assert Counter(len(tries) for tries in post.tried.values()) == {1: 30}


def test_an_activity_keeps_its_limit_and_others_go_on(sqlite_url: str) -> None:
    """On the system clock, where limits of an hour hold: one leaves, the others wait for their time."""
    tries = threading.Semaphore(0)

    def answer(message: Message, n: int) -> Receipt:
        tries.release()
        return SENT

    with Mailing(sqlite_url, Post(answer)) as machine:
        machine.deliverer._pacer.has_long_limits = True
        machine.prepare(following="W")
        slow = email("M")
        slow["configurationArguments"]["triggeredSend"] = {
            "emailId": 7, "throttleLimit": 2, "throttleOpens": "1/1/0001 12:00:00 AM", "throttleCloses": "1/1/0001",
        }  # fmt: skip
        machine.publish(journey([slow], key="slow"))
        machine.enter(10)
        machine.engine.rest().result()
        for _ in range(11):
            assert tries.acquire(timeout=30)
        machine.deliverer.stop()
        keys = Counter((one.journey_key, one.message.status) for one in machine.messages())
    assert keys == {("welcome", "sent"): 10, ("slow", "sent"): 1, ("slow", "queued"): 9}


def test_configured_limits_that_are_none_change_nothing(sqlite_url: str) -> None:
    post = Post()
    with Mailing(sqlite_url, post) as machine:
        machine.prepare()
        settings_ = {"emailId": 7, "throttleLimit": 0, "throttleOpens": "1/1/0001 12:00:00 AM"}
        plain = activity("M", "EMAILV2", None, configurationArguments={"triggeredSend": settings_})
        version = machine.publish(journey([plain], key="plain"))
        machine.settle()
        (move, _) = machine.plan(version).activity(1).step
        assert isinstance(move, Emit)
        assert isinstance(move.effect, Effect)
        assert move.effect.form.pace is None
