"""How the contacts of a simulation come in, each at its instant: as its event definition says (contract 21)."""

from __future__ import annotations

from collections.abc import Iterable

from waystage.engine.lane import NEVER
from waystage.operations import fire_event
from waystage.operations.fire_event import AcceptedEvent, EventForm
from waystage.operations.rehearse import Rehearsal
from waystage.plan.audiences import Audience
from waystage.plan.plans import Plan
from waystage.store.sql import Tx

#: Rows that are placed together.
_CHUNK = 10_000


class Arrivals:
    """Events of contacts, or the rows of an audience, which the engine lets in by itself."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._form: EventForm | None = None
        self._audience: Audience | None = None
        self._coming: list[tuple[int, AcceptedEvent]] = []

    def expect(self, form: EventForm, plan: Plan, coming: Iterable[tuple[int, AcceptedEvent]]) -> None:
        """From now on these come, each at its instant (ms); of one instant in the order given."""
        self._form, self._audience = form, plan.entry.audience
        ordered = sorted(enumerate(coming), key=lambda one: (one[1][0], one[0]))
        places = self._places_rows(form)
        self._coming = [(at, _named(event, nth) if places else event) for nth, (at, event) in ordered]
        self._coming.reverse()

    def next_due(self) -> int:
        """When the next of them comes."""
        return self._coming[-1][0] if self._coming else NEVER

    def come(self, tx: Tx, now: int) -> None:
        """Let in whose instant has come; an automation has completed when the first have (contract 19)."""
        form, events = self._form, []
        while self._coming and self._coming[-1][0] <= now:
            events.append(self._coming.pop()[1])
        if form is None or not events:
            return
        if self._places_rows(form):
            for start in range(0, len(events), _CHUNK):
                fire_event.place_rows(tx, form, events[start : start + _CHUNK], now)
        if self._audience is None:
            self._rehearsal.enter(tx, events)
        elif self._audience.on_signal:
            self._rehearsal.signal(tx, form.account, form.definition)

    def _places_rows(self, form: EventForm) -> bool:
        return form.placed_first or self._audience is not None


def _named(event: AcceptedEvent, nth: int) -> AcceptedEvent:
    """With a key for its row: a row without a primary key would be given a drawn one."""
    return event if event.row_key is not None else event._replace(row_key=f"#{nth:09}")
