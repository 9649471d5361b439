"""Path optimizers decide when their engagement period is over: the best rate wins (journey-spec 3.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from waystage.engine import instants
from waystage.engine.lane import NEVER, Batch
from waystage.engine.plans import Plans
from waystage.plan.effects import Effect
from waystage.plan.moves import Emit, Move, Verdict, park_of
from waystage.plan.plans import Plan
from waystage.store import inbox, statistics, winners
from waystage.store.inbox import InboxKind
from waystage.store.timers import TimerKind

#: What counts for each metric; who clicks has opened. Of unsubscriptions few are best.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "opens": ("open", "click"),
    "clicks": ("click",),
    "unsubscribes": ("unsubscribe",),
}
_FEW_ARE_BEST = frozenset({"unsubscribes"})


def first_due(plan: Plan, published: int) -> int | None:
    """When the first contest of a version is decided; None if that is left to somebody, or there is none."""
    return min((due for _, _, due in _open(plan, published)), default=None)


def _open(plan: Plan, published: int) -> Iterator[tuple[int, Verdict, int]]:
    """(activity, how it is decided, when) of every contest that the clock decides and that is not decided."""
    for activity in plan.activities:
        park = park_of(activity.step)
        if park is not None and isinstance(park.until, Verdict) and park.until.period is not None:
            due = instants.instant_of(park.until.period, published, plan.offset_minutes)
            yield activity.number, park.until, due


def decide(batch: Batch, plans: Plans, version: int, limit: int) -> None:
    """Decide every contest whose time has come, and tell all lanes; see engine.timers."""
    running = plans.version(version)
    if running is None or running.status == "Stopped":
        batch.drop_timer(TimerKind.WINNER, version)
        return
    known = winners.of_version(batch.tx, version)
    waiting = [one for one in _open(running.plan, running.published) if one[0] not in known]
    over = [one for one in waiting if one[2] <= batch.now]
    for activity, verdict, _ in over:
        outcome = _best(batch, running.plan, activity, verdict.metric)
        winners.settle(batch.tx, version, activity, outcome, batch.now)
    if over and plans.numbers is not None:
        inbox.tell_lanes(batch.tx, InboxKind.RECOMPILE, plans.numbers.take()[0])
        batch.told = True
    batch.set_timer(TimerKind.WINNER, version, min((due for *_, due in waiting if due > batch.now), default=NEVER))


def _best(batch: Batch, plan: Plan, activity: int, metric: str) -> int:
    """The outcome with the best rate, the first one of equals; a path without any message has the rate 0."""
    messages = messages_of_paths(plan, activity)
    listed = sorted(set().union(*messages))
    did = winners.engaged(batch.tx, plan.version, listed, _KINDS[metric])
    counts = statistics.activities(batch.tx, plan.version)
    rates = []
    for mine in messages:
        sent = sum(counts[one].through for one in mine if one in counts)
        rates.append(Fraction(sum(did[one] for one in mine), sent) if sent else Fraction(0))
    wanted = min(rates) if metric in _FEW_ARE_BEST else max(rates)
    return rates.index(wanted)


def messages_of_paths(plan: Plan, activity: int) -> list[set[int]]:
    """For each outcome the messages that lie behind it and behind no other: between the optimizer and its end."""
    behind = [_behind(plan, following) for following in plan.activity(activity).nexts]
    sends = {one.number for one in plan.activities if any(map(_is_message, one.step))}
    return [
        (mine & sends).difference(*(other for place, other in enumerate(behind) if place != own))
        for own, mine in enumerate(behind)
    ]


def _is_message(move: Move) -> bool:
    return isinstance(move, Emit) and isinstance(move.effect, Effect)


def _behind(plan: Plan, start: int | None) -> set[int]:
    """The activities that can be reached from one, itself among them."""
    found: set[int] = set()
    ahead = [start]
    while ahead:
        one = ahead.pop()
        if one is not None and one not in found:
            found.add(one)
            ahead.extend(plan.activity(one).nexts)
    return found
