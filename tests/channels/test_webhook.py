"""Messages as signed posts, to receivers that behave and receivers that do not (journey-spec 8.9, contract 23)."""

import asyncio
import json
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from tests.channels.receivers import DROP, GARBAGE, HANG, SECRET, Receiver
from tests.channels.servers import delivered, message
from tests.crash.process import free_port
from waystage.channels import registry
from waystage.channels.base import Channel, Message, Outcome, Receipt
from waystage.channels.webhook import LONGEST_REST, WebhookChannel, key_of
from waystage.ground import clock
from waystage.ground.settings import SettingError, load

SENT = Receipt(Outcome.SENT)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def channel(url: str, *, at_once: int = 4, patience: float = 5.0) -> Channel:
    return WebhookChannel(url, SECRET, at_once=at_once, patience=patience)


def one(receiver: Receiver, letter: Message, *, attempts: int = 1) -> list[Receipt]:
    """The receipts of one message over several attempts."""
    return [receipts[0] for receipts in delivered(channel(receiver.url), *[[letter]] * attempts)]


def test_a_post_says_everything_and_is_signed(receiver: Receiver) -> None:
    letter = message(
        to="+491512345678", channel="sms", subject="Größe ☃", text="Zoë", contact_key="ann", journey_key="welcome",
        version=3, activity_key="SMSSYNC-1", details=(("keywordId", "K"), ("isOptIn", True), ("assetId", 7)),
    )  # fmt: skip
    assert one(receiver, letter) == [SENT]
    (post,) = receiver.posts
    assert post.body == {
        "requestId": "request-1",
        "channel": "sms",
        "to": "+491512345678",
        "contactKey": "ann",
        "journeyKey": "welcome",
        "version": 3,
        "activityKey": "SMSSYNC-1",
        "subject": "Größe ☃",
        "html": "",
        "text": "Zoë",
        "details": {"keywordId": "K", "isOptIn": True, "assetId": 7},
        "createdDate": "2026-01-01T00:00:00Z",
    }
    assert post.target == "/messages?from=waystage"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["idempotency-key"] == post.id == "request-1"
    assert abs(int(post.headers["webhook-timestamp"]) - clock.real_now() / 1000) < 60
    assert post.is_signed(key_of(SECRET))


def test_an_e_mail_says_more_and_tells_where_to_answer(receiver: Receiver) -> None:
    headers = (("List-Unsubscribe", "<https://example.org/u>"),)
    assert one(receiver, message(cc=("c@x",), headers=headers, feedback_url="https://example.org/back")) == [SENT]
    body = receiver.posts[0].body
    assert (body["cc"], body["bcc"], body["headers"]) == (["c@x"], [], dict(headers))
    assert body["feedbackUrl"] == "https://example.org/back"


def test_the_bytes_are_the_same_on_every_attempt() -> None:
    with Receiver(lambda post, n: "500 no" if n < 3 else None) as receiver:
        assert [one.outcome.value for one in one(receiver, message(), attempts=3)] == ["deferred", "deferred", "sent"]
    assert len({(post.octets, post.id) for post in receiver.posts}) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_sent(status: int) -> None:
    with Receiver(lambda post, n: f"{status} fine") as receiver:
        assert one(receiver, message()) == [SENT]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422, 451, 499])
def test_what_is_refused_for_good_fails(status: int) -> None:
    with Receiver(lambda post, n: f"{status} no") as receiver:
        assert one(receiver, message()) == [Receipt(Outcome.FAILED, f"{status} said")]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with Receiver() as elsewhere, Receiver(lambda post, n: f"{status} there\r\nLocation: {elsewhere.url}") as receiver:
        (receipt,) = one(receiver, message())
    assert receipt.outcome is Outcome.FAILED
    assert not elsewhere.posts


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_is_refused_for_now_is_deferred(status: int) -> None:
    with Receiver(lambda post, n: f"{status} later") as receiver:
        assert one(receiver, message()) == [Receipt(Outcome.DEFERRED, f"{status} said")]


@pytest.mark.parametrize("how", [DROP, GARBAGE])
def test_a_lost_or_senseless_answer_leaves_the_outcome_unknown(how: str) -> None:
    with Receiver(lambda post, n: how if n == 1 else None) as receiver:
        first, second = one(receiver, message(), attempts=2)
    assert (first.outcome, second) == (Outcome.UNKNOWN, SENT)
    assert first.detail.startswith("OutcomeUnknown:")
    assert first.reached
    assert [post.id for post in receiver.posts] == ["request-1", "request-1"]


def test_a_receiver_that_hangs_costs_one_time_out_for_each_connection() -> None:
    with Receiver(lambda post, n: HANG) as receiver:
        (receipts,) = delivered(channel(receiver.url, at_once=2, patience=0.5), [message(n) for n in range(6)])
    assert sorted(one.outcome.value for one in receipts) == ["deferred"] * 4 + ["unknown"] * 2
    assert not any(one.reached for one in receipts)
    assert len(receiver.posts) == 2


def test_nobody_listens() -> None:
    (receipts,) = delivered(channel(f"http://127.0.0.1:{free_port()}/"), [message(n) for n in range(50)])
    assert {(one.outcome, one.reached) for one in receipts} == {(Outcome.DEFERRED, False)}


