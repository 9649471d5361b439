"""The live table of the demo, fitted to the height and width of the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from waystage.demo import texts
from waystage.demo.state import State
from waystage.operations.read_progress import ActivityProgress

#: Rows that are always there: the clock, two empty lines, three headings.
FRAME = 6
FEWEST_MESSAGES = 2
#: Below so many lines the picture says too little.
SMALLEST = 16
Row = tuple[str, ActivityProgress]


def draw(state: State, speed: str, offset_minutes: int, height: int) -> RenderableType:
    """The whole picture in at most `height` lines; what there is no room for is left out, mails first."""
    room = max(4, height - FRAME - len(state.journeys))
    messages = min(len(state.messages), max(FEWEST_MESSAGES, room // 3))
    rows = _fitting(_rows(state), room - messages)
    heading = Text.assemble((texts.moment(state.now, offset_minutes), "bold"), f"  journey time, {speed}")
    return Group(
        heading,
        _journeys(state),
        Text(),
        _activities(rows, state.now),
        Text(),
        _messages(state, messages),
    )


def _table(*columns: tuple[str, int | None, bool]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", width=79)
    for name, width, is_number in columns:
        justify = "right" if is_number else "left"
        table.add_column(name, width=width, ratio=None if width else 1, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    return table


def _journeys(state: State) -> Table:
    table = _table(
        ("Journey", None, False), ("Version", 7, True), ("Status", 11, False), ("Entered", 9, True),
        ("Inside", 9, True), ("Left", 9, True),
    )  # fmt: skip
    for one in state.journeys:
        counts = (texts.number(count) for count in (one.entered, one.inside, one.left))
        table.add_row(one.name, str(one.version), one.status, *counts)
    return table


def _rows(state: State) -> list[Row]:
    return [
        (journey.name, activity)
        for journey in state.journeys
        for activity in _activities_of(state, journey.key, journey.version)
    ]


def _activities_of(state: State, key: str, version: int) -> Sequence[ActivityProgress]:
    found = state.progress.get((key, version))
    return found.activities if found else ()


def _fitting(rows: list[Row], room: int) -> list[Row]:
    """The rows that say most: splits and resting places before activities that contacts only pass."""
    ranked = sorted(range(len(rows)), key=lambda place: (_rank(rows[place][1]), place))
    return [rows[place] for place in sorted(ranked[: max(1, room)])]


def _rank(activity: ActivityProgress) -> int:
    if activity.next_release is not None:
        return 0
    return 1 if len(activity.ways) > 1 else 2


def _activities(rows: Iterable[Row], now: int) -> Table:
    table = _table(
        ("Journey", 15, False), ("Activity", 22, False), ("Here", 5, True), ("Through", 7, True),
        ("Next release, ways %", None, False),
    )  # fmt: skip
    last = ""
    for journey, activity in rows:
        here = texts.number(activity.here) if activity.here else ""
        shown = "" if journey == last else journey
        table.add_row(shown, activity.name, here, texts.number(activity.through), _outlook(activity, now))
        last = journey
    return table


def _outlook(activity: ActivityProgress, now: int) -> str:
    if activity.next_release is not None:
        return f"in {texts.duration((activity.next_release - now) / 1000)}" if activity.next_release > now else "now"
    if len(activity.ways) > 1 and activity.through:
        return " ".join(f"{label} {100 * n / activity.through:.0f}" for label, n in activity.ways.items())
    return ""


def _messages(state: State, most: int) -> Table:
    table = _table(("Sent", 12, False), ("To", 28, False), ("Subject", None, False), ("Status", 9, False))
    for message in state.messages[:most]:
        when = datetime.fromisoformat(str(message["createdDate"]))  # written in the account's zone
        table.add_row(f"{when:%d %b %H:%M}", str(message["to"]), str(message["subject"]), str(message["status"]))
    return table
