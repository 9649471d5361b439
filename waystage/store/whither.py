"""Into which lane each thing goes when a database is moved to another number of lanes: two bytes for each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from waystage.ground.ids import born

_BITS = 14
_LAST = (1 << _BITS) - 1


class Whither:
    """The new lane of things that are known by (old lane, number)."""

    def __init__(self) -> None:
        self._chunks: dict[tuple[int, int], array[int]] = {}
        self.strays = 0
        """How many were asked for that nobody knows; they go to the first lane."""

    def put(self, lane: int, numbers: Sequence[int], lanes: Sequence[int]) -> None:
        """The things with these numbers of an old lane go there."""
        for number, goal in zip(numbers, lanes, strict=True):
            birth, plain = born(lane, number)
            at = (birth, plain >> _BITS)
            chunk = self._chunks.get(at)
            if chunk is None:
                chunk = self._chunks[at] = array("H", bytes(2 << _BITS))
            chunk[plain & _LAST] = goal

    def of(self, lane: int, numbers: Sequence[int]) -> list[int]:
        """The new lane of each."""
        chunks, found = self._chunks, []
        for number in numbers:
            birth, plain = born(lane, number)
            chunk = chunks.get((birth, plain >> _BITS))
            found.append(chunk[plain & _LAST] if chunk is not None else 0)
        if 0 in found:
            self.strays += found.count(0)
            found = [one or 1 for one in found]
        return found
