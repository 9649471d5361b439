"""What people do with simulated messages: drawn by the seed, on whole minutes, seen when its time comes (contract 36).

A fact makes no instant of its own: before the engine goes on to the next one, everything that has happened by then is
stored.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from waystage.ground import ids
from waystage.operations import note_engagement
from waystage.operations.note_engagement import TYPES, UNSUBSCRIBE, Engagement
from waystage.store import simulated
from waystage.store.simulated import MadeMessage
from waystage.store.sql import Tx
from waystage.store.winners import Fact

#: The kinds of facts for which a share may be given.
KINDS = TYPES
_MINUTE = 60_000
#: Within how many minutes after it was made a message is opened, and after that used; an address fails at once.
_OPENED_WITHIN, _USED_WITHIN = 2_880, 60
_ONE = 2**64
_LINK = re.compile(r"""href\s*=\s*["'](https?://[^"'#?\s]+)""", re.IGNORECASE)


class _Made(NamedTuple):
    """A fact that is to happen; `nth` keeps equal instants in order."""

    at: int
    nth: int
    fact: Fact
    seq: int


class Engagements:
    """The people of one simulation, as far as messages reach them."""

    def __init__(self, shares: Mapping[str, float], seed: str) -> None:
        """`shares` of all messages, 0 to 1, by kind."""
        self._asked_for: Mapping[int, Sequence[str]] = {}
        self._bounds = {kind: int(shares.get(kind, 0.0) * _ONE) for kind in KINDS}
        self._seed = seed
        self._coming: list[_Made] = []
        self._keys: dict[tuple[str, int, int], int] = {}
        self._links: dict[int, list[str]] = {}
        self._seen = 0
        self._count = 0

    @property
    def any(self) -> bool:
        """Whether anybody ever does anything."""
        return any(self._bounds.values())

    def expect(self, links: Mapping[int, Sequence[str]]) -> None:
        """The links that splits ask for, by the activity that sends them: they are clicked like those of the texts."""
        self._asked_for = links

    def read_messages(self, tx: Tx) -> None:
        """Draw what becomes of the messages that were made since the last look."""
        for message in simulated.messages_after(tx, self._seen):
            self._seen = message.seq
            if message.form not in self._links:
                found = _links(simulated.html_of(tx, message.form))
                self._links[message.form] = list(dict.fromkeys([*found, *self._asked_for.get(message.activity, ())]))
            for at, fact in self._drawn(message, self._links[message.form]):
                self._count += 1
                heapq.heappush(self._coming, _Made(at, self._count, fact, message.seq))

    def happen(self, tx: Tx, now: int) -> None:
        """Store everything that has happened by an instant."""
        due: list[_Made] = []
        while self._coming and self._coming[0].at <= now:
            due.append(heapq.heappop(self._coming))
        if due:
            simulated.note_facts(tx, [(one.fact, one.at) for one in due])
            for one in due:
                if one.fact.kind == UNSUBSCRIBE:
                    told = Engagement(ids.guid_of("request", one.fact.lane, one.seq), UNSUBSCRIBE, "")
                    note_engagement.note_followed(tx, told, one.at)

    def is_due(self, now: int) -> bool:
        """Whether `happen` has something to do."""
        return bool(self._coming) and self._coming[0].at <= now

    def _drawn(self, message: MadeMessage, links: list[str]) -> Iterator[tuple[int, Fact]]:
        """Whoever clicks or unsubscribes has opened the message; what bounces nobody has."""
        if self._is_drawn("bounce", message):
            yield _at(message.at, 1), _fact(message, "bounce")
            return
        reader = self._draw("open", message)
        clicks, leaves = reader < self._bounds["click"], self._is_drawn("unsubscribe", message)
        if not (clicks or leaves or reader < self._bounds["open"]):
            return
        opened = self._draw("when", message) % _OPENED_WITHIN + 1
        yield _at(message.at, opened), _fact(message, "open")
        used = opened + self._draw("then", message) % _USED_WITHIN
        if clicks:
            link = links[self._draw("link", message) % len(links)] if links else ""
            yield _at(message.at, used), _fact(message, "click", link)
        if leaves:
            yield _at(message.at, used), _fact(message, "unsubscribe")

    def _draw(self, what: str, message: MadeMessage) -> int:
        named = (what, message.activity, message.hop)
        if named not in self._keys:
            self._keys[named] = ids.draw_key(self._seed, *named)
        return ids.draw(self._keys[named], message.instance)

    def _is_drawn(self, kind: str, message: MadeMessage) -> bool:
        bound = self._bounds[kind]
        return bound > 0 and self._draw(kind, message) < bound


def _at(made: int, minutes: int) -> int:
    return (made // _MINUTE + minutes) * _MINUTE


def _fact(message: MadeMessage, kind: str, link: str = "") -> Fact:
    return Fact(message.lane, message.instance, message.hop, message.activity, kind, link)


def _links(html: str) -> list[str]:
    """The addresses that a message links to, as clicks name them: without query and fragment."""
    return list(dict.fromkeys(_LINK.findall(html)))
