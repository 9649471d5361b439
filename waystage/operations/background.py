"""Which process carries out what is done after the answer: each thing one that lives, and only one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from waystage.ground import clock, log
from waystage.store import claims
from waystage.store.database import Database
from waystage.store.sql import Tx

#: Real seconds between two looks for what belongs to nobody who lives.
LOOK_SECONDS: Final = 5.0


@dataclass(slots=True)
class Claims:
    """What this process, called `owner`, may work on. Where there is one process for a database, that is everything."""

    database: Database
    owner: str
    _here: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, kind: str, thing: str) -> bool:
        """Note that this process is about to work on a thing; False if it does already."""
        with self._lock:
            if (kind, thing) in self._here:
                return False
            self._here.add((kind, thing))
            return True

    def take(self, tx: Tx, kind: str, thing: str) -> bool:
        """Claim a thing in the transaction that begins with it; False if another living process has it."""
        return not self._may_others or claims.take(tx, kind, thing, self.owner, clock.real_now())

    def end(self, kind: str, thing: str) -> None:
        """This process works on it no more, whatever came of it."""
        with self._lock:
            self._here.discard((kind, thing))
        if self._may_others:
            with suppress(RuntimeError):  # the database was closed meanwhile, and this process lives no more
                self.database.write(lambda tx: claims.drop(tx, kind, thing, self.owner), awaited=False)

    def free(self, kind: str, things: Callable[[Tx], Sequence[str]]) -> list[str]:
        """Those of the things still to be done that nobody works on; claims that stand for nothing are dropped."""
        found = self.database.read(things).result()
        if self._may_others:
            now = clock.real_now()
            busy = self.database.read(lambda tx: claims.held(tx, kind, found, now)).result()
            self.database.write(lambda tx: claims.forget_dead(tx, kind, found, now), awaited=False).result()
            found = [one for one in found if one not in busy]
        with self._lock:
            return [one for one in found if (kind, one) not in self._here]

    def others(self, tx: Tx, kind: str, things: Iterable[str]) -> set[str]:
        """Those of these things that another process works on."""
        return claims.held(tx, kind, things, clock.real_now()) if self._may_others else set()

    @property
    def _may_others(self) -> bool:
        return self.database.dialect.many_processes


class Resuming:
    """Takes over what dead processes have left, now and every few seconds."""

    def __init__(self, *resume: Callable[[], None]) -> None:
        self._resume = resume
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._look, name="resume", daemon=True)

    def start(self, *, again: bool) -> None:
        """Look once, and `again` and again where other processes may leave something."""
        for resume in self._resume:
            resume()
        if again:
            self._thread.start()

    def close(self) -> None:
        """Take nothing over any more."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _look(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            for resume in self._resume:
                try:
                    resume()
                except Exception as error:  # noqa: BLE001 - the database may be away; the next look finds it
                    log.logger("resume").warning("what others have left could not be looked for", error=repr(error))
