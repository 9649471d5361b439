"""What else reaches outside, beside the messages of the outbox."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol


class Errand(Protocol):
    """Something else that reaches outside, on the deliverer's loop."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be done."""
        ...

    @property
    def results(self) -> Mapping[tuple[str, str], int]:
        """How many attempts have ended how since the start, by (what, how)."""
        ...

    async def begin(self, heads: Mapping[int, int], news: Callable[[], None]) -> None:
        """Start what is new; effects of a lane up to its head exist. `news` is called when something has ended.

        `heads` has the lanes that this process holds: the others are none of its business.
        """
        ...

    async def let_go(self, lanes: Collection[int]) -> None:
        """Begin nothing more in these lanes, and end what is under way in them, or leave it undone soon."""
        ...

    async def end(self, seconds: float) -> None:
        """Come to an end within so many seconds."""
        ...
