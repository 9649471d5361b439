"""Callers of the product: events, orders, rows, exits, publications, pauses and stops, over HTTP and without mercy."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.crash import bodies
from tests.crash.process import CLIENT
from tests.fire import journeys
from tests.fire.dice import Dice
from tests.invariants.events import Ledger
from tests.invariants.rows import RowLedger

J, W = "/interaction/v1", "/waystage/v1"
#: Seconds after which nobody waits for an answer any more: under fire, and when only a slow machine can be the reason.
_PATIENCE, _LONG_PATIENCE = 15.0, 60.0
_SENDERS, _ROW_WRITERS = 4, 1
#: How many contacts at the end of the list are written to again.
_RECENT = 300
_AGAIN = 0.4


class Gone(Exception):
    """Nobody knows what became of a request."""


@dataclass
class Load:
    """What callers did to one database, over as many rounds as it lives."""

    addresses: Callable[[], list[str]]
    dice: Dice
    is_excused: Callable[[], bool]
    """Whether a 5xx may come, because the database is away or full."""
    advances: bool
    """Whether the clock is to be moved."""
    ledger: Ledger = field(default_factory=Ledger)
    rows: RowLedger = field(default_factory=RowLedger)
    answers: Counter[int] = field(default_factory=Counter)
    """How often each status came; 0 is no answer at all."""
    wrong: list[str] = field(default_factory=list)
    """Answers that must not be."""
    contacts: int = 0
    token: str = ""
    _http: aiohttp.ClientSession | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _goes_on: bool = False
    _level: int = 0

    async def open(self) -> None:
        """Before the first request."""
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        """After the last request."""
        if self._http is not None:
            await self._http.close()

    async def begin(self) -> None:
        """Let all callers loose."""
        self._goes_on = True
        work = [*[self._fire] * _SENDERS, *[self._write_row] * _ROW_WRITERS, self._operate]
        self._tasks = [asyncio.create_task(self._again_and_again(one)) for one in work]

    async def end(self) -> None:
        """Wait until the last caller has its answer, or has given up."""
        self._goes_on = False
        await asyncio.gather(*self._tasks)

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while self._goes_on:
            try:
                await work()
            except Gone:
                await asyncio.sleep(0.05)
            await asyncio.sleep(self.dice.between(0, 0.03))

    # -- contacts -----------------------------------------------------------------------------------------------

    def _somebody(self) -> str:
        """Somebody new, or one of those who came lately."""
        if self.contacts and self.dice.chance(_AGAIN):
            return f"c-{self.contacts - self.dice.below(min(self.contacts, _RECENT))}"
        self.contacts += 1
        return f"c-{self.contacts}"

    async def _fire(self) -> None:
        if self.dice.chance(0.2) and self.contacts:
            contact = self._recent()
            await self.ask("POST", f"{J}/events", bodies.order(contact), fine={201})
        elif self.dice.chance(0.15):
            await self._fire_many([self._somebody() for _ in range(2 + self.dice.below(40))])
        else:
            await self._fire_one(self._somebody())

    def _recent(self) -> str:
        return f"c-{self.contacts - self.dice.below(min(self.contacts, _RECENT))}"

    async def _fire_one(self, contact: str) -> None:
        sent = journeys.EVENT, contact
        self.ledger.posted[sent] += 1
        answer = await self.ask("POST", f"{J}/events", journeys.event(contact, self.dice.below(100)), fine={201})
        self.ledger.answered[sent].append(answer["eventInstanceId"])

    async def _fire_many(self, contacts: list[str]) -> None:
        given = [journeys.event(contact, self.dice.below(100)) for contact in contacts]
        body = {
            "eventDefinitionKey": journeys.EVENT,
            "members": [{"contactKey": one["ContactKey"], "data": one["Data"]} for one in given],
        }
        for contact in contacts:
            self.ledger.posted[journeys.EVENT, contact] += 1
        answer = await self.ask("POST", f"{J}/async/events", body, fine={202})
        for member in answer["members"]:
            self.ledger.answered[journeys.EVENT, member["contactKey"]].append(member["eventInstanceId"])

    async def _write_row(self) -> None:
        if not self.contacts:
            return
        contact = self._recent()
        if contact in self.rows.lost:
            return
        self._level += 1
        level = self._level
        self.rows.sent(contact, level)
        row = {"keys": {"ContactKey": contact}, "values": {"Level": level}}
        try:
            await self.ask("POST", f"/hub/v1/dataevents/key:{journeys.PROFILE}/rowset", [row], fine={200})
        except Gone:
            self.rows.lost.add(contact)
            raise
        self.rows.answered(contact, level)
        await asyncio.sleep(0.02)

    # -- operators ----------------------------------------------------------------------------------------------

    async def _operate(self) -> None:
        works = [self._pause, self._turn_version, self._exit, self._read, self._look]
        if self.advances:
            works += [self._advance, self._advance]
        await self.dice.one_of(works)()
        await asyncio.sleep(self.dice.between(0.05, 0.3))

    async def _pause(self) -> None:
        """Pause the walked journey for a moment, or end the pause that a lost call has left behind."""
        if await self.status_of(journeys.WALKED) == "Published":
            body = {"RetainContactInjectionWhileJourneyPaused": self.dice.chance(0.5), "PausedDays": 3}
            path = f"{J}/interactions/pause/key:{journeys.WALKED}?versionNumber=1"
            await self.ask("POST", path, body, fine={202, 400, 409})
            await asyncio.sleep(self.dice.between(0.1, 0.8))
        await self.resume()

    async def resume(self) -> None:
        """Let the walked journey go on if it is paused."""
        if await self.status_of(journeys.WALKED) == "Paused":
            path = f"{J}/interactions/resume/key:{journeys.WALKED}?versionNumber=1"
            await self.ask("POST", path, {}, fine={202, 200, 400, 409})

    async def _turn_version(self) -> None:
        """The next step in the life of the journey that is stopped again and again."""
        found = await self.ask("GET", f"{J}/interactions/key:{journeys.HALTED}", fine={200})
        status, number = found["status"], found["version"]
        if status == "Published":
            await self.stop_halted(number)
        elif status == "Draft":
            path = f"{J}/interactions/publishAsync/key:{journeys.HALTED}?versionNumber={number}"
            await self.ask("POST", path, fine={200, 202, 400, 409})
        elif status == "Stopped":
            await self.ask("POST", f"{J}/interactions", journeys.halted(), fine={200, 201, 400, 409})

    async def stop_halted(self, number: int) -> None:
        """Nobody stays in that version."""
        path = f"{J}/interactions/stop/key:{journeys.HALTED}?versionNumber={number}"
        await self.ask("POST", path, fine={200, 202, 400, 409})

    async def _exit(self) -> None:
        if self.contacts:
            keys = [journeys.WALKED, journeys.ONCE, journeys.HALTED]
            body = [{"ContactKey": self._recent(), "DefinitionKey": self.dice.one_of(keys)} for _ in range(3)]
            await self.ask("POST", f"{J}/interactions/contactexit", body, fine={202})

    async def _read(self) -> None:
        await self.ask("GET", f"{W}/messages?$pageSize=50", fine={200})

    async def _look(self) -> None:
        if self.contacts:
            await self.ask("GET", f"{W}/journeys/{journeys.WALKED}/contacts/{self._recent()}", fine={200, 404})

    async def _advance(self) -> None:
        await self.ask("POST", f"{W}/clock/advance", {"by": f"PT{1 + self.dice.below(120)}M"}, fine={200})

    # -- requests -----------------------------------------------------------------------------------------------

    async def status_of(self, journey: str) -> str:
        """Of the newest version."""
        return str((await self.ask("GET", f"{J}/interactions/key:{journey}", fine={200}))["status"])

    async def sign_in(self) -> None:
        """A fresh token."""
        body = {"grant_type": "client_credentials", "client_id": CLIENT[0], "client_secret": CLIENT[1]}
        self.token = (await self.ask("POST", "/v2/token", body, fine={200}, signed=False))["access_token"]

    async def ask(self, verb: str, path: str, body: Any = None, *, fine: set[int], signed: bool = True) -> Any:
        """The answer; Gone if there is none, or one that leaves it open what has happened."""
        assert self._http is not None
        if signed and not self.token:
            await self.sign_in()
        headers = {"Authorization": f"Bearer {self.token}"} if signed else {}
        try:
            url = self.dice.one_of(self.addresses()) + path
            patience = aiohttp.ClientTimeout(total=_PATIENCE if self._goes_on else _LONG_PATIENCE)
            async with self._http.request(verb, url, json=body, headers=headers, timeout=patience) as answer:
                status, said = answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.answers[0] += 1
            raise Gone from error
        self.answers[status] += 1
        if status in fine:
            return said
        if status < 500 or not self.is_excused():
            self.wrong.append(f"{verb} {path}: {status} {said}")
        raise Gone
