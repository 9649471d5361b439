"""Lanes that come and go, passed on to whoever sends what lies in them (design 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from waystage.engine.running.stepper import Stepper


class Deliverer(Protocol):
    """What the engine asks of whoever sends effects (engine.sending.deliver)."""

    def wake(self) -> None:
        """There may be new effects."""
        ...

    def settle(self) -> Future[None]:
        """Done when every effect is handed over or has failed for good (contract 41)."""
        ...

    def take(self, lanes: Mapping[int, int]) -> None:
        """Effects of these lanes are to be handed over from now on, under the epochs of their leases."""
        ...

    def drop(self, lanes: Collection[int]) -> None:
        """These lanes are another's: begin nothing more in them."""
        ...

    def let_go(self, lanes: Collection[int]) -> Future[None]:
        """Begin nothing more in these lanes; done when nothing of them is under way."""
        ...


def _unheard(word: str) -> None:
    """There are no other processes."""


@dataclass(slots=True)
class Handover:
    """Between the stepper, which takes and loses lanes, and the deliverer; runs on the engine's thread."""

    stepper: Stepper
    deliverer: Deliverer | None = None
    say: Callable[[str], None] = _unheard
    """How hints get to the other processes."""
    _leaving: tuple[frozenset[int], Future[None]] | None = None
    """Lanes that are given back as soon as nothing of them is under way."""
    _known: dict[int, int] = field(default_factory=dict)
    """By lane the epoch under which it was passed on."""

    def look(self) -> None:
        """Hold on to the lanes, and give back what another process is to have."""
        self.stepper.look_if_due()
        tenure = self.stepper.tenure
        if self._leaving is not None and (self._leaving[1].done() or not self._leaving[0] & tenure.leaving):
            left, self._leaving = self._leaving[0], None
            tenure.give_back(left & tenure.leaving)
            self.say("lanes")
        if self._leaving is None and tenure.leaving:
            self._leaving = frozenset(tenure.leaving), self._let_go(tenure.leaving)

    def _let_go(self, lanes: Collection[int]) -> Future[None]:
        for lane in lanes:
            self._known.pop(lane, None)
        if self.deliverer is not None:
            return self.deliverer.let_go(frozenset(lanes))
        done: Future[None] = Future()
        done.set_result(None)
        return done

    def pass_on(self) -> None:
        """Tell whoever sends which lanes have come and gone. One that was held all the while is none of them."""
        leaving = self._leaving[0] if self._leaving is not None else frozenset[int]()
        held = {number: lane.lease.epoch for number, lane in self.stepper.lanes.items() if number not in leaving}
        if held == self._known or self.deliverer is None:
            return
        lost = [number for number, epoch in self._known.items() if held.get(number) != epoch]
        taken = {number: epoch for number, epoch in held.items() if self._known.get(number) != epoch}
        self._known = held
        if lost:
            self.deliverer.drop(lost)
        if taken:
            self.deliverer.take(taken)
