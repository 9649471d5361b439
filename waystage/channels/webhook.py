"""Messages of any channel as signed posts to one address: whoever receives them fits them to a provider.

The form is that of Standard Webhooks: `webhook-id` is the same on every attempt, `webhook-signature` an HMAC-SHA256
over id, timestamp and body. An answer in time decides: 2xx is sent; 408, 425, 429, 5xx and everything that is no answer
is tried again; every other status is a refusal for good, redirects among them (journey-spec 8.9, contract 23).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from waystage.channels.base import ChannelType, Message, Outcome, Receipt
from waystage.ground import clock, tracing
from waystage.ground.http import Answer, AnswerLost, Client, NoAnswerInTime, NotReached
from waystage.ground.settings import Settings
from waystage.spec.moments import iso_z

#: Requests that are under way at once at most, each on a connection of its own.
AT_ONCE: Final = 32
#: Seconds that the receiver may take for one answer.
PATIENCE: Final = 30.0
#: Seconds of rest that a receiver may ask for; a longer one counts as this.
LONGEST_REST: Final = 300.0

_SENT: Final = range(200, 300)
#: Statuses that say nothing about the message, only about the moment (RFC 9110 15.5.9, 8470, 6585).
_LATER: Final = frozenset({408, 425, 429})
_SERVER_ERRORS: Final = range(500, 600)
#: Statuses by which a receiver asks to be left alone for a while, if it says for how long.
_BUSY: Final = frozenset({429, 503})
_PREFIX: Final = "whsec_"
_LONGEST_DETAIL: Final = 300


def key_of(secret: str) -> bytes:
    """The signing key: base64 behind `whsec_`, else the text itself; ValueError."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("WAYSTAGE_WEBHOOK_SECRET: base64 is expected behind whsec_") from error


def written(message: Message) -> bytes:
    """What is posted: the same bytes on every attempt; ValueError for a text that no JSON can hold."""
    more: dict[str, object] = {"feedbackUrl": message.feedback_url} if message.feedback_url else {}
    if message.channel == "email":
        more |= {"cc": message.cc, "bcc": message.bcc, "headers": dict(message.headers)}
    return msgspec.json.encode({
        "requestId": message.request_id,
        "channel": message.channel,
        "to": message.to,
        "contactKey": message.contact_key,
        "journeyKey": message.journey_key,
        "version": message.version,
        "activityKey": message.activity_key,
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        "details": dict(message.details),
        "createdDate": iso_z(message.at),
        **more,
    })  # fmt: skip


def signature(key: bytes, request_id: str, seconds: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = hmac.new(key, f"{request_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


class WebhookChannel:
    """See `channels.base.Channel`."""

    name = "webhook"

    def __init__(self, url: str, secret: str, *, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        """`patience` in seconds for each answer; the address is the operator's own, so it may be private."""
        self._url = url
        self._key = key_of(secret)
        self._at_once = at_once
        self._patience = patience
        self._client = Client()
        self._free = asyncio.Semaphore(at_once)
        self._rests_until = 0.0

    async def deliver(self, batch: Sequence[Message]) -> list[Receipt]:
        """See `Channel.deliver`.

        Who meets a receiver that is away takes no more of this batch, and what nobody takes is deferred. One that asks
        for a rest is left alone, by other batches too.
        """
        started = clock.monotonic()
        receipts: dict[int, Receipt] = {}
        waiting = deque(enumerate(batch))
        await asyncio.gather(*(self._drain(waiting, receipts) for _ in range(min(self._at_once, len(batch)))))
        left = Receipt(Outcome.DEFERRED, "NotReached: the receiver is away or silent.", reached=False)
        if self._rests_until > started:
            left = Receipt(Outcome.UNTRIED, rest=max(0.0, self._rests_until - clock.monotonic()))
        return [receipts.get(place, left) for place in range(len(batch))]

    async def _drain(self, waiting: deque[tuple[int, Message]], receipts: dict[int, Receipt]) -> None:
        """Post one message after the other until nothing is left, or there is no point in going on."""
        reached = True
        while waiting and reached:
            async with self._free:
                if not waiting or self._rests_until > clock.monotonic():
                    return
                place, message = waiting.popleft()
                receipts[place] = receipt = await self._post(message)
            reached = receipt.reached
            if receipt.rest:
                self._rests_until = max(self._rests_until, clock.monotonic() + receipt.rest)

    async def _post(self, message: Message) -> Receipt:
        with tracing.span("post", "client", _about(message)) as span:
            receipt = await self._posted(message)
            if span is not None and receipt.outcome is not Outcome.SENT:
                span.fail(receipt.outcome.value)
        return receipt

    async def _posted(self, message: Message) -> Receipt:
        try:
            body = written(message)
            answer = await self._client.post(self._url, self._headers(message.request_id, body), body, self._patience)
        except NotReached as error:
            return Receipt(Outcome.DEFERRED, _line(f"NotReached: {error}"), reached=False)
        except AnswerLost as error:
            is_silent = isinstance(error, NoAnswerInTime)
            return Receipt(Outcome.UNKNOWN, _line(f"OutcomeUnknown: {error}"), reached=not is_silent)
        except ValueError as error:
            return Receipt(Outcome.FAILED, _line(f"CannotBeWritten: {error}"))
        return _receipt(answer)

    def _headers(self, request_id: str, body: bytes) -> Mapping[str, str]:
        seconds = clock.real_now() // 1000
        return {
            "Content-Type": "application/json",
            "Idempotency-Key": request_id,
            "webhook-id": request_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature(self._key, request_id, seconds, body),
            **tracing.headers(),
        }

    async def close(self) -> None:
        """See `Channel.close`."""
        await self._client.close()


def _about(message: Message) -> Mapping[str, str | int]:
    """What a trace tells of a message: what it is, never whose."""
    return {
        "waystage.channel": message.channel,
        "waystage.request_id": message.request_id,
        "waystage.journey": message.journey_key,
        "waystage.version": message.version,
        "waystage.activity": message.activity_key,
    }


def _receipt(answer: Answer) -> Receipt:
    """What the receiver's status means for the message."""
    if answer.status in _SENT:
        return Receipt(Outcome.SENT)
    detail = _line(f"{answer.status} {answer.body[:_LONGEST_DETAIL].decode('utf-8', 'replace')}")
    if answer.status in _LATER or answer.status in _SERVER_ERRORS:
        rest = min(LONGEST_REST, answer.retry_after) if answer.status in _BUSY else 0.0
        return Receipt(Outcome.DEFERRED, detail, rest=rest)
    return Receipt(Outcome.FAILED, detail)


def _line(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:_LONGEST_DETAIL]


def _open(settings: Settings) -> WebhookChannel | None:
    if settings.webhook_url is None or settings.webhook_secret is None:
        return None
    return WebhookChannel(settings.webhook_url, settings.webhook_secret)


CHANNEL = ChannelType(
    name="webhook",
    summary="Signed posts to one address, for every channel that it is asked to serve.",
    settings=("WAYSTAGE_WEBHOOK_URL", "WAYSTAGE_WEBHOOK_SECRET", "WAYSTAGE_WEBHOOK_CHANNELS"),
    open=_open,
    serves=lambda settings: settings.webhook_channels,
)