def test_a_receiver_that_asks_for_a_rest_gets_it() -> None:
    with Receiver(lambda post, n: "429 slow\r\nRetry-After: 7" if n > 10 else None) as receiver:
        (receipts,) = delivered(channel(receiver.url, at_once=1), [message(n) for n in range(40)])
    outcomes = [one.outcome.value for one in receipts]
    assert outcomes == ["sent"] * 10 + ["deferred"] + ["untried"] * 29
    assert receipts[10].rest == 7.0
    assert all(6 < one.rest <= 7 for one in receipts[11:])
    assert len(receiver.posts) == 11


def test_a_rest_holds_for_all_connections_and_later_batches() -> None:
    with Receiver(lambda post, n: "503 slow\r\nRetry-After: 60" if n == 1 else None) as receiver:
        made = channel(receiver.url, at_once=1)
        first, second = delivered(made, [message(1), message(2)], [message(3)])
    assert [one.outcome.value for one in first + second] == ["deferred", "untried", "untried"]
    assert len(receiver.posts) == 1


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("0", 0, 0),
        ("12", 12, 12),
        ("99999999999", LONGEST_REST, LONGEST_REST),
        ("soon", 0, 0),
        ("-3", 0, 0),
        ("", 0, 0),
        ("in 100 s", 1, 100),
        (formatdate(0, usegmt=True), 0, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_how_long_a_rest_is(status: int, said: str, least: float, most: float) -> None:
    said = said.replace("in 100 s", formatdate(clock.real_now() / 1000 + 100, usegmt=True))
    with Receiver(lambda post, n: f"{status} slow\r\nRetry-After: {said}") as receiver:
        (receipt,) = one(receiver, message())
    assert receipt.outcome is Outcome.DEFERRED
    assert least <= receipt.rest <= most


def test_many_messages_share_few_connections() -> None:
    batch = [message(number) for number in range(200)]
    with Receiver() as receiver:
        (receipts,) = delivered(channel(receiver.url, at_once=5), batch)
        assert receiver.most_at_once <= 5
    assert receipts == [SENT] * 200
    assert sorted(receiver.taken) == sorted(one.request_id for one in batch)


def test_several_batches_share_the_bound() -> None:
    async def run(made: Channel) -> list[list[Receipt]]:
        batches = [[message(100 * place + number) for number in range(30)] for place in range(4)]
        try:
            return await asyncio.gather(*map(made.deliver, batches))
        finally:
            await made.close()

    with Receiver() as receiver:
        found = asyncio.run(run(channel(receiver.url, at_once=3)))
        assert receiver.most_at_once <= 3
    assert found == [[SENT] * 30] * 4


def test_a_text_that_no_json_can_hold_fails_alone(receiver: Receiver) -> None:
    (receipts,) = delivered(channel(receiver.url), [message(1, text="\ud800"), message(2)])
    assert [one.outcome.value for one in receipts] == ["failed", "sent"]


def test_a_huge_message_goes_out_whole(receiver: Receiver) -> None:
    text = "☃" * 2_000_000
    assert one(receiver, message(text=text)) == [SENT]
    assert receiver.posts[0].body["text"] == text


def test_the_settings_say_which_channels_go_there() -> None:
    given = {"WAYSTAGE_WEBHOOK_URL": "http://127.0.0.1:9/", "WAYSTAGE_WEBHOOK_SECRET": "s"}
    opened = registry.ways_out(load(given))
    assert sorted(opened) == ["inapp", "inbox", "line", "push", "sms", "whatsapp"]
    assert len({id(one) for one in opened.values()}) == 1
    assert sorted(registry.ways_out(load(given | {"WAYSTAGE_WEBHOOK_CHANNELS": "SMS, email"}))) == ["email", "sms"]
    assert registry.ways_out(load({})) == {}
    with_mail = registry.ways_out(load(given | {"WAYSTAGE_SMTP_URL": "smtp://127.0.0.1:9"}))
    assert with_mail["email"] is not with_mail["sms"]


@pytest.mark.parametrize(
    "given",
    [
        {"WAYSTAGE_WEBHOOK_URL": "http://x/"},
        {"WAYSTAGE_WEBHOOK_SECRET": "s"},
        {"WAYSTAGE_WEBHOOK_URL": "ftp://x/", "WAYSTAGE_WEBHOOK_SECRET": "s"},
        {"WAYSTAGE_WEBHOOK_URL": "http://x/ y", "WAYSTAGE_WEBHOOK_SECRET": "s"},
        {"WAYSTAGE_WEBHOOK_CHANNELS": "fax"},
        {
            "WAYSTAGE_WEBHOOK_URL": "http://x/",
            "WAYSTAGE_WEBHOOK_SECRET": "s",
            "WAYSTAGE_WEBHOOK_CHANNELS": "email",
            "WAYSTAGE_SMTP_URL": "smtp://x",
        },
    ],
)
def test_settings_that_contradict_each_other_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="WAYSTAGE_WEBHOOK"):
        load(given)


def test_a_secret_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        key_of("whsec_???")


def test_the_secret_is_shown_nowhere() -> None:
    settings = load({"WAYSTAGE_WEBHOOK_URL": "http://u:p@x/", "WAYSTAGE_WEBHOOK_SECRET": "hidden"})
    assert "hidden" not in repr(settings)
    assert "u:p" not in json.dumps(repr(settings))
