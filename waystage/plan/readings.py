"""Comparisons of criteria as they are written, beside what they are compiled to: for whoever asks why (contract 22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from waystage.plan import expressions as e
from waystage.plan.values import Bound
from waystage.spec import criteria_tree as c


@dataclass(frozen=True, slots=True)
class Reading:
    """One comparison, or one test of related rows, which has no value of its own.

    `operands` are those that are values themselves, as far as they are; None for all others.
    """

    node: c.Condition | c.Related
    value: Bound | None = None
    operands: tuple[Bound | None, ...] = ()


Readings: TypeAlias = Mapping[e.Condition, Reading]
