"""What every crash test asserts in the end."""

from tests.crash import bodies
from tests.crash.invariants import Seen, check, decisions
from tests.crash.script import Ledger, Script
from tests.crash.sink import Sink


def judge(database_url: str, script: Script, sink: Sink, undisturbed: Seen) -> None:
    """Nothing was lost, nothing doubled, and the run ended as if nothing had happened."""
    assert script.program.stop() == 0, script.program.told()
    seen = check(database_url)
    assert seen.passages == undisturbed.passages
    assert seen.messages == undisturbed.messages
    assert seen.rows == undisturbed.rows
    _every_event_was_decided_once(database_url, script.ledger)
    _letters(seen, sink)
    _calls(seen, sink)


def _every_event_was_decided_once(database_url: str, ledger: Ledger) -> None:
    """Each answered event became one decision of each journey; one that was never answered at most one."""
    made = decisions(database_url)
    for contact, posted in ledger.posted.items():
        answered = len(ledger.answered[contact])
        for journey in (bodies.WALKED, bodies.HALTED):
            count = made.count[journey, contact]
            least = answered if journey == bodies.WALKED else 0
            assert least <= count <= posted, (
                f"{contact} in {journey}: {posted} sent, {answered} answered, {count} judged"
            )
        if posted == 1:
            assert made.entered[bodies.WALKED, contact] == set(ledger.answered[contact])


def _letters(seen: Seen, sink: Sink) -> None:
    """Each effect reached the mail server under one Message-ID, as often as it was tried, always the same letter."""
    assert all(len(set(letters)) == 1 for letters in sink.letters.values())
    assert len(sink.letters) == seen.messages.total()


def _calls(seen: Seen, sink: Sink) -> None:
    """Each passage was called for under one key, as often as it was tried, always with the same body."""
    bodies_of: dict[str, set[bytes]] = {}
    for one in sink.service.executed():
        bodies_of.setdefault(one.key, set()).add(one.body)
    assert all(len(found) == 1 for found in bodies_of.values())
    walked = sum(n for (journey, *_), n in seen.passages.items() if journey == f"{bodies.WALKED} 1")
    assert len(bodies_of) == walked
