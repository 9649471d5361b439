"""What every crash test asserts in the end."""

from collections import Counter
from typing import Any

from tests.crash import bodies
from tests.crash.script import Script
from tests.crash.sink import Sink
from tests.invariants.base import at_rest
from tests.invariants.checker import violations
from tests.invariants.events import every_event_was_decided
from tests.invariants.outside import hosts_saw_effects_once
from tests.invariants.seen import Seen, seen

#: Both journeys decide upon every event: one that is stopped says so in its history (contract 29).
_STARTED_BY = {bodies.WALKED: bodies.EVENT, bodies.HALTED: bodies.EVENT}


def judge(database_url: str, script: Script, sink: Sink, undisturbed: Seen) -> None:
    """Nothing was lost, nothing doubled, and the run ended as if nothing had happened."""
    assert script.program.stop() == 0, script.program.told()
    with at_rest(database_url) as base:
        wrong = [
            *violations(base),
            *every_event_was_decided(base, script.ledger, _STARTED_BY),
            *hosts_saw_effects_once(base, sink.received()),
        ]
        assert not wrong, "\n".join(wrong)
        found = seen(base)
    for name in ("passages", "messages", "rows"):
        _nothing_differs(name, getattr(found, name), getattr(undisturbed, name))
    _everything_went_out(found, sink)


def _nothing_differs(name: str, found: Counter[Any], undisturbed: Counter[Any]) -> None:
    """Say what is there and what should be, which native tracebacks do not."""
    lines = [*(f"+ {one}" for one in found - undisturbed), *(f"- {one}" for one in undisturbed - found)]
    assert not lines, "\n".join([f"{name}, + there and - expected:", *lines])


def _everything_went_out(found: Seen, sink: Sink) -> None:
    """Each effect reached the mail server, and each passage of the walked journey was called for."""
    assert len(sink.letters) == found.messages.total()
    walked = sum(n for (journey, *_), n in found.passages.items() if journey == f"{bodies.WALKED} 1")
    assert len({one.key for one in sink.service.executed()}) == walked
