"""A load generator: keep-alive connections that send the next request as soon as the last is answered.

Runs as a process of its own (`python -m waystage.bench.load '<spec as JSON>'`) and writes one JSON line.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from itertools import count, islice
from typing import cast

import msgspec
import uvloop

from waystage.bench import documents
from waystage.bench.cores import pin, spent
from waystage.ground import clock

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_STATUS = slice(9, 12)


class Spec(msgspec.Struct):
    """What to send: POST `path` with an event of a new contact each time, for `warm_up` + `seconds`."""

    port: int
    path: str
    token: str
    seconds: float
    first: int
    """Number of the first contact."""
    warm_up: float = 1.0
    connections: int = 64
    core: int | None = None
    members: int = 0
    """Events of one request as a batch; 0: one by itself."""


class Outcome(msgspec.Struct):
    """What came of it: times in ms, `rate` in answers a second after the warm-up."""

    answers: dict[str, int]
    """All answers by status, the warm-up's included."""
    sent: int
    rate: float
    p50: float
    p99: float
    worst: float
    cpu: float
    """Share of one core that the generator itself used; near 1 it was the limit."""
    server: float = 0.0
    """µs of processor time that the server process used for each request, the engine's part included."""
    share: float = 0.0
    """Share of one core that the server process had; far below 1 the neighbours on the machine were the limit."""


class Run:
    """What the connections share."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.head = (
            f"POST {spec.path} HTTP/1.1\r\nhost: 127.0.0.1:{spec.port}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {spec.token}\r\ncontent-length: "
        ).encode()
        self.numbers = count(spec.first)
        self.answers: Counter[bytes] = Counter()
        self.times: list[float] = []
        self.sent = 0
        self.begin = clock.stopwatch() + spec.warm_up
        self.end = self.begin + spec.seconds

    def request(self) -> bytes:
        """The next request, of a contact that has not been."""
        self.sent += 1
        body = (self._batch() if self.spec.members else self._single()).encode()
        return b"%b%d\r\n\r\n%b" % (self.head, len(body), body)

    def _single(self) -> str:
        number = next(self.numbers)
        return (
            f'{{"ContactKey":"{documents.contact_key(number)}",'
            f'"EventDefinitionKey":"{documents.EVENT}","Data":{documents.posted_text(number)}}}'
        )

    def _batch(self) -> str:
        members = ",".join(
            f'{{"contactKey":"{documents.contact_key(number)}","data":{documents.posted_text(number)}}}'
            for number in islice(self.numbers, self.spec.members)
        )
        return f'{{"eventDefinitionKey":"{documents.EVENT}","members":[{members}]}}'


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: Run, done: asyncio.Future[None]) -> None:
        self._run = run
        self._done = done
        self._started = 0.0
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.WriteTransport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """A whole answer: note it, and send the next request until the time is over."""
        answer = self._buffer + data if self._buffer else data
        if not _is_whole(answer):
            self._buffer = answer
            return
        self._buffer = b""
        now, run = clock.stopwatch(), self._run
        run.answers[answer[_STATUS]] += 1
        if self._started >= run.begin and now <= run.end:
            run.times.append(now - self._started)
        if now < run.end:
            self._send(now)
        elif self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over, or broken by the server."""
        if not self._done.done():
            self._done.set_result(None)

    def _send(self, now: float | None = None) -> None:
        if self._transport is not None:
            request = self._run.request()
            self._started = now if now is not None else clock.stopwatch()
            self._transport.write(request)


def _is_whole(answer: bytes) -> bool:
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    found = _LENGTH.search(answer, 0, head + 2)
    return found is not None and len(answer) >= head + 4 + int(found[1])


async def generate(spec: Spec) -> Outcome:
    """Open the connections and wait until each has had its last answer."""
    loop = asyncio.get_running_loop()
    run, before = Run(spec), spent()
    began = clock.stopwatch()
    ends = [loop.create_future() for _ in range(spec.connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: Line(run, end), "127.0.0.1", spec.port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    times = sorted(run.times) or [0.0]
    return Outcome(
        answers={status.decode(): n for status, n in run.answers.items()},
        sent=run.sent,
        rate=len(run.times) / spec.seconds,
        p50=1000 * times[len(times) // 2],
        p99=1000 * times[len(times) * 99 // 100],
        worst=1000 * times[-1],
        cpu=(spent() - before) / (clock.stopwatch() - began),
    )


def main() -> None:
    """Read the spec, generate, write the outcome."""
    spec = msgspec.json.decode(sys.argv[1], type=Spec)
    pin(spec.core)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(generate(spec))
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")


if __name__ == "__main__":
    main()
