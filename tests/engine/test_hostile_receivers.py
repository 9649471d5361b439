"""Mail servers and receivers that do everything wrong: nothing is lost, and nothing doubled for who looks at the id."""

import hashlib
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pytest

from tests.channels import receivers
from tests.channels.receivers import SECRET, Post, Receiver
from tests.channels.servers import DROP, HANG, Manners, RudeServer, delivered, message, parsed
from tests.engine.test_blackouts import EIGHT, Texting
from tests.engine.test_deliver import Mailing, check
from waystage.channels.base import Outcome
from waystage.channels.smtp import SmtpChannel, read_url
from waystage.channels.webhook import WebhookChannel

pytestmark = pytest.mark.spec("8.9")

EHLO = "250-rude\r\n250 PIPELINING"
#: What a server may do instead of its duty; most of the time it is polite.
WRONGS = ("421 enough", "451 later", "550 never", "599", "what?", "250", DROP, HANG)


def dice(seed: int) -> Callable[[int], int]:
    """Throws below a bound, the same again for the same seed."""
    throws = count()

    def throw(bound: int) -> int:
        return int.from_bytes(hashlib.sha256(f"{seed} {next(throws)}".encode()).digest()[:6], "big") % bound

    return throw


def wrong(seed: int, percent: int, *, together: bool) -> Manners:
    """Misbehaves at random; `together` if it announces that commands may come together."""
    throw = dice(seed)

    def manners(verb: str, n: int) -> str | None:
        if throw(100) < percent and verb != "QUIT":
            return WRONGS[throw(len(WRONGS))]
        return EHLO if together and verb == "EHLO" else None

    return manners


def ids(letters: list[bytes]) -> dict[str, set[bytes]]:
    """The different letters that were taken under each Message-ID; an empty one was meant for nobody."""
    found: dict[str, set[bytes]] = {}
    for octets in filter(bytes.strip, letters):
        name = str(parsed(octets)["Message-ID"]).strip("<>").removesuffix("@waystage")
        found.setdefault(name, set()).add(octets)
    return found


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_mail_server_that_does_everything_wrong(tmp_path: Path, seed: int, *, together: bool) -> None:
    with RudeServer(wrong(seed, 15, together=together)) as server:
        channel = SmtpChannel(read_url(server.url), "news@example.org", connections=4, patience=0.2)
        with Mailing(f"sqlite:///{tmp_path / 'waystage.db'}", channel) as machine:
            machine.prepare()
            machine.enter(60)
            machine.settle()
            check(machine)
            chains = machine.receipts()
            found = {one.message.effect.request_id: one.message for one in machine.messages()}
        taken = ids(server.letters)
    assert len(chains) == len(found) == 60
    assert {one.status for one in found.values()} <= {"sent", "failed"}
    assert all(len(letters) == 1 for letters in taken.values())  # every copy has the same octets
    sent = {name for name, one in found.items() if one.status == "sent"}
    perhaps = {
        name
        for name, one in found.items()
        if any(status == "unknown" for _, status, _ in chains[one.effect.lane, one.effect.seq])
        or (one.reason or "").startswith("OutcomeUnknown")
    }
    assert sent <= set(taken)  # what counts as sent was taken
    assert set(taken) <= sent | perhaps  # what was taken counts as sent, unless the answer was lost
    assert len(sent) > 20


def test_commands_that_come_together_are_refused_one_by_one() -> None:
    """Recipient and text are refused apart; a text that is asked for in spite of a refusal goes to nobody."""

    def manners(verb: str, n: int) -> str | None:
        refusals = {("RCPT", 1): "550 5.1.1 no such user", ("MAIL", 3): "451 later", ("DATA", 4): "452 full"}
        return EHLO if verb == "EHLO" else refusals.get((verb, n))

    with RudeServer(manners) as server:
        channel = SmtpChannel(read_url(server.url), "news@example.org", connections=1, patience=5)
        (receipts,) = delivered(channel, [message(number) for number in range(6)])
    assert [one.outcome.value for one in receipts] == ["failed", "sent", "deferred", "deferred", "sent", "sent"]
    assert [receipts[0].detail, receipts[2].detail] == ["550 5.1.1 no such user", "451 later"]
    assert server.seen["CONNECT"] == 1
    assert sorted(ids(server.letters)) == ["request-1", "request-4", "request-5"]


