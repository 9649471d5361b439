"""Messages written inside a black-out window leave at its end, whatever becomes of the journey (journey-spec 3.11)."""

from __future__ import annotations

from waystage.engine.lane import Batch
from waystage.engine.plans import Plans
from waystage.store import deferred
from waystage.store.timers import TimerKind

#: Messages that are handed over in one batch.
_SLICE = 5_000
#: The timer belongs to no version: what was handed over is not recalled, neither by a pause nor by a stop.
_NO_VERSION = 0


def expect(batch: Batch, due: int) -> None:
    """Messages of this lane may leave at `due`, in journey time."""
    known = batch.timer(TimerKind.DEFERRED, _NO_VERSION)
    if known is None or due < known:
        batch.set_timer(TimerKind.DEFERRED, _NO_VERSION, due)


def release(batch: Batch, plans: Plans, version: int, limit: int) -> None:
    """Hand over the next slice of what is due; see engine.timers."""
    released = deferred.release(batch.tx, batch.number, batch.now, _SLICE)
    if released:
        # An unused number of the outbox tells its reader that there is news, in whatever process that is.
        batch.use(effects=1)
        batch.outgoing += 1
    following = deferred.first_due(batch.tx, batch.number)
    if following is None:
        batch.drop_timer(TimerKind.DEFERRED, _NO_VERSION)
    else:
        batch.set_timer(TimerKind.DEFERRED, _NO_VERSION, following)
