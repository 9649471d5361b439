"""Words between the processes of one database: "there is something in these inboxes", "come to rest", "time has moved".

They are hints: nothing hangs on them, for everybody also looks by itself once a second (design 2). They are said on a
thread of their own, several at once if several have come, so nobody waits for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from waystage.ground import clock, log
from waystage.store.database import Database

#: Seconds after which somebody who hears nothing looks whether the program ends.
_LISTEN: Final = 1.0
#: Seconds of rest after the database could not be reached.
_REST: Final = 1.0
#: A word before which lanes stand, or nothing: all lanes.
INBOX: Final = "inbox"


class Hints:
    """Ear and mouth of one process; without other processes it does nothing."""

    def __init__(self, database: Database, heard: Callable[[str], None], rests: Callable[[], None]) -> None:
        """`heard` is told each word, `rests` is called every second; both on a thread of their own."""
        self._database = database
        self._heard = heard
        self._rests = rests
        self._words: dict[str, None] = {}
        self._lanes: set[int] = set()
        self._wake = threading.Condition()
        self._closing = False
        self._threads = [
            threading.Thread(target=self._listen, name="ear", daemon=True),
            threading.Thread(target=self._speak, name="mouth", daemon=True),
        ]

    @property
    def _is_needed(self) -> bool:
        return self._database.dialect.many_processes

    def start(self) -> None:
        """Begin to hear and to speak."""
        if self._is_needed:
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """Say what is still to be said, and let go."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def say(self, word: str) -> None:
        """Tell all processes, soon."""
        with self._wake:
            self._words[word] = None
            self._wake.notify()

    def say_inbox(self, lanes: Iterable[int] | None) -> None:
        """Tell who holds these lanes (None: all) that something waits in them."""
        with self._wake:
            if lanes is None:
                self._words[INBOX] = None
            else:
                self._lanes.update(lanes)
            self._wake.notify()

    # -- on threads of their own --------------------------------------------------------------------------------

    def _listen(self) -> None:
        while not self._closing:
            try:
                self._hear()
            except Exception as error:  # noqa: BLE001 - the server is away: everybody looks by itself meanwhile
                log.logger("hints").warning("nothing can be heard of other processes", error=repr(error))
                clock.pause(_REST)
                with suppress(Exception):  # it is tried again in a second
                    self._each_second()

    def _hear(self) -> None:
        ear = self._database.ear()
        if ear is None:
            return
        try:
            while not self._closing:
                for word in ear.hear(_LISTEN):
                    self._heard(word)
                self._each_second()
        finally:
            ear.close()

    def _each_second(self) -> None:
        if not self._closing:
            self._rests()

    def _speak(self) -> None:
        mouth = None
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._words or self._lanes or self._closing)
                words, lanes = list(self._words), sorted(self._lanes)
                self._words.clear()
                self._lanes.clear()
                if self._closing and not words and not lanes:
                    break
            if lanes and INBOX not in words:
                words.append(f"{INBOX} {' '.join(map(str, lanes))}")
            try:
                mouth = mouth or self._database.mouth()
                for word in words:
                    if mouth is not None:
                        mouth.say(word)
            except Exception as error:  # noqa: BLE001 - as above
                log.logger("hints").warning("nothing can be said to other processes", error=repr(error))
                mouth = None
        if mouth is not None:
            mouth.close()