def test_a_server_that_answers_out_of_turn_is_not_believed() -> None:
    """One answer too many would be taken for the verdict on the next message."""
    with RudeServer(lambda verb, n: "250 fine\r\n250 fine" if (verb, n) == ("TEXT", 1) else None) as server:
        channel = SmtpChannel(read_url(server.url), "news@example.org", connections=1, patience=5)
        (receipts,) = delivered(channel, [message(number) for number in range(3)])
    assert [one.outcome for one in receipts] == [Outcome.UNKNOWN, Outcome.SENT, Outcome.SENT]
    assert server.seen["CONNECT"] == 2


def test_an_address_that_the_server_cannot_take_fails_for_good() -> None:
    with RudeServer() as server:
        channel = SmtpChannel(read_url(server.url), "news@example.org", connections=1, patience=5)
        (receipts,) = delivered(channel, [message(1, to="zoë@exämple.org"), message(2)])
    assert [one.outcome for one in receipts] == [Outcome.FAILED, Outcome.SENT]
    assert "SMTPUTF8" in receipts[0].detail


ANSWERS = (
    *("500 no", "503 busy\r\nRetry-After: 0", "429 slow\r\nRetry-After: 0", "429 slow", "408 late", "422 never"),
    *("302 there\r\nLocation: /", receivers.DROP, receivers.HANG, receivers.GARBAGE),
)


@pytest.mark.parametrize("seed", range(4))
def test_a_receiver_that_does_everything_wrong(tmp_path: Path, seed: int) -> None:
    throw = dice(seed)

    def manners(post: Post, n: int) -> str | None:
        return ANSWERS[throw(len(ANSWERS))] if throw(100) < 30 else None

    with Receiver(manners) as receiver:
        channel = WebhookChannel(receiver.url, SECRET, at_once=4, patience=0.2)
        with Texting(f"sqlite:///{tmp_path / 'waystage.db'}", channel) as machine:
            machine.prepare()
            machine.advance(to=EIGHT)
            machine.enter(60)
            machine.settle()
            found = {one.message.effect.request_id: one.message for one in machine.messages()}
            chains = machine.receipts()
            assert machine.number("SELECT count(*) FROM retry") == 0
    assert len(chains) == len(found) == 60
    sent = {name for name, one in found.items() if one.status == "sent"}
    assert {one.status for one in found.values()} <= {"sent", "failed"}
    assert set(receiver.taken) == sent
    bodies: Mapping[str, set[bytes]] = {
        name: {post.octets for post in receiver.posts if post.id == name} for name in sent
    }
    assert all(len(octets) == 1 for octets in bodies.values())
    assert len(sent) > 20


def test_what_the_receiver_says_becomes_the_status(database_url: str) -> None:
    says = {"c0": None, "c1": "422 never", "c2": "500 later", "c3": receivers.DROP}
    with Receiver(lambda post, n: says[post.body["contactKey"]]) as receiver:
        channel = WebhookChannel(receiver.url, SECRET, at_once=1)
        with Texting(database_url, channel) as machine:
            machine.prepare()
            machine.advance(to=EIGHT)
            machine.enter(4)
            machine.settle()
            found = {one.message.contact_key: one.message for one in machine.messages()}
    assert {who: (one.status, (one.reason or "").partition(":")[0]) for who, one in found.items()} == {
        "c0": ("sent", ""),
        "c1": ("failed", "422 said"),
        "c2": ("failed", "500 said"),
        "c3": ("failed", "OutcomeUnknown"),
    }
    tries = [sum(post.body["contactKey"] == who for post in receiver.posts) for who in says]
    assert tries[:3] == [1, 1, 4]
    assert 4 <= tries[3] <= 8  # a kept connection that is lost without a word is replaced at once


def test_a_rest_costs_nobody_an_attempt(sqlite_url: str) -> None:
    """Whoever is not tried in a rest is tried after it, for the first time."""
    with Receiver(lambda post, n: "429 slow\r\nRetry-After: 1" if n == 1 else None) as receiver:
        channel = WebhookChannel(receiver.url, SECRET, at_once=1)
        with Texting(sqlite_url, channel) as machine:
            machine.prepare()
            machine.advance(to=EIGHT)
            machine.enter(30)
            machine.settle()
            chains = list(machine.receipts().values())
    lengths = sorted(len(chain) for chain in chains)
    assert lengths == [1] * 29 + [2]
    assert all(chain[-1][1] == "sent" for chain in chains)
    assert {len(posts) for posts in receiver.taken.values()} == {1}
    assert len(receiver.taken) == 30
