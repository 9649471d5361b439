"""How large a batch may be: by time, so that waiting requests are answered soon and an idle machine runs flat out."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.ground import clock

#: Contacts of one batch (design 2): the most, and where a new engine starts.
MOST = 50_000
_START = 2_000
_LEAST = 200
#: Seconds that a batch should take while requests come in, and when none do.
_BESIDE_REQUESTS = 0.006
_ALONE = 0.4
#: Seconds for which the engine stays polite after the last request.
_POLITE = 0.5


@dataclass(slots=True)
class Pace:
    """The size of the next batch, learned from the ones before."""

    limit: int = _START
    rate: float = 50_000.0
    """Contacts per second, smoothed."""
    polite_until: float = 0.0
    requests_seen: int = 0
    fixed: int | None = None
    """A size that a benchmark or a test asks for."""

    @property
    def is_polite(self) -> bool:
        """Whether requests came in a moment ago, so that the machine is to be shared with them."""
        return clock.monotonic() < self.polite_until

    def next(self, requests: int) -> int:
        """How many contacts the next batch may hold; `requests` is how many writes there were so far."""
        if self.fixed is not None:
            return self.fixed
        if requests != self.requests_seen:
            self.requests_seen = requests
            self.polite_until = clock.monotonic() + _POLITE
        seconds = _BESIDE_REQUESTS if self.is_polite else _ALONE
        return int(min(MOST, max(_LEAST, self.rate * seconds)))

    def learn(self, moved: int, seconds: float) -> None:
        """A batch of this many took so long."""
        if moved >= _LEAST and seconds > 0:
            self.rate = 0.5 * self.rate + 0.5 * moved / seconds
