"""What the command line asks for: how large each part of the benchmark is (docs/how-to/measure.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from waystage.bench.stores import POSTGRESQL, SQLITE

#: Contacts of a small and of a large run that are compared with each other; PostgreSQL takes three times as long.
GROWTH: Mapping[str, tuple[int, int]] = {SQLITE: (300_000, 5_000_000), POSTGRESQL: (300_000, 1_000_000)}
_LARGEST = 5_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Sizes of the parts; what is here takes some forty minutes on two quiet cores."""

    contacts: Sequence[int] = (100_000,)
    """Contacts of a run of the engine, for each of its sizes."""
    rounds: int = 3
    few: int = 2_000
    """Contacts that are moved one by one."""
    many: int = 1_000_000
    """Contacts that are inside while memory is measured, and that wait while timers fall due."""
    backlog: int = 300_000
    """Contacts that wake up while events come in."""
    growth: Mapping[str, tuple[int, int]] = field(default_factory=lambda: GROWTH)
    seconds: float = 3.0
    """Length of a run under load."""
    timers: int = 2_000
    lanes: int | None = None
    profiled: bool = False
    journeys: int = 100_000
    """Journeys of the longest list that is read; the shortest has a hundredth of them."""
    hops: int = 1_000_000
    """Hops of the longest history that is read; the shortest has a tenth of them."""
    messages: int = 20_000
    """Messages that lie in the outbox when sending is measured."""
    shared: int = 100_000
    """Contacts that one and two workers move."""
    rivals: int = 300
    """Contacts that other programs take through the same journey."""
    months: bool = False
    """Whether so many contacts are simulated for a month, too."""

    def of(self, contacts: Sequence[int]) -> Asked:
        """The same with other numbers of contacts everywhere."""
        small, large = min(contacts), max(contacts)
        pairs = dict.fromkeys(GROWTH, (small, large))
        return replace(
            self, contacts=contacts, many=large, backlog=large, growth=pairs, shared=large,
            rivals=min(self.rivals, small), months=True,
        )  # fmt: skip

    def full(self) -> Asked:
        """The largest size on every store."""
        return replace(self, growth=dict.fromkeys(GROWTH, (300_000, _LARGEST)))


#: Shows in a few minutes that every part works; its figures are rough.
QUICK = replace(
    Asked(contacts=(20_000,), rounds=1, few=300, seconds=1.0, timers=300, journeys=5_000, hops=50_000, messages=2_000),
    many=50_000, backlog=20_000, growth=dict.fromkeys(GROWTH, (20_000, 100_000)), shared=20_000, rivals=100,
)  # fmt: skip
