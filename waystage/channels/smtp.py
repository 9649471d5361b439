"""E-mail over SMTP: a few connections, many messages over each, every message with the same bytes on every attempt."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

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
        self._smtp = SMTP(
            hostname=server.host, port=server.port, use_tls=server.tls, username=server.user,
            password=server.password, timeout=patience,
        )  # fmt: skip

    async def send(self, to: str, octets: bytes) -> Receipt:
        """One attempt. Before the text goes out a trouble is harmless; while it does, the outcome is unknown."""
        self._is_busy = True
        receipt = await self._attempt(to, octets)
        self._is_busy = False
        return receipt

    async def _attempt(self, to: str, octets: bytes) -> Receipt:
        try:
            await self._announce(to)
        except SMTPResponseException as error:
            return await self._refused(error)
        except (SMTPException, OSError) as error:
            self._smtp.close()
            return Receipt(Outcome.DEFERRED, _line(f"NotReached: {error}"), reached=False)
        try:
            await self._smtp.data(octets)
        except SMTPResponseException as error:
            return await self._refused(error)
        except (SMTPException, OSError) as error:
            self._smtp.close()
            is_silent = isinstance(error, TimeoutError)
            return Receipt(Outcome.UNKNOWN, _line(f"OutcomeUnknown: {error}"), reached=not is_silent)
        return Receipt(Outcome.SENT)

    async def _announce(self, to: str) -> None:
        """Sender and recipient; a connection that the server has ended since the last message is made anew once."""
        if self._smtp.is_connected:
            try:
                return await self._envelope(to)
            except SMTPServerDisconnected:
                self._smtp.close()
            except SMTPResponseException as error:
                if error.code != _CLOSING:
                    raise
                self._smtp.close()
        await self._connect()
        return await self._envelope(to)

    async def _connect(self) -> None:
        """What the server says to a greeting or a login is no verdict on the message that waits."""
        try:
            await self._smtp.connect()
        except SMTPResponseException as error:
            raise SMTPException(f"{error.code} {error.message}") from error

    async def _envelope(self, to: str) -> None:
        beyond_ascii = not (to + self._sender).isascii()
        encoding = "utf-8" if beyond_ascii else "ascii"
        options = ["SMTPUTF8"] if beyond_ascii else []
        await self._smtp.mail(self._sender, options=options, encoding=encoding)
        await self._smtp.rcpt(to, encoding=encoding)

    async def _refused(self, error: SMTPResponseException) -> Receipt:
        """5xx is for good, 4xx for now (RFC 5321 4.2.1); the connection is made ready for the next message."""
        outcome = Outcome.FAILED if 500 <= error.code < 600 else Outcome.DEFERRED
        try:
            await self._smtp.rset()
        except (SMTPException, OSError):
            self._smtp.close()
        return Receipt(outcome, _line(f"{error.code} {error.message}"))

    async def close(self) -> None:
        """Say good-bye if the server still listens; within a message that was cut off there is no place for it."""
        if self._is_busy:
            self._smtp.close()
        if self._smtp.is_connected:
            try:
                await self._smtp.quit(timeout=1)
            except (SMTPException, OSError):
                self._smtp.close()


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
        if len(message.to) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(message.to):
            return Receipt(Outcome.FAILED, _line(f"InvalidAddress: {message.to!r} has invalid syntax."))
        try:
            octets = written(message, self._sender)
        except ValueError as error:
            return Receipt(Outcome.FAILED, _line(f"CannotBeWritten: {error}"))
        return await connection.send(message.to, octets)

    async def close(self) -> None:
        """See `Channel.close`."""
        await asyncio.gather(*(connection.close() for connection in self._all))


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
