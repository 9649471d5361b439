"""Messages that are written inside a black-out window leave at its end, once, whatever happens meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.machine import ACCOUNT, DAY, HOUR, START, activity, journey, wait
from tests.engine.test_deliver import Mailing, Post
from waystage.operations import delete_contacts
from waystage.store import inbox
from waystage.store.inbox import InboxKind

pytestmark = pytest.mark.spec("3.11")

EIGHT, TEN = START + 8 * HOUR, START + 22 * HOUR


class Texting(Mailing):
    """As `Mailing`, with text messages; its clock begins at midnight, within the window."""

    names: tuple[str, ...] = ("sms",)

    def prepare(self, text: str = "%%FirstName%%", *, following: str | None = "W", **more: Any) -> None:
        self.define_event()
        night = {
            "honorBlackoutWindowEnum": 1,
            "mobileBlackoutWindowStartTime": "22:00",
            "mobileBlackoutWindowEndTime": "08:00",
        }
        send = activity("M", "SMS", following, configurationArguments={"message": text, **night})
        numbers = {"mobileNumber": ["{{Event.signup.Tier}}"]}
        self.publish(journey([send, *([wait("W", None)] if following else [])], defaults=numbers, **more))

    def enter(self, count: int, first: int = 0) -> None:
        names = [f"c{number}" for number in range(first, first + count)]
        self.accept((name, {"Tier": f"+49151{first}00{name[1:]:0>4}", "FirstName": name}) for name in names)
        self.engine.notify()
        self.engine.rest().result()

    def count(self, table: str) -> int:
        return self.number(f"SELECT count(*) FROM {table}")


@pytest.fixture
def post() -> Post:
    return Post(name="sms")


@pytest.fixture
def machine(database_url: str, post: Post) -> Iterator[Texting]:
    with Texting(database_url, post) as made:
        yield made


def test_contacts_go_on_and_the_messages_leave_at_the_end(machine: Texting, post: Post) -> None:
    machine.prepare()
    machine.enter(40)
    machine.settle()
    assert (machine.count("queue"), machine.count("deferred"), len(post.tried)) == (40, 40, 0)
    assert {one.message.status for one in machine.messages()} == {"queued"}
    assert len(machine.messages(status="queued")) == 40
    machine.advance(to=EIGHT - 1)
    assert not post.tried
    assert machine.advance(to=EIGHT).now == EIGHT
    assert sorted(one.text for (one,) in post.tried.values()) == sorted(f"c{number}" for number in range(40))
    assert (machine.count("deferred"), machine.count("retry")) == (0, 0)
    assert machine.chains() == {("sent",)}
    sent = machine.messages(status="sent")
    assert {(one.message.effect.at, one.message.sent) for one in sent} == {(START, EIGHT)}


def test_outside_the_window_they_leave_at_once(machine: Texting, post: Post) -> None:
    machine.prepare()
    machine.advance(to=EIGHT)
    machine.enter(5)
    machine.settle()
    assert len(post.tried) == 5
    assert machine.count("timer") == 0
    machine.advance(to=TEN)
    machine.enter(5, 5)
    machine.settle()
    assert len(post.tried) == 5
    machine.advance(to=EIGHT + DAY)
    assert len(post.tried) == 10


def test_who_has_no_number_is_not_held(machine: Texting) -> None:
    machine.prepare()
    machine.fire([("ann", {}), ("bob", {"Tier": "1234567"})])
    found = {one.message.contact_key: one.message.status for one in machine.messages()}
    assert found == {"ann": "suppressed", "bob": "queued"}
    assert machine.count("deferred") == 1


def test_a_restart_forgets_none(machine: Texting, post: Post) -> None:
    machine.prepare()
    machine.enter(30)
    machine.begin_again(post)
    machine.settle()
    assert not post.tried
    machine.advance(to=EIGHT)
    assert {len(tries) for tries in post.tried.values()} == {1}
    assert len(post.tried) == 30


def test_a_stop_or_a_pause_recalls_none(machine: Texting, post: Post) -> None:
    machine.prepare()
    machine.enter(4)
    machine.pause()
    machine.advance(to=EIGHT)
    assert len(post.tried) == 4
    machine.resume()
    machine.advance(to=TEN)
    machine.enter(4, 4)
    machine.stop("welcome")
    machine.settle()
    machine.advance(to=EIGHT + DAY)
    assert len(post.tried) == 8


def test_a_deleted_contact_gets_nothing(machine: Texting, post: Post) -> None:
    machine.prepare()
    machine.enter(3)
    now = machine.clock.now()
    machine.write(lambda tx: delete_contacts.delete_contacts(tx, ACCOUNT, ["c1"], machine.numbers, now))
    machine.settle()
    machine.advance(to=EIGHT)
    assert sorted(one.text for (one,) in post.tried.values()) == ["c0", "c2"]
    reasons = {one.message.reason for one in machine.messages(status="suppressed")}
    assert reasons == {"ContactIsDeleted"}


def test_a_cleared_queue_is_empty(machine: Texting, post: Post) -> None:
    machine.prepare(following=None)
    machine.enter(3)
    version = machine.number("SELECT number FROM version")
    machine.write(lambda tx: inbox.tell_lanes(tx, InboxKind.CLEAR, machine.numbers.take()[0], ACCOUNT, version))
    machine.settle()
    machine.advance(to=EIGHT)
    assert not post.tried
    assert (machine.count("deferred"), machine.count("retry")) == (0, 0)
    assert {one.message.reason for one in machine.messages(status="suppressed")} == {"QueueCleared"}


def test_what_is_captured_is_not_held(database_url: str) -> None:
    class Silent(Texting):
        names = ()

    with Silent(database_url, Post()) as machine:
        machine.prepare()
        machine.enter(3)
        machine.settle()
        assert (machine.count("deferred"), machine.count("timer")) == (0, 0)
        assert {one.message.status for one in machine.messages()} == {"captured"}


def test_large_numbers_are_handed_over_in_slices(sqlite_url: str, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waystage.engine.deferral._SLICE", 7)
    with Texting(sqlite_url, post) as machine:
        machine.prepare()
        machine.enter(60)
        machine.advance(to=EIGHT)
        assert {len(tries) for tries in post.tried.values()} == {1}
        assert len(post.tried) == 60
