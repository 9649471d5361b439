"""What every check of `waystage doctor` is given, and the words that several of them need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from waystage.ground.ailments import Finding
from waystage.ground.settings import Settings
from waystage.plan.compile import Kinds
from waystage.store.processes import Living
from waystage.store.sql import Tx


@dataclass(slots=True)
class Patient:
    """The system that is looked at; instants in ms, `key_file` is where the key of signing keys may lie."""

    settings: Settings
    kinds: Kinds
    channels: frozenset[str]
    real: int
    journey: int
    key_file: Path | None
    living: list[Living] = field(default_factory=list)
    """The processes that live; the first checks find them."""


Check = Callable[[Tx, Patient], Iterator[Finding]]


def some(names: Sequence[object], most: int = 5) -> str:
    """A few of them, and how many more there are."""
    shown = ", ".join(str(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def many(count: int, thing: str, bound: int | None = None) -> str:
    """`1 lane`, `3 lanes`; `1,000 lanes or more` where counting ended at a bound."""
    more = " or more" if count == bound else ""
    return f"{count:,} {thing if count == 1 else thing + 's'}{more}"


def seconds(ms: int) -> str:
    """A time as people say it."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000)):
        if ms >= 2 * size:
            return f"{ms // size} {unit}"
    return f"{ms / 1000:.0f} s"
