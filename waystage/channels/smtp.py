"""E-mail over SMTP: a few connections, many messages over each, every message with the same bytes on every attempt."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from typing import Final, cast
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException

from waystage.channels._dialogue import Dialogue, Lost, Refused
from waystage.channels._letters import written
from waystage.channels.base import ChannelType, Message, Outcome, Receipt
from waystage.ground.settings import Settings

#: Connections to the server at most; each carries one message at a time.
CONNECTIONS: Final = 8
#: Seconds that the server may take for one answer.
PATIENCE: Final = 30.0

#: "Service closing transmission channel" (RFC 5321 4.2.3), such as after many messages over one connection.
_CLOSING: Final = 421
#: Something on both sides of one @, and nothing that would mean more to SMTP or to a header than an address.
_ADDRESS: Final = re.compile(r"[^\s\x00-\x1f\x7f@<>()\[\],;:\\\"]+@[^\s\x00-\x1f\x7f@<>()\[\],;:\\\"]+")
_LONGEST_ADDRESS: Final = 254
_LONGEST_DETAIL: Final = 300


class NotTaken(Exception):
    """The server can do nothing with such a message, now or later."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where and as whom to send; `tls` from the first byte (smtps), otherwise STARTTLS if the server offers it."""

    host: str
    port: int | None
    tls: bool
    user: str | None
    password: str | None


