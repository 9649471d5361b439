"""The sender: every effect is tried, told and never forgotten, whatever the way out does (design 4, 8.1)."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.servers import DROP, RudeServer, parsed
from tests.engine.machine import ACCOUNT, DAY, START, Machine, activity, email, journey, wait
from waystage.channels import registry
from waystage.channels.base import Channel, Message, Outcome, Receipt
from waystage.engine.plans import Plans
from waystage.engine.running.loop import Engine
from waystage.engine.running.timekeeping import clock_for
from waystage.engine.sending.deliver import Deliverer, DelivererStopped
from waystage.ground.clock import VirtualClock
from waystage.ground.settings import ClockChoice, Rate, load
from waystage.installed import installed_kinds
from waystage.operations import read_messages, save_asset
from waystage.operations.read_messages import Query, Reading
from waystage.store import senders
from waystage.store.sql import Tx

QUICK = (0.01, 0.01, 0.01)
SENT = Receipt(Outcome.SENT)


@dataclass
class Post:
    """A way out in this process: `answer` gives the receipt of the n-th attempt of each message."""

    answer: Callable[[Message, int], Receipt] = lambda message, n: SENT
    name: str = "email"
    tried: defaultdict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))

    async def deliver(self, batch: Sequence[Message]) -> list[Receipt]:
        return [self._try(message) for message in batch]

    def _try(self, message: Message) -> Receipt:
        self.tried[message.request_id].append(message)
        return self.answer(message, len(self.tried[message.request_id]))

    async def close(self) -> None:
        """Nothing to let go of."""


class Mailing(Machine):
    """An engine with a sender whose channel a test chooses; three lanes. `names`: the channels that leave by it."""

    names: tuple[str, ...] = ("email",)
    rates: Mapping[str, Rate] = MappingProxyType({})

    def __init__(self, url: str, channel: Channel, pauses: Sequence[float] = QUICK) -> None:
        self.channel = channel
        self.pauses = pauses
        super().__init__(url)

    def _engine(self) -> Engine:
        clock = clock_for(self.database, ClockChoice("virtual", start=START))
        assert isinstance(clock, VirtualClock)
        self.clock = clock
        self.plans = Plans(installed_kinds(), self.offset, frozenset(self.names), self.numbers)
        engine = Engine(self.database, clock, self.plans)
        ways_out = dict.fromkeys(self.names, self.channel)
        self.deliverer = Deliverer(self.database, self.clock, ways_out, self.pauses, rates=self.rates)
        return engine

    def begin(self) -> None:
        self.engine.start(self.deliverer)
        self.deliverer.start()

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self.deliverer.stop()
        super().__exit__(kind, error, trail)

    def begin_again(self, channel: Channel) -> None:
        """Another sender and engine on the same database, as after a restart."""
        self.deliverer.stop()
        self.engine.stop()
        self.channel = channel
        self.engine = self._engine()
        self.begin()

    def prepare(self, text: str = "%%FirstName%%", *, following: str | None = None, **more: Any) -> None:
        """A published journey that sends one mail to whoever enters."""
        self.define_event()
        body = {
            "name": "Mail",
            "assetType": {"id": 208},
            "legacyData": {"legacyId": 7},
            "views": {"subjectline": {"content": "Hi"}, "text": {"content": text}},
        }
        self.write(lambda tx: save_asset.create(tx, ACCOUNT, 1, body, now=self.clock.now()))
        send = activity("M", "EMAILV2", following, configurationArguments={"triggeredSend": {"emailId": 7}})
        rest = [wait(following, None)] if following else []
        self.publish(journey([send, *rest], **more))

    def enter(self, count: int, first: int = 0) -> None:
        """So many contacts enter; the sender is not waited for."""
        names = [f"c{number}" for number in range(first, first + count)]
        self.accept((name, {"EmailAddress": f"{name}@example.com", "FirstName": name}) for name in names)
        self.engine.notify()

    def receipts(self) -> dict[tuple[int, int], list[tuple[int, str, str]]]:
        """See `chains_of`."""
        return self.read(chains_of)

    def chains(self) -> set[tuple[str, ...]]:
        """The different chains of receipts."""
        return {tuple(status for _, status, _ in chain) for chain in self.receipts().values()}

    def messages(self, **query: str) -> list[Reading]:
        return self.read(lambda tx: read_messages.page(tx, ACCOUNT, Query(**query), 1000, 0))[1]


def check(machine: Mailing) -> None:
    """The mark never passes what has no receipt; what is tried again, and nothing else, stands in `retry` once.

    What was passed untried stands there with its first attempt. One snapshot, for the sender may be at work.
    """
    machine.read(_check)


def _check(tx: Tx) -> None:
    marks: dict[int, int] = dict(tx.rows("SELECT lane, seq FROM mark WHERE name = 'email'"))
    passed = {
        (lane, seq)
        for lane, seq in tx.rows("SELECT lane, seq FROM outbox WHERE state = 0")
        if seq <= marks.get(lane, 0)
    }
    again = {(lane, seq): attempt for lane, seq, attempt in tx.rows("SELECT lane, seq, attempt FROM retry")}
    assert len(again) == (tx.one("SELECT count(*) FROM retry") or (0,))[0]
    chains = chains_of(tx)
    untried = set(again) - set(chains)
    assert {again.pop(place) for place in untried} <= {1}
    assert set(chains) | untried == passed
    for place, chain in chains.items():
        assert [attempt for attempt, _, _ in chain] == list(range(1, len(chain) + 1))
        *earlier, (last, status, _) = chain
        assert all(word in {"deferred", "unknown"} for _, word, _ in earlier)
        assert again.pop(place, None) == (last + 1 if status in {"deferred", "unknown"} else None)
    assert again == {}


def chains_of(tx: Tx) -> dict[tuple[int, int], list[tuple[int, str, str]]]:
    """(attempt, status, detail) of every effect that was tried, by lane and number."""
    found: dict[tuple[int, int], list[tuple[int, str, str]]] = defaultdict(list)
    rows = tx.rows("SELECT lane, seq, attempt, status, detail FROM receipt ORDER BY lane, seq, attempt")
    for lane, seq, *rest in rows:
        found[lane, seq].append((rest[0], rest[1], rest[2]))
    return found


def test_effects_are_sent_once_and_the_passage_does_not_wait(database_url: str) -> None:
    post = Post()
    with Mailing(database_url, post) as machine:
        machine.prepare(following="W")
        machine.enter(40)
        machine.settle()
        check(machine)
        assert machine.chains() == {("sent",)}
        assert sorted(one.message.contact_key for one in machine.messages(status="sent")) == sorted(
            f"c{number}" for number in range(40)
        )
        assert {len(tries) for tries in post.tried.values()} == {1}
        assert {(one.to, one.text) for (one,) in post.tried.values()} == {
            (f"c{number}@example.com", f"c{number}") for number in range(40)
        }
        assert machine.number("SELECT count(*) FROM queue") == 40


def test_refusals_for_now_are_tried_again_until_the_third_retry(database_url: str) -> None:
    wanted = {"c0": 1, "c1": 3, "c2": 4, "c3": 9}
    later = Receipt(Outcome.DEFERRED, "451 later")
    post = Post(lambda message, n: later if n < wanted[message.text] else SENT)
    with Mailing(database_url, post) as machine:
        machine.prepare(following="W")
        machine.enter(4)
        machine.settle()
        check(machine)
        found = {one.message.contact_key: one.message for one in machine.messages()}
        assert {key: (one.status, one.reason) for key, one in found.items()} == {
            "c0": ("sent", None),
            "c1": ("sent", None),
            "c2": ("sent", None),
            "c3": ("failed", "451 later"),
        }
        assert machine.chains() == {
            ("sent",),
            ("deferred", "deferred", "sent"),
            ("deferred", "deferred", "deferred", "sent"),
            ("deferred", "deferred", "deferred", "failed"),
        }
        assert all(one == tries[0] for tries in post.tried.values() for one in tries)
        assert machine.number("SELECT count(*) FROM queue") == 4  # a failed message holds nobody up
        assert machine.advance(2 * DAY).moved == 4


def test_an_attempt_with_unknown_outcome_is_visible_and_repeated_under_the_same_name(database_url: str) -> None:
    dropped = threading.Event()

    def manners(verb: str, n: int) -> str | None:
        if (verb, n) != ("TEXT", 1):
            return None
        dropped.set()
        return DROP

    with RudeServer(manners) as server:
        channel = registry.ways_out(load({"WAYSTAGE_SMTP_URL": server.url}))["email"]
        with Mailing(database_url, channel, (0.5,)) as machine:
            machine.prepare()
            machine.enter(1)
            assert dropped.wait(30)
            machine.begin_again(registry.ways_out(load({"WAYSTAGE_SMTP_URL": server.url}))["email"])
            (queued,) = machine.messages()
            if machine.chains() == {("unknown",)}:  # unless half a second has passed already
                assert queued.message.status == "queued"
                assert (queued.message.reason or "").startswith("OutcomeUnknown")
            machine.settle()
            check(machine)
            assert machine.chains() == {("unknown", "sent")}
            (sent,) = machine.messages(status="sent")
    assert [parsed(octets)["Message-ID"] for octets in server.letters] == [
        f"<{sent.message.effect.request_id}@waystage>"
    ]


def test_what_was_sent_but_not_recorded_is_sent_again_under_the_same_name(database_url: str) -> None:
    sent = threading.Event()

    class Dying(Post):
        """Sends, then the process dies before anything is recorded."""

        async def deliver(self, batch: Sequence[Message]) -> list[Receipt]:
            await super().deliver(batch)
            sent.set()
            raise RuntimeError("dead")

    first, second = Dying(), Post()
    with Mailing(database_url, first) as machine:
        machine.prepare()
        machine.enter(1)
        assert sent.wait(30)
        assert machine.receipts() == {}
        machine.begin_again(second)
        machine.settle()
        check(machine)
        assert machine.chains() == {("sent",)}
        assert len(machine.receipts()) == 1
    assert list(first.tried) == list(second.tried)
    assert first.tried[next(iter(first.tried))][0] == second.tried[next(iter(second.tried))][0]


OUTCOMES = st.sampled_from([*Outcome, Outcome.SENT, Outcome.DEFERRED])


@given(plan=st.lists(OUTCOMES, min_size=8, max_size=60), stops=st.lists(st.integers(1, 25), max_size=4))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_mark_never_passes_what_has_no_receipt(
    tmp_path_factory: pytest.TempPathFactory, plan: list[Outcome], stops: list[int]
) -> None:
    """Any outcomes in any order, with restarts at any time."""
    outcomes = iter(plan * 40)
    tries = threading.Semaphore(0)

    def answer(message: Message, n: int) -> Receipt:
        tries.release()
        outcome = next(outcomes, Outcome.SENT)
        return Receipt(outcome, reached=outcome is not Outcome.DEFERRED)

    folder = tmp_path_factory.mktemp("outbox")
    post = Post(answer)
    with Mailing(f"sqlite:///{folder / 'waystage.db'}", post, (0.001, 0.001, 0.001)) as machine:
        machine.prepare()
        machine.enter(20)
        for stop in stops:
            for _ in range(stop):
                tries.acquire(timeout=0.05)
            machine.begin_again(post)
            check(machine)
        machine.settle()
        check(machine)
        assert len(machine.receipts()) == 20
        assert machine.number("SELECT count(*) FROM retry") == 0
        assert {chain[-1] for chain in machine.chains()} <= {"sent", "failed"}
        assert all(len({(one.to, one.text) for one in tries}) == 1 for tries in post.tried.values())


def test_while_nobody_listens_new_effects_wait_for_the_retries(sqlite_url: str) -> None:
    tried = threading.Event()

    def away(message: Message, n: int) -> Receipt:
        tried.set()
        return Receipt(Outcome.DEFERRED, "NotReached", reached=False)

    with Mailing(sqlite_url, Post(away), (3600.0,)) as machine:
        machine.prepare()
        machine.enter(1500)
        rest = machine.engine.settle()
        assert tried.wait(30)
        machine.deliverer.stop()
        with pytest.raises(DelivererStopped):
            rest.result()
        check(machine)
        assert machine.number("SELECT count(*) FROM outbox") == 1500
        # Three lanes: the first, small batch of each was tried, the other effects have lost no attempt.
        assert len(machine.receipts()) <= 3 * 32


def test_no_transaction_is_open_while_messages_are_sent(database_url: str) -> None:
    under_way, written = threading.Event(), threading.Event()

    class Slow(Post):
        async def deliver(self, batch: Sequence[Message]) -> list[Receipt]:
            under_way.set()
            assert written.wait(30)
            return await super().deliver(batch)

    with Mailing(database_url, Slow()) as machine:
        machine.prepare()
        machine.enter(1)
        assert under_way.wait(30)
        machine.write(lambda tx: tx.run("UPDATE contact SET created = created"))
        written.set()
        machine.settle()
        assert machine.chains() == {("sent",)}


def test_a_message_that_cannot_be_made_fails_alone(sqlite_url: str) -> None:
    with Mailing(sqlite_url, Post()) as machine:
        machine.prepare()
        machine.deliverer.stop()
        machine.enter(3)
        with pytest.raises(DelivererStopped):
            machine.settle()
        lane, seq = machine.rows("SELECT lane, seq FROM outbox ORDER BY lane, seq LIMIT 1")[0]

        def spoil(tx: Tx) -> None:
            few = tx.dialect.json_in(":few")
            text = f"UPDATE outbox SET parameters = {few} WHERE lane = :lane AND seq = :seq"
            tx.run(text, few='["a@b"]', lane=lane, seq=seq)

        machine.write(spoil)
        machine.begin_again(Post())
        machine.settle()
        receipts = machine.receipts()
        ((_, status, detail),) = receipts.pop((lane, seq))
        assert (status, detail.partition(":")[0]) == ("failed", "CannotBeRendered")
        assert [chain[0][1] for chain in receipts.values()] == ["sent", "sent"]


def test_a_mark_over_captured_messages_is_kept_at_the_end(sqlite_url: str) -> None:
    with Mailing(sqlite_url, Post()) as machine:
        machine.define_event()
        machine.publish(journey([email("M")]))
        machine.enter(30)
        machine.settle()
        machine.deliverer.stop()
        assert machine.receipts() == {}
        heads = machine.rows("SELECT lane, effects - 1 FROM lease ORDER BY lane")
        assert machine.rows("SELECT lane, seq FROM mark WHERE name = 'email' ORDER BY lane") == heads


def test_a_test_run_says_so_in_its_messages(sqlite_url: str) -> None:
    post = Post()
    with Mailing(sqlite_url, post) as machine:
        machine.prepare("{{Context.IsTest}} {{Context.ExecutionMode}}", executionMode="Test")
        machine.enter(1)
        machine.settle()
    assert [one.text for tries in post.tried.values() for one in tries] == ["true Test"]


def test_the_instance_in_a_message_is_the_passage(sqlite_url: str) -> None:
    post = Post()
    with Mailing(sqlite_url, post) as machine:
        machine.prepare("{{Context.DefinitionInstanceId}}")
        machine.enter(2)
        machine.settle()
        texts = {one.text for tries in post.tried.values() for one in tries}
        assert len(texts) == 2
        assert {one.texts.text for one in machine.messages()} == texts


class Held(Post):
    """A way out that is in the middle of sending until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    async def deliver(self, batch: Sequence[Message]) -> list[Receipt]:
        self.begun.set()
        await asyncio.to_thread(self.go_on.wait, 30)
        return await super().deliver(batch)


def test_a_sender_that_was_replaced_records_nothing(database_url: str) -> None:
    """As after a pause longer than the lease, in the middle of sending: the next owner has begun meanwhile."""
    post = Held()
    with Mailing(database_url, post) as machine:
        machine.prepare()
        machine.enter(9)
        machine.engine.rest().result()
        assert post.begun.wait(30)
        later = {lane: 99 for (lane,) in machine.rows("SELECT lane FROM lease")}
        machine.write(lambda tx: senders.claim(tx, "email", later))
        post.go_on.set()
        machine.settle()
        assert machine.chains() == set()
        assert set(machine.rows("SELECT seq FROM mark WHERE name = 'email'")) <= {(0,)}
        machine.write(lambda tx: tx.run("DELETE FROM sender"))
        machine.begin_again(Post())
        machine.settle()
        check(machine)
        assert machine.chains() == {("sent",)}
