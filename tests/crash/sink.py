"""A real SMTP server in the test's process that remembers every message it was handed; and a service beside it."""

import email
import email.policy
from collections import defaultdict
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.crash.process import free_port
from tests.services.service import Service

Letter = tuple[str, str, str]


@dataclass
class Sink:
    """Message-ID to every letter (address, subject, text) that came under it."""

    letters: defaultdict[str, list[Letter]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port)
        self.service = Service()

    @property
    def url(self) -> str:
        """Address of this sink."""
        return f"smtp://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begin to listen."""
        self._controller.start()
        self.service.start()

    def stop(self) -> None:
        """Let go of the port."""
        self._controller.stop()
        self.service.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter in."""
        letter = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        body = letter.get_body(("plain", "html"))
        text = body.get_content().strip() if body is not None else ""
        self.letters[str(letter["Message-ID"])].append((envelope.rcpt_tos[0], str(letter["Subject"]), text))
        return "250 OK"
