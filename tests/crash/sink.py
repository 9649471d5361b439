"""A real SMTP server in the test's process that remembers every message it was handed; and a service beside it."""

import email
import email.policy
from collections import defaultdict
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.crash.beside import Beside
from tests.invariants.outside import CALL, EMAIL, Received
from tests.services.mail_server import MailServer
from tests.services.service import Service

Letter = tuple[str, str, str]


@dataclass
class Sink:
    """Message-ID to every letter (address, subject, text) that came under it."""

    letters: defaultdict[str, list[Letter]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._beside = Beside()
        self._mail = MailServer(self)
        self.url = ""
        """Address of this sink, once it has been started."""
        self.service = Service()

    def start(self) -> None:
        """Begin to listen."""
        self._beside.run(self._mail.start())
        self.url = f"smtp://127.0.0.1:{self._mail.port}"
        self.service.start()

    def stop(self) -> None:
        """Let go of the port."""
        self._beside.run(self._mail.stop())
        self._beside.close()
        self.service.stop()

    def received(self) -> Received:
        """Everything that has come, as the invariants want it."""
        received = Received()
        for name, letters in self.letters.items():
            for letter in letters:
                received.note(EMAIL, name.strip("<>").partition("@")[0], repr(letter).encode(), taken=True)
        for one in self.service.executed():
            received.note(CALL, one.key, one.body, taken=True)
            received.visits[one.json["definitionInstanceId"]].add(one.key)
        return received

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter in."""
        letter = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        body = letter.get_body(("plain", "html"))
        text = body.get_content().strip() if body is not None else ""
        self.letters[str(letter["Message-ID"])].append((envelope.rcpt_tos[0], str(letter["Subject"]), text))
        return "250 OK"
