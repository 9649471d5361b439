"""What traces tell of sends and calls: which passage they are for, never whose (see ground.tracing)."""

from __future__ import annotations

from contextlib import AbstractContextManager

from waystage.ground import ids, tracing
from waystage.store.calls import PendingCall
from waystage.store.outbox import Origin


def of_batch(lane: int) -> AbstractContextManager[tracing.Span | None]:
    """One batch of the engine."""
    return tracing.span("batch", about={"waystage.lane": lane})


def of_messages(lane: int, way: str, count: int) -> AbstractContextManager[tracing.Span | None]:
    """Messages that are handed to a way out together."""
    return tracing.span("send", about={"waystage.lane": lane, "waystage.way": way, "waystage.messages": count})


def of_call(origin: Origin, call: PendingCall) -> AbstractContextManager[tracing.Span | None]:
    """One attempt to call a custom activity."""
    if not tracing.is_on():
        return tracing.NOTHING
    about: dict[str, tracing.Attribute] = {
        "waystage.journey": origin.journey_key,
        "waystage.version": origin.number,
        "waystage.activity": origin.activities[call.activity - 1],
        "waystage.instance": ids.guid_of("instance", call.lane, call.instance),
        "waystage.lane": call.lane,
    }
    return tracing.span("call", "client", about)
