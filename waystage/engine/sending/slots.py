"""How many calls this process may have under way where: its share of what an activity allows all processes together.

One process alone holds every slot and looks after them every few seconds. As soon as another asks for some it looks
often, so that whoever holds a slot keeps it for a fraction of a second and passes it on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from waystage.engine.running.tenure import LEASE, RENEW_SECONDS
from waystage.ground import clock, log
from waystage.store import slots
from waystage.store.calls import Site
from waystage.store.database import Database
from waystage.store.slots import Claim, Holding
from waystage.store.sql import Tx

#: Real seconds between two looks: where another process calls too, and where there is nothing to call with.
_SHARED: Final = 0.25
_EMPTY: Final = 0.05
#: Real seconds before the end of the lease after which nothing new is begun: what two clocks may differ by, and more.
_MARGIN: Final = 2.0


class Slots:
    """The slots of one process, on the deliverer's loop; without other processes it allows what is asked for."""

    def __init__(self, database: Database, owner: str) -> None:
        """`owner` is the name of the process."""
        self._database = database
        self._owner = owner
        self._is_needed = database.dialect.many_processes
        self._claims: Callable[[], Sequence[Claim]] = tuple
        self._news: Callable[[], None] = _nothing
        self._holdings: dict[Site, Holding] = {}
        self._renewed = 0.0
        self._wake = asyncio.Event()
        self._looking = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    def serve(self, claims: Callable[[], Sequence[Claim]], news: Callable[[], None]) -> None:
        """`claims` tells what is wanted now; `news` is called when there are more slots than before."""
        self._claims, self._news = claims, news

    def knows(self, site: Site) -> bool:
        """Whether slots were asked for there."""
        return not self._is_needed or site in self._holdings

    def allowed(self, site: Site, at_once: int) -> int:
        """How many calls may be under way at a site that allows so many in all."""
        if not self._is_needed:
            return at_once
        holding = self._holdings.get(site)
        if holding is None or self._have_run_out:
            return 0
        return holding.held - holding.wanted

    @property
    def _have_run_out(self) -> bool:
        """Whether it is so long ago that the slots were renewed that nothing may be begun with them."""
        return clock.monotonic() > self._renewed + LEASE / 1000 - _MARGIN

    def hurry(self, site: Site) -> None:
        """A call has ended: if somebody waits for its slot, it is passed on at once."""
        if site in self._holdings and self._holdings[site].wanted:
            self._wake.set()

    async def look(self) -> bool:
        """Renew, give, take and ask; whether there are more slots than before."""
        async with self._looking:
            claims = self._claims()
            started = clock.monotonic()
            renews = started - self._renewed > RENEW_SECONDS
            before, had_run_out = self._holdings, self._have_run_out
            work = self._database.write(lambda tx: self._settle(tx, claims, renews=renews), awaited=False)
            found = await asyncio.wrap_future(work)
            self._holdings = {one.site: found[one.site] for one in claims if one.is_wanted}
            if renews:
                self._renewed = started
        if self._keeper is None and self._holdings:
            self._keeper = asyncio.create_task(self._keep())
        return had_run_out or any(
            one.held - one.wanted > before[site].held - before[site].wanted if site in before else one.held > 0
            for site, one in self._holdings.items()
        )

    def _settle(self, tx: Tx, claims: Sequence[Claim], *, renews: bool) -> dict[Site, Holding]:
        now = clock.real_now()
        if renews:
            slots.renew(tx, self._owner, now, now + LEASE)
        return {one.site: slots.settle(tx, self._owner, one, now, now + LEASE) for one in claims}

    def held(self) -> Sequence[Site]:
        """Where slots are held or waited for."""
        return tuple(self._holdings)

    async def _keep(self) -> None:
        """Look again and again, for as long as anything is held or waited for."""
        while self._holdings:
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause):
                    await self._wake.wait()
            try:
                if await self.look():
                    self._news()
            except Exception:  # noqa: BLE001 - whatever ails the database, nothing is begun once the lease has run out
                log.logger("calls").exception("slots could not be looked after")
                await clock.rest(_SHARED)
        self._keeper = None

    @property
    def _pause(self) -> float:
        holdings = self._holdings.values()
        if any(one.held == 0 for one in holdings):
            return _EMPTY
        return _SHARED if any(one.is_shared for one in holdings) else RENEW_SECONDS

    async def end(self) -> None:
        """Give everything back."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._holdings:
            self._holdings = {}
            with suppress(Exception):  # else they run out
                await asyncio.wrap_future(
                    self._database.write(lambda tx: slots.release(tx, self._owner), awaited=False)
                )


def _nothing() -> None:
    """Nobody waits yet."""
