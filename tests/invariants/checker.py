"""What must be true of a database at rest, whatever has happened to the processes that wrote it (design 3, 4, 8)."""

from collections.abc import Iterator

from tests.invariants import counts, lanes, messages, passages
from tests.invariants.base import AtRest, Invariant, at_rest
from tests.invariants.seen import Seen, seen

INVARIANTS: tuple[Invariant, ...] = (
    *lanes.INVARIANTS, *passages.INVARIANTS, *counts.INVARIANTS, *messages.INVARIANTS,
)  # fmt: skip


def violations(base: AtRest) -> Iterator[str]:
    """Everything that is wrong with a database at rest."""
    for invariant in INVARIANTS:
        for wrong in invariant(base):
            yield f"{invariant.__name__}: {wrong}"


def check(database_url: str) -> Seen:
    """Assert every invariant of a database at rest and give what can be seen in it."""
    with at_rest(database_url) as base:
        found = list(violations(base))
        assert not found, "\n".join(found)
        return seen(base)
