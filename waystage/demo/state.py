"""What the demo shows, read at one moment: the clock, journeys, activities and the last messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from waystage.demo.calls import Api
from waystage.operations.read_progress import VersionProgress

SHOWN_MESSAGES = 5
LIST = "/interaction/v1/interactions?$orderBy=Name%20asc&mostRecentVersionOrRunningOnly=true&$pageSize=20"
Progress = Callable[[], list[VersionProgress]]


@dataclass(frozen=True, slots=True)
class JourneyState:
    """One version: how many contacts entered, are inside, have left."""

    key: str
    name: str
    version: int
    status: str
    entered: int
    inside: int

    @property
    def left(self) -> int:
        """How many have left."""
        return self.entered - self.inside


@dataclass(frozen=True, slots=True)
class State:
    """Everything on the screen; `now` in ms UTC, messages as the API gives them, the newest first."""

    now: int
    journeys: tuple[JourneyState, ...]
    progress: Mapping[tuple[str, int], VersionProgress]
    messages: tuple[dict[str, Any], ...]
    message_count: int

    @property
    def entered(self) -> int:
        """How many contacts have entered any journey."""
        return sum(journey.entered for journey in self.journeys)


def read(api: Api, progress: Progress) -> State:
    """Read the state through the public API; activity counts have no resource there yet and come from `progress`."""
    clock = api("GET", "/waystage/v1/clock")
    messages = api("GET", f"/waystage/v1/messages?$pageSize={SHOWN_MESSAGES}")
    return State(
        _instant(clock["now"]),
        tuple(_journey(row) for row in api("GET", LIST)["items"]),
        {(one.key, one.version): one for one in progress()},
        tuple(messages["items"]),
        messages["count"],
    )


def _journey(row: Mapping[str, Any]) -> JourneyState:
    stats = row["stats"]
    return JourneyState(
        row["key"], row["name"], row["version"], row["status"],
        stats["cumulativePopulation"], stats["currentPopulation"],
    )  # fmt: skip


def _instant(text: str) -> int:
    return round(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)
