"""Numbers, instants and durations as people read them (ux.md 1, wording)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from waystage.demo.state import State

THIN = "\N{THIN SPACE}"
#: From here on numbers get separators.
GROUPED = 10_000
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def number(count: int) -> str:
    """48 217 from 10,000 on, 9999 below."""
    return f"{count:,}".replace(",", THIN) if count >= GROUPED else str(count)


def duration(seconds: float) -> str:
    """The two largest units: "2 d 3 h"; "now" below a second."""
    rest = int(seconds)
    parts: list[tuple[int, str]] = []
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append((count, name))
    words = [f"{count} {name}" for count, name in parts[:2] if count]
    return " ".join(words) or "now"


def local(instant: int, offset_minutes: int) -> datetime:
    """An instant in ms UTC in the account's zone."""
    zone = timezone(timedelta(minutes=offset_minutes))
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=instant)).astimezone(zone)


def moment(instant: int, offset_minutes: int) -> str:
    """An instant with its offset: "Mon 12 Jan 2026, 07:12 +00:00"."""
    when = local(instant, offset_minutes)
    return f"{when:%a %d %b %Y, %H:%M} {when.isoformat()[-6:]}"


def one_line(state: State, offset_minutes: int) -> str:
    """The state for outputs that are no terminal."""
    journeys = "; ".join(
        f"{each.name}: {number(each.entered)} entered, {number(each.inside)} inside, {number(each.left)} left"
        for each in state.journeys
    )
    return f"{moment(state.now, offset_minutes)} | {journeys} | {number(state.message_count)} messages"
