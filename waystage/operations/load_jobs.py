"""The background side of writing rows after the answer: piece by piece, and what a killed process left behind."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from waystage.engine.running.everywhere import Everywhere
from waystage.ground import log
from waystage.ground.clock import Clock
from waystage.ground.errors import ServerFault
from waystage.ground.ids import InboxNumbers
from waystage.operations import load_rows
from waystage.operations.background import Claims
from waystage.operations.row_events import RowEvents
from waystage.store import claims, row_requests
from waystage.store.database import Database
from waystage.store.sql import Tx

#: How often a piece is tried, and the real seconds between two attempts.
_ATTEMPTS = 5
_PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class RowLoader:
    """Carries out requests; each piece is one transaction that also moves the request on, so none is done twice."""

    database: Database
    engine: Everywhere
    numbers: InboxNumbers
    clock: Clock
    offset_minutes: int
    claims: Claims

    def start(self, guid: str, attempt: int = 1) -> None:
        """Carry out a request from where it stands, soon."""
        events = RowEvents(self.numbers)
        self.claims.begin(claims.ROWS, guid)

        def piece(tx: Tx) -> bool:
            events.fired = False
            if not self.claims.take(tx, claims.ROWS, guid):
                return False
            return load_rows.carry_out(tx, guid, events, self.clock.now(), self.offset_minutes)

        with suppress(RuntimeError):  # the database was closed meanwhile; the next start resumes the request
            done = self.database.write(piece, awaited=False)
            done.add_done_callback(lambda future: self._ended(guid, attempt, events, future))

    def resume(self) -> None:
        """Carry out what processes that are gone were asked for and did not finish."""
        for guid in self.claims.free(claims.ROWS, row_requests.unfinished):
            self.start(guid)

    def _ended(self, guid: str, attempt: int, events: RowEvents, future: Future[bool]) -> None:
        error = future.exception()
        if error is None:
            if events.fired:
                self.engine.notify()
            if future.result():
                self.start(guid)
            else:
                self.claims.end(claims.ROWS, guid)
            return
        log.logger("rows").error("rows could not be written", request=guid, attempt=attempt, error=repr(error))
        if attempt < _ATTEMPTS:
            self._later(guid, attempt + 1)
        else:
            self._give_up(guid)

    def _later(self, guid: str, attempt: int) -> None:
        """It was the database, most likely, which may be back soon."""
        timer = threading.Timer(_PAUSE_SECONDS, self.start, (guid, attempt))
        timer.daemon = True
        timer.start()

    def _give_up(self, guid: str) -> None:
        """End the request as failed; as long as not even that can be stored, go on trying."""
        reason = ServerFault("The server failed; its log has the reason.")
        with suppress(RuntimeError):  # as above
            told = self.database.write(lambda tx: load_rows.fail(tx, guid, reason, self.clock.now()))
            told.add_done_callback(
                lambda done: self._later(guid, _ATTEMPTS) if done.exception() else self.claims.end(claims.ROWS, guid)
            )
