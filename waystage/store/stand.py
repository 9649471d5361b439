"""Where a batch stands: the part of the working set that a move is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waystage.plan.strides import Stride
from waystage.store import ways
from waystage.store.expressions import Setting
from waystage.store.sql import Row, SqlValue, Tx


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a batch stands: the part of the working set that a move is about."""

    tx: Tx
    lane: int
    place: int
    now: int
    version: int
    stride: Stride
    setting: Setting

    def run(self, text: str, **values: SqlValue) -> int:
        """Run a statement; only the parameters that it names are given to it."""
        known = {"lane": self.lane, "place": self.place, "now": self.now, "version": self.version}
        return self.tx.run(text, **known, **self.setting.binder.values, **values)

    def rows(self, text: str) -> list[Row]:
        """Run a query with the parameters of `run`."""
        known = {"lane": self.lane, "place": self.place, "now": self.now, "version": self.version}
        return self.tx.rows(text, **known, **self.setting.binder.values)

    def condition(self, leaves: Sequence[int]) -> str:
        """The instances `w` that stand here and take these leaves."""
        chosen = ways.among(self.setting.binder.bind, leaves, self.stride)
        return f"w.lane = :lane AND w.place = :place{chosen}"

    def here(self, leaves: Sequence[int]) -> str:
        """The same as FROM and WHERE."""
        return f"FROM work w WHERE {self.condition(leaves)}"
