"""A way out: what a channel is asked to deliver, what it answers, and the form in which it declares itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from waystage.ground.settings import Settings


class Outcome(StrEnum):
    """What came of one attempt to hand a message over."""

    SENT = "sent"
    FAILED = "failed"
    """Refused for good; another attempt would be refused too."""
    DEFERRED = "deferred"
    """Certainly not taken this time."""
    UNKNOWN = "unknown"
    """Perhaps taken, perhaps not: the connection was lost before the answer came (design 4)."""
    UNTRIED = "untried"
    """Left alone, because the other end has asked for a rest: no attempt is used up, and no receipt is written."""


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message. `request_id` is the same on every attempt, so that the receiver can drop a second copy.

    `at` is the journey time at which it was written, in ms UTC; `to` has not been checked by anybody. `channel` is the
    word by which its form names the channel, `details` what the configuration tells the provider.
    """

    request_id: str
    to: str
    subject: str
    html: str
    text: str
    at: int
    channel: str = "email"
    contact_key: str = ""
    journey_key: str = ""
    version: int = 0
    activity_key: str = ""
    details: tuple[tuple[str, str | int | bool], ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers of an e-mail."""
    feedback_url: str = ""
    """Where the provider may tell what became of it (POST `{type}`); empty where nobody listens."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome of one attempt; `detail` is for people, one line, empty when all went well.

    `reached` is false when nobody listens at the other end, so that other messages would fare no better for now.
    `rest` are the seconds for which the other end has asked to be left alone.
    """

    outcome: Outcome
    detail: str = ""
    reached: bool = True
    rest: float = 0.0
    bounced: bool = False
    """Whether the other end says that this recipient can have nothing: a fact for engagement splits."""


class Channel(Protocol):
    """A way out that is open. Used from one event loop; several batches may be under way at once."""

    @property
    def name(self) -> str:
        """The word by which forms of messages and receipts name it."""
        ...

    async def deliver(self, batch: Sequence[Message]) -> list[Receipt]:
        """Try each message once; one receipt for each, in their order. What goes wrong is told, never raised."""
        ...

    async def close(self) -> None:
        """Let go of every connection; nothing is under way any more."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelType:
    """How a channel declares itself. `settings` are the variables that it reads.

    `open` gives the channel, without touching the network yet, or None when the settings leave it without a way out.
    """

    name: str
    summary: str
    settings: tuple[str, ...]
    open: Callable[[Settings], Channel | None]
    serves: Callable[[Settings], tuple[str, ...]] | None = None
    """The channels of messages that leave by this way; without it that of its own name."""
