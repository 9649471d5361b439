"""The outside hosts: a mail server, and a service with a webhook and a custom activity; each in the mood it is told."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.invariants.outside import CALL, EMAIL, WEBHOOK, Received
from tests.services.mail_server import MailServer, cut

#: ok and slow answer; lost takes what it gets and does not say so; busy asks to come back later; garbage answers what
#: nobody understands; dead ends the conversation; silent says nothing at all.
Mood = Literal["ok", "slow", "lost", "busy", "garbage", "dead", "silent"]
BAD_MOODS: tuple[Mood, ...] = ("slow", "lost", "busy", "garbage", "dead", "silent")
_TAKEN = {"ok", "slow", "lost"}
_SLOW = 0.3
_GARBAGE = b"\x00\xff what is this\r\n\r\n"


@dataclass
class Hosts:
    """Both hosts, and what they have seen. They live on the loop that `start` runs on."""

    received: Received = field(default_factory=Received)
    mail_mood: Mood = "ok"
    service_mood: Mood = "ok"
    mail_port: int = 0
    service_port: int = 0

    def __post_init__(self) -> None:
        self._mail = MailServer(self)
        self._service: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._changed = asyncio.Event()
        await self._mail.start()
        self._service = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.mail_port, self.service_port = self._mail.port, self._service.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Let go of the ports."""
        if self._service is not None:
            self._service.close()
        await self._mail.stop()

    async def feel(self, mail: Mood, service: Mood) -> None:
        """Change the moods; whoever was kept waiting is let go."""
        self.mail_mood, self.service_mood = mail, service
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def settings(self) -> dict[str, str]:
        """How the product finds them."""
        return {
            "WAYSTAGE_SMTP_URL": f"smtp://127.0.0.1:{self.mail_port}",
            "WAYSTAGE_WEBHOOK_URL": f"{self.service}/hook",
            "WAYSTAGE_WEBHOOK_SECRET": "a secret of the hosts",
            "WAYSTAGE_ALLOW_PRIVATE_URLS": "true",
        }

    @property
    def service(self) -> str:
        """Address of the service."""
        return f"http://127.0.0.1:{self.service_port}"

    # -- mail ---------------------------------------------------------------------------------------------------

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A letter begins."""
        if self.mail_mood == "dead":
            cut(server.transport)
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A letter has come."""
        letter, mood = envelope.original_content or b"", self.mail_mood
        name = letter.partition(b"Message-ID: <")[2].partition(b"@")[0].decode()
        self.received.note(EMAIL, name, _digest(letter), taken=mood in _TAKEN)
        if mood == "slow":
            await asyncio.sleep(_SLOW)
        if mood == "silent":
            await self._changed.wait()
        if mood in {"lost", "silent"}:
            cut(server.transport)
        return {"busy": "451 come back later", "garbage": "what is this"}.get(mood, "250 OK")

    # -- service ------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, request after request."""
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection stays."""
        head = await reader.readuntil(b"\r\n\r\n")
        path, headers = _read_head(head)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        mood = self.service_mood
        self._note(path, headers.get("idempotency-key", ""), body, taken=mood in _TAKEN)
        if mood == "slow":
            await asyncio.sleep(_SLOW)
        if mood == "silent":
            await self._changed.wait()
        if mood in {"lost", "dead", "silent"}:
            return False
        if mood == "garbage":
            writer.write(_GARBAGE)
            return False
        status = b"503 Busy" if mood == "busy" else b"200 OK"
        answer = json.dumps({"token": "t-1"}).encode()
        writer.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
            status, len(answer), answer,
        ))  # fmt: skip
        await writer.drain()
        return True

    def _note(self, path: str, key: str, body: bytes, *, taken: bool) -> None:
        if path == "/hook":
            self.received.note(WEBHOOK, key, _digest(body), taken=taken)
        elif path.endswith("/execute"):
            self.received.note(CALL, key, _digest(body), taken=taken)
            self.received.visits[json.loads(body)["definitionInstanceId"]].add(key)


def _read_head(head: bytes) -> tuple[str, Mapping[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs}


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()
