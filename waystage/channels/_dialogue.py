"""The part of SMTP that is said for every message: commands together where the server allows it (RFC 2920).

Connecting, TLS and login are left to the library; then the connection is taken over.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

#: Bytes of answers that may lie unread; more is no answer.
_LONGEST: Final = 65_536
_END: Final = b".\r\n"
#: "Start mail input" (RFC 5321 4.2.3).
_GO_ON: Final = 354


class Refused(Exception):
    """The server has said no; `code` is 4xx for now, 5xx for good (RFC 5321 4.2.1).

    `is_recipient` if it was said of the recipient, and not of the sender or the text.
    """

    def __init__(self, code: int, text: str, *, is_recipient: bool = False) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.is_recipient = is_recipient


class Lost(ConnectionError):
    """The connection has ended, or what came over it is no SMTP."""


class Dialogue(asyncio.Protocol):
    """A connection that is ready for messages, one after the other."""

    def __init__(self, transport: asyncio.Transport, *, together: bool, patience: float) -> None:
        """Take over a connection; `together` if the server takes several commands at once, `patience` in seconds."""
        self.is_open = not transport.is_closing()
        self._transport = transport
        self._together = together
        self._patience = patience
        self._held = b""
        self._text: list[str] = []
        self._answers: deque[tuple[int, str]] = deque()
        self._wanted = 0
        self._waiting: asyncio.Future[None] | None = None
        transport.set_protocol(self)

    # -- from the connection ------------------------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"the connection was lost{f': {exc}' if exc else ''}")

    def eof_received(self) -> None:
        self._end("the server has closed the connection")

    def data_received(self, data: bytes) -> None:
        self._held += data
        *lines, self._held = self._held.split(b"\n")
        for line in lines:
            if not self._read(line):
                self._end(f"this is no SMTP: {line[:80]!r}")
                return
        if self._waiting is None or len(self._held) > _LONGEST or len(self._answers) > self._wanted:
            self._end("the server has spoken out of turn")
        elif len(self._answers) == self._wanted and not self._waiting.done():
            self._waiting.set_result(None)

    def _read(self, line: bytes) -> bool:
        """One line of an answer; several with a dash behind the code make one. False if it is none."""
        code = line[:3]
        if not (len(code) == 3 and code.isdigit()) or len(self._text) > _LONGEST:
            return False
        self._text.append(line[4:].decode("utf-8", "replace").strip())
        if line[3:4] != b"-":
            self._answers.append((int(code), " ".join(self._text)))
            self._text = []
        return True

    def _end(self, why: str) -> None:
        self.is_open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Lost(why))
        self._transport.abort()

    # -- to the server ------------------------------------------------------------------------------------------

    async def envelope(self, sender: bytes, to: bytes, option: bytes = b"", copies: Sequence[bytes] = ()) -> None:
        """Sender and recipients, up to the server's word that the text may come; Refused, Lost, TimeoutError.

        `copies` go to others, whom the server may refuse. With them one command waits for the other: a text that was
        asked for in spite of the first recipient's refusal would go to them.
        """
        begin, end = (b"MAIL FROM:<" + sender + b">" + option + b"\r\n", b"RCPT TO:<" + to + b">\r\n"), b"DATA\r\n"
        if self._together and not copies:
            answers = await self._ask(b"".join((*begin, end)), len(begin) + 1)
        else:
            answers = await self._one_by_one(begin)
            if _is_fine(answers[-1]):
                for other in copies:
                    await self._ask(b"RCPT TO:<" + other + b">\r\n")
                answers += await self._ask(end)
        is_awaited = len(answers) > len(begin) and answers[-1][0] == _GO_ON
        heard = answers[:-1] if is_awaited else answers
        place = next((place for place, answer in enumerate(heard) if not _is_fine(answer)), None)
        if place is None and not is_awaited:
            self.close()
            raise Lost("the server does not ask for the text")
        if place is None:
            return
        if is_awaited:
            # The text was asked for in spite of the refusal: an empty one to nobody ends the matter.
            await self._ask(b"\r\n" + _END)
        raise Refused(*answers[place], is_recipient=place == 1)

    async def _one_by_one(self, commands: Sequence[bytes]) -> list[tuple[int, str]]:
        """The answers, up to the first that is a refusal."""
        answers: list[tuple[int, str]] = []
        for command in commands:
            answers += await self._ask(command)
            if not _is_fine(answers[-1]):
                break
        return answers

    async def text(self, octets: bytes) -> None:
        """The text itself, its line ends CRLF; Refused, Lost, TimeoutError: then it may have been taken or not."""
        stuffed = octets.replace(b"\r\n.", b"\r\n..")
        stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
        end = _END if stuffed.endswith(b"\r\n") else b"\r\n" + _END
        (answer,) = await self._ask(stuffed + end)
        if not _is_fine(answer):
            raise Refused(*answer)

    async def reset(self) -> None:
        """Make ready for another message; Lost, TimeoutError."""
        await self._ask(b"RSET\r\n")

    async def say_goodbye(self) -> None:
        """End as it is proper, if the server is quick about it."""
        self._patience = min(1.0, self._patience)
        with suppress(OSError):
            await self._ask(b"QUIT\r\n")

    async def _ask(self, words: bytes, answers: int = 1) -> list[tuple[int, str]]:
        if not self.is_open:
            raise Lost("the connection was lost")
        self._wanted = answers
        self._waiting = waiting = asyncio.get_running_loop().create_future()
        self._transport.write(words)
        try:
            async with asyncio.timeout(self._patience):
                await waiting
        except TimeoutError:
            raise TimeoutError(f"the server has not answered within {self._patience:g} s") from None
        finally:
            self._waiting = None
        found = list(self._answers)
        self._answers.clear()
        return found

    def close(self) -> None:
        """Hang up."""
        self._end("the connection was closed")


def _is_fine(answer: tuple[int, str]) -> bool:
    return 200 <= answer[0] < 300
