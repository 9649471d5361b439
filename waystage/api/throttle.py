"""How often one caller may call: a bucket each, that fills up again with time (api.md 1.8.1 E5, 1.9)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from waystage.ground import clock
from waystage.ground.errors import RateLimited

SECONDS_PER_MINUTE = 60.0
#: Callers remembered at once; whoever is forgotten starts with a full bucket.
MOST_CALLERS = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    seen: float


class Throttle:
    """At most so many calls a minute for each caller; a full minute's worth may come at once."""

    def __init__(self, per_minute: int) -> None:
        """Start with a full bucket for everybody."""
        self._most = float(per_minute)
        self._rate = per_minute / SECONDS_PER_MINUTE
        self._buckets: dict[str, _Bucket] = {}

    def take(self, caller: str) -> None:
        """Count a call; RateLimited says after how many seconds the next one is allowed."""
        now = clock.monotonic()
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._begin(caller, now)
        bucket.left = min(self._most, bucket.left + (now - bucket.seen) * self._rate)
        bucket.seen = now
        if bucket.left < 1:
            raise RateLimited(math.ceil((1 - bucket.left) / self._rate))
        bucket.left -= 1

    def _begin(self, caller: str, now: float) -> _Bucket:
        if len(self._buckets) >= MOST_CALLERS:
            self._buckets.clear()
        return self._buckets.setdefault(caller, _Bucket(self._most, now))
