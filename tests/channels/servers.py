"""Mail servers for tests: a real one that remembers, and one that misbehaves as it is told."""

import asyncio
import email
import email.policy
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.crash.process import free_port
from waystage.channels.base import Channel, Message, Receipt

AT = 1_767_225_600_000  # 2026-01-01T00:00:00Z

DROP, HANG = "drop", "hang"
#: What a server does at the n-th (from 1) CONNECT, EHLO, MAIL, RCPT, DATA or TEXT: a reply, DROP, HANG; None: polite.
Manners = Callable[[str, int], str | None]


def parsed(octets: bytes) -> EmailMessage:
    """A letter as the standard library reads it."""
    letter = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    assert not letter.defects
    return letter


def part(letter: EmailMessage, kind: str) -> str | None:
    """The text of the plain or html body, with plain line ends."""
    found = letter.get_body((kind,))
    if found is None:
        return None
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


class MailServer:
    """A real SMTP server (aiosmtpd) that remembers what it was handed; use it as a context."""

    def __init__(self, **settings: Any) -> None:
        self.letters: list[bytes] = []
        self.envelopes: list[tuple[str, str]] = []
        self.recipients: list[list[str]] = []
        self.peers: set[Any] = set()
        self.users: set[Any] = set()
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True, **settings)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.letters.append(envelope.original_content or b"")
        self.envelopes.append((str(envelope.mail_from), str(envelope.rcpt_tos[0])))
        self.recipients.append([str(one) for one in envelope.rcpt_tos])
        self.peers.add(session.peer)
        self.users.add(session.auth_data.login if session.auth_data else None)
        return "250 OK"


class RudeServer:
    """An SMTP server whose manners a test chooses; use it as a context. Takes letters like any other if it is let."""

    def __init__(self, manners: Manners = lambda verb, n: None) -> None:
        self.manners = manners
        self.letters: list[bytes] = []
        self.seen: Counter[str] = Counter()
        self.port = 0
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def _serve(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._closing.wait()
        server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "CONNECT", "220 rude")
        while True:
            line = (await reader.readuntil(b"\r\n")).decode()
            verb = line[:4].strip().upper()
            if verb == "DATA":
                await self._take(reader, writer)
            else:
                await self._say(writer, verb, "221 bye" if verb == "QUIT" else "250 fine")

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not (await self._say(writer, "DATA", "354 go on")).startswith("354"):
            return
        text = await reader.readuntil(b"\r\n.\r\n")
        if (await self._say(writer, "TEXT", "250 taken")).startswith("250"):
            self.letters.append(text[:-3])

    async def _say(self, writer: asyncio.StreamWriter, verb: str, polite: str) -> str:
        self.seen[verb] += 1
        answer = self.manners(verb, self.seen[verb]) or polite
        if answer == DROP:
            raise ConnectionResetError
        if answer == HANG:
            await asyncio.Event().wait()
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        if answer.startswith("421"):
            raise ConnectionResetError
        return answer


def message(number: int = 1, **more: Any) -> Message:
    """A message with a name of its own."""
    given: dict[str, Any] = {
        "to": f"a{number}@example.com",
        "subject": "Hi",
        "html": "",
        "text": "body",
        "at": AT,
        **more,
    }
    return Message(f"request-{number}", **given)


def delivered(channel: Channel, *batches: Sequence[Message]) -> list[list[Receipt]]:
    """Deliver batches one after the other over one channel, then close it."""

    async def run() -> list[list[Receipt]]:
        try:
            return [await channel.deliver(batch) for batch in batches]
        finally:
            await channel.close()

    return asyncio.run(run())
