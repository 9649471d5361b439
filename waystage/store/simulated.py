"""What a simulation reads of its own database, which has one lane: messages to be answered, and its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from waystage.store.message_lists import NO_ADDRESS, SKIPS
from waystage.store.moves import SUPPRESSED
from waystage.store.sql import Tx
from waystage.store.winners import Fact

_LANE = 1


class MadeMessage(NamedTuple):
    """A message that reaches somebody; `at` in ms."""

    lane: int
    seq: int
    instance: int
    hop: int
    activity: int
    form: int
    at: int


def messages_after(tx: Tx, seq: int) -> list[MadeMessage]:
    """The messages behind this one, but the suppressed."""
    rows = tx.rows(
        "SELECT lane, seq, instance, hop, activity, content, at FROM outbox"
        f" WHERE lane = :lane AND seq > :seq AND state < {SUPPRESSED} ORDER BY seq",
        lane=_LANE, seq=seq,
    )  # fmt: skip
    return [MadeMessage(*row) for row in rows]


def html_of(tx: Tx, form: int) -> str:
    """The HTML of a form, before its values are set in."""
    row = tx.one("SELECT body FROM form WHERE id = :form", form=form)
    html = msgspec.json.decode(row[0]).get("html") if row is not None else None
    return html if isinstance(html, str) else ""


def note_facts(tx: Tx, facts: Sequence[tuple[Fact, int]]) -> None:
    """Keep what people did, each fact once, with its instant."""
    tx.load(
        "engagement",
        {
            "lane": ("INTEGER", [fact.lane for fact, _ in facts]),
            "instance": ("BIGINT", [fact.instance for fact, _ in facts]),
            "hop": ("BIGINT", [fact.hop for fact, _ in facts]),
            "activity": ("INTEGER", [fact.activity for fact, _ in facts]),
            "kind": ("TEXT", [fact.kind for fact, _ in facts]),
            "link": ("TEXT", [fact.link for fact, _ in facts]),
            "at": ("BIGINT", [at for _, at in facts]),
        },
        "ON CONFLICT DO NOTHING",
    )


class Rested(NamedTuple):
    """How long contacts rested at an activity, in ms; `total` of all of them."""

    activity: int
    contacts: int
    least: int
    median: int
    most: int
    total: int


def rests(tx: Tx) -> list[Rested]:
    """Of every rest that is over, by activity."""
    rows = tx.rows(
        "SELECT activity, n, least, ms, most, total FROM (SELECT r.*,"
        " row_number() OVER (PARTITION BY activity ORDER BY ms) AS nth, count(*) OVER (PARTITION BY activity) AS n,"
        " min(ms) OVER (PARTITION BY activity) AS least, max(ms) OVER (PARTITION BY activity) AS most,"
        " sum(ms) OVER (PARTITION BY activity) AS total"
        " FROM (SELECT s.activity, h.ms FROM (SELECT seat,"
        " lead(at) OVER (PARTITION BY instance ORDER BY hop) - at AS ms FROM hop_log WHERE lane = :lane) h"
        " JOIN seat s ON s.number = h.seat WHERE h.ms IS NOT NULL) r) WHERE nth = (n + 1) / 2 ORDER BY activity",
        lane=_LANE,
    )
    return [Rested(*row) for row in rows]


def messages_by_day(tx: Tx, offset_minutes: int) -> list[tuple[int, int, int]]:
    """(activity, day since 1970 in the account's zone, how many messages), but the suppressed."""
    rows = tx.rows(
        "SELECT activity, (at + :offset) / 86400000, count(*) FROM outbox"
        f" WHERE lane = :lane AND state < {SUPPRESSED} GROUP BY 1, 2 ORDER BY 1, 2",
        lane=_LANE, offset=offset_minutes * 60_000,
    )  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]


def instants_of(tx: Tx, activity: int) -> list[tuple[int, int]]:
    """(ms, how many messages) of one activity, but the suppressed."""
    rows = tx.rows(
        f"SELECT at, count(*) FROM outbox WHERE lane = :lane AND activity = :activity AND state < {SUPPRESSED}"
        " GROUP BY at ORDER BY at",
        lane=_LANE, activity=activity,
    )  # fmt: skip
    return [(row[0], row[1]) for row in rows]


def suppressed(tx: Tx) -> list[tuple[int, str, int]]:
    """(activity, why, how many messages were suppressed)."""
    rows = tx.rows(
        f"SELECT activity, state, count(*) FROM outbox WHERE lane = :lane AND state >= {SUPPRESSED}"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        lane=_LANE,
    )
    return [(row[0], SKIPS.get(row[1], NO_ADDRESS), row[2]) for row in rows]


def remarks(tx: Tx) -> list[tuple[int, str, str, int]]:
    """(activity, status, text, how often) of what went wrong on the way; refusals have no activity and are not here."""
    rows = tx.rows(
        "SELECT activity, status, message, count(*) FROM remark WHERE lane = :lane AND instance <> 0"
        " GROUP BY activity, status, message ORDER BY activity, status, message",
        lane=_LANE,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def facts(tx: Tx) -> list[tuple[int, str, int]]:
    """(activity, kind, how many messages) of what people did."""
    rows = tx.rows(
        "SELECT activity, kind, count(*) FROM (SELECT DISTINCT instance, hop, activity, kind FROM engagement"
        " WHERE lane = :lane) GROUP BY activity, kind ORDER BY activity, kind",
        lane=_LANE,
    )
    return [(row[0], row[1], row[2]) for row in rows]
