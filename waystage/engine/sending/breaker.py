"""Circuit breakers: a host that does not answer is left alone for a while, instead of everybody waiting for it in turn.

While it rests calls wait and use up none of their attempts; so a short outage costs nobody the journey. When it has
been away for long, calls fail at once, and now and then one of them looks whether it is back.
"""

from __future__ import annotations

from collections.abc import Sequence

from waystage.ground import clock, log

#: Failures one after the other that open a breaker.
STREAK = 5
#: Real seconds of rest before the first, second … look; the last one counts for all further.
RESTS = (1.0, 2.0, 5.0, 10.0, 30.0)
#: Real seconds for which calls wait for a host to come back; behind that they fail at once.
PATIENCE = 60.0


class CircuitOpen(ConnectionError):
    """The host has been away for too long; nothing was sent."""


class Breaker:
    """What is known of one host."""

    def __init__(self, rests: Sequence[float] = RESTS, patience: float = PATIENCE, host: str = "") -> None:
        self._host = host
        self._rests = rests
        self._patience = patience
        self._streak = 0
        self._looks = 0
        self._down_since = 0.0
        self._rests_until = 0.0
        self._is_looking = False

    @property
    def is_open(self) -> bool:
        """Whether the host is left alone at present."""
        return self._streak >= STREAK

    async def ready(self) -> None:
        """Wait until the host may be called; CircuitOpen. Whoever is let through must tell `succeeded` or `failed`."""
        while self._streak >= STREAK:
            now = clock.monotonic()
            if not self._is_looking and now >= self._rests_until:
                self._is_looking = True
                return
            if now - self._down_since >= self._patience:
                raise CircuitOpen(f"the host has not answered for {now - self._down_since:.0f} s")
            await clock.rest(max(0.05, min(self._rests_until - now, 0.5)))

    def succeeded(self) -> None:
        """The host has answered."""
        if self.is_open:
            log.logger("calls").info("a host answers again", host=self._host)
        self._streak, self._looks, self._is_looking = 0, 0, False

    def failed(self) -> None:
        """The host has not answered, or has said that it cannot."""
        now = clock.monotonic()
        if self._streak == 0:
            self._down_since = now
        self._streak += 1
        if self._streak == STREAK:
            log.logger("calls").warning("a host does not answer and is left alone for a while", host=self._host)
        if self._streak >= STREAK:
            self._looks += self._is_looking
            self._rests_until = now + self._rests[min(self._looks, len(self._rests) - 1)]
            self._is_looking = False


class Breakers(dict[str, Breaker]):
    """One for each host."""

    def __init__(self, rests: Sequence[float] = RESTS, patience: float = PATIENCE) -> None:
        super().__init__()
        self._rests = rests
        self._patience = patience

    def __missing__(self, host: str) -> Breaker:
        """A host that is met for the first time."""
        made = self[host] = Breaker(self._rests, self._patience, host)
        return made
