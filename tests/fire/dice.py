"""Chance that the seed decides: a run can be repeated with it, as far as the machine's timing lets it."""

from collections.abc import Sequence
from typing import TypeVar

from waystage.ground import ids

T = TypeVar("T")


class Dice:
    """Draws, one after the other."""

    def __init__(self, *seed: object) -> None:
        """The same parts give the same draws."""
        self._key = ids.draw_key(*seed)
        self._drawn = 0

    def below(self, end: int) -> int:
        """A number 0 <= n < end."""
        self._drawn += 1
        return ids.draw(self._key, self._drawn) % end

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.below(1_000_000) / 1_000_000

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in this share of all cases."""
        return self.between(0, 1) < share

    def one_of(self, things: Sequence[T]) -> T:
        """One of several, each as likely as the others."""
        return things[self.below(len(things))]