def read_url(url: str) -> Server:
    """Read `smtp[s]://user:password@host:port`, user and password percent-encoded; ValueError."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("WAYSTAGE_SMTP_URL names no host")
    user, password = (None if one is None else unquote(one) for one in (parts.username, parts.password))
    return Server(parts.hostname, parts.port, parts.scheme == "smtps", user or None, password)


class _Connection:
    """One connection, used for one message after the other and made anew when it was lost."""

    def __init__(self, server: Server, sender: str, patience: float) -> None:
        self._is_busy = False
        self._sender = sender
        self._patience = patience
        self._smtp = SMTP(
            hostname=server.host, port=server.port, use_tls=server.tls, username=server.user,
            password=server.password, timeout=patience,
        )  # fmt: skip
        self._dialogue: Dialogue | None = None

    async def send(self, to: Sequence[str], octets: bytes) -> Receipt:
        """One attempt. Before the text goes out a trouble is harmless; while it does, the outcome is unknown.

        The message is for the first of `to`; the others get copies, whom the server may refuse.
        """
        self._is_busy = True
        receipt = await self._attempt(to, octets)
        self._is_busy = False
        return receipt

    async def _attempt(self, to: Sequence[str], octets: bytes) -> Receipt:
        try:
            dialogue = await self._announce(to)
        except Refused as refusal:
            return await self._refused(refusal)
        except NotTaken as error:
            return Receipt(Outcome.FAILED, _line(f"NotSupported: {error}"))
        except (SMTPException, OSError) as error:
            self._hang_up()
            return Receipt(Outcome.DEFERRED, _line(f"NotReached: {error}"), reached=False)
        try:
            await dialogue.text(octets)
        except Refused as refusal:
            return await self._refused(refusal)
        except OSError as error:
            self._hang_up()
            is_silent = isinstance(error, TimeoutError)
            return Receipt(Outcome.UNKNOWN, _line(f"OutcomeUnknown: {error}"), reached=not is_silent)
        return Receipt(Outcome.SENT)

    async def _announce(self, to: Sequence[str]) -> Dialogue:
        """Sender and recipient; a connection that the server has ended since the last message is made anew once."""
        if self._dialogue is not None and self._dialogue.is_open:
            try:
                return await self._envelope(self._dialogue, to)
            except Lost:
                pass
            except Refused as refusal:
                if refusal.code != _CLOSING:
                    raise
        self._hang_up()
        return await self._envelope(await self._connect(), to)

    async def _connect(self) -> Dialogue:
        """What the server says to a greeting or a login is no verdict on the message that waits."""
        try:
            await self._smtp.connect()
            if self._smtp.is_ehlo_or_helo_needed:
                await self._greet()
        except SMTPResponseException as error:
            raise SMTPException(f"{error.code} {error.message}") from error
        transport = self._smtp.transport
        if transport is None:
            raise SMTPException("the connection was lost")
        together = self._smtp.supports_extension("pipelining")
        self._dialogue = Dialogue(cast("asyncio.Transport", transport), together=together, patience=self._patience)
        return self._dialogue

    async def _greet(self) -> None:
        try:
            await self._smtp.ehlo()
        except SMTPHeloError:
            await self._smtp.helo()

    async def _envelope(self, dialogue: Dialogue, to: Sequence[str]) -> Dialogue:
        option = b""
        if self._smtp.supports_extension("smtputf8"):
            option = b"" if "".join((*to, self._sender)).isascii() else b" SMTPUTF8"
        elif not (to[0] + self._sender).isascii():
            raise NotTaken("the server takes no addresses beyond ASCII (SMTPUTF8).")
        copies = [one.encode() for one in to[1:] if option or one.isascii()]
        await dialogue.envelope(self._sender.encode(), to[0].encode(), option, copies)
        return dialogue

    async def _refused(self, refusal: Refused) -> Receipt:
        """5xx is for good, 4xx for now (RFC 5321 4.2.1); the connection is made ready for the next message."""
        outcome = Outcome.FAILED if 500 <= refusal.code < 600 else Outcome.DEFERRED
        try:
            if self._dialogue is not None:
                await self._dialogue.reset()
        except OSError:
            self._hang_up()
        bounced = refusal.is_recipient and outcome is Outcome.FAILED
        return Receipt(outcome, _line(str(refusal)), bounced=bounced)

    def _hang_up(self) -> None:
        if self._dialogue is not None:
            self._dialogue.close()
            self._dialogue = None
        self._smtp.close()

    async def close(self) -> None:
        """Say good-bye if the server still listens; within a message that was cut off there is no place for it."""
        if not self._is_busy and self._dialogue is not None:
            await self._dialogue.say_goodbye()
        self._hang_up()


class SmtpChannel:
    """See `channels.base.Channel`."""

    name = "email"

    def __init__(
        self, server: Server, sender: str, *, connections: int = CONNECTIONS, patience: float = PATIENCE
    ) -> None:
        """`sender` stands in From, its address in the envelope; `patience` in seconds for each answer."""
        self.server = server
        self._sender = sender
        envelope = parseaddr(sender)[1]
        self._all = [_Connection(server, envelope, patience) for _ in range(connections)]
        self._free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        for connection in self._all:
            self._free.put_nowait(connection)

    async def deliver(self, batch: Sequence[Message]) -> list[Receipt]:
        """See `Channel.deliver`.

        A connection that meets a server that is away or silent takes no more of this batch, lest every message wait
        for the same time-out; what nobody takes is deferred for the same reason.
        """
        receipts: dict[int, Receipt] = {}
        waiting = deque(enumerate(batch))
        drains = (self._drain(waiting, receipts) for _ in range(min(len(self._all), len(batch))))
        await asyncio.gather(*drains)
        left = Receipt(Outcome.DEFERRED, "NotReached: the server is away or silent.", reached=False)
        return [receipts.get(place, left) for place in range(len(batch))]

    async def _drain(self, waiting: deque[tuple[int, Message]], receipts: dict[int, Receipt]) -> None:
        """Send over one connection what is left, until nothing is or the server is not reached."""
        connection = await self._free.get()
        reached = True
        try:
            while waiting and reached:
                place, message = waiting.popleft()
                receipts[place] = receipt = await self._send(connection, message)
                reached = receipt.reached
        finally:
            self._free.put_nowait(connection)

    async def _send(self, connection: _Connection, message: Message) -> Receipt:
        if not _is_address(message.to):
            return Receipt(Outcome.FAILED, _line(f"InvalidAddress: {message.to!r} has invalid syntax."))
        cc, bcc = (tuple(filter(_is_address, copies)) for copies in (message.cc, message.bcc))
        try:
            octets = written(message if cc == message.cc else replace(message, cc=cc), self._sender)
        except ValueError as error:
            return Receipt(Outcome.FAILED, _line(f"CannotBeWritten: {error}"))
        return await connection.send([message.to, *cc, *bcc], octets)

    async def close(self) -> None:
        """See `Channel.close`."""
        await asyncio.gather(*(connection.close() for connection in self._all))


def _is_address(text: str) -> bool:
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def _line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_DETAIL]


def _open(settings: Settings) -> SmtpChannel | None:
    return SmtpChannel(read_url(settings.smtp_url), settings.mail_from) if settings.smtp_url else None


CHANNEL = ChannelType(
    name="email",
    summary="E-mail over SMTP.",
    settings=("WAYSTAGE_SMTP_URL", "WAYSTAGE_MAIL_FROM"),
    open=_open,
)
