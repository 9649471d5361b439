"""Every passage has exactly one position or one end, and went there step by step (design 3, 8.5)."""

import json
from collections.abc import Iterator

from tests.invariants.base import AtRest, few, nothing

#: Every hop with its place from the end, by a window: the log has no index by passage, so joining it would be slow.
_HOPS = (
    "SELECT g.lane, g.instance, g.hop, g.seat, g.due, p.ended,"
    " row_number() OVER (PARTITION BY g.lane, g.instance ORDER BY g.hop DESC) AS from_end"
    " FROM hop_log g JOIN path p ON p.lane = g.lane AND p.id = g.path"
)


def hops_are_numbered(base: AtRest) -> Iterator[str]:
    """Hops 0..n of every passage, each once, and the table by instance is the log up to its mark."""
    yield from nothing(
        base, "hops have gaps or are doubled",
        "SELECT lane, instance, count(*), count(DISTINCT hop), min(hop), max(hop) FROM hop_log GROUP BY lane, instance"
        " HAVING count(DISTINCT hop) <> count(*) OR min(hop) <> 0 OR max(hop) <> count(*) - 1",
    )  # fmt: skip
    yield from nothing(
        base, "passages without a hop",
        "SELECT lane, instance FROM instance EXCEPT SELECT lane, instance FROM hop_log WHERE hop = 0",
    )  # fmt: skip
    yield from nothing(
        base, "hops of no passage",
        "SELECT g.lane, g.instance, g.hop FROM hop_log g LEFT JOIN instance i"
        " ON i.lane = g.lane AND i.instance = g.instance WHERE i.instance IS NULL",
    )  # fmt: skip
    yield from nothing(
        base, "hops along no path",
        "SELECT g.lane, g.seq FROM hop_log g LEFT JOIN path p ON p.lane = g.lane AND p.id = g.path WHERE p.id IS NULL",
    )  # fmt: skip
    yield from _log_is_merged(base)


def _log_is_merged(base: AtRest) -> Iterator[str]:
    columns = "lane, instance, hop, at, path, seat, due"
    marked, logged, merged = base.together(
        "SELECT lane, seq FROM mark WHERE name = 'merge'",
        f"SELECT seq, {columns} FROM hop_log",
        f"SELECT {columns} FROM hop",
    )
    marks: dict[int, int] = dict(marked)
    log = {row[1:] for row in logged if row[0] <= marks.get(row[1], 0)}
    if wrong := log.symmetric_difference(merged):
        yield f"the merged trace is not the log: {few(wrong)}"


def passages_are_somewhere(base: AtRest) -> Iterator[str]:
    """Inside (queue, active) or ended once (past), never both and never neither, and as the trace says."""
    yield from nothing(
        base, "a passage rests twice",
        "SELECT lane, instance, count(*) FROM queue GROUP BY lane, instance HAVING count(*) > 1",
    )  # fmt: skip
    places = (
        "SELECT lane, instance, 1 AS active, 0 AS past, 0 AS whole FROM active"
        " UNION ALL SELECT lane, instance, 0, 1, 0 FROM past UNION ALL SELECT lane, instance, 0, 0, 1 FROM instance"
    )
    yield from nothing(
        base, "passages are inside and past, or neither, or unknown (active, past, instance)",
        f"SELECT lane, instance, sum(active), sum(past), sum(whole) FROM ({places}) x GROUP BY lane, instance"
        " HAVING sum(active) + sum(past) <> 1 OR sum(whole) <> 1",
    )  # fmt: skip
    yield from nothing(
        base, "somebody rests who is not inside",
        "SELECT q.lane, q.instance FROM queue q LEFT JOIN instance i ON i.lane = q.lane AND i.instance = q.instance"
        " LEFT JOIN active a ON a.lane = i.lane AND a.contact = i.contact AND a.instance = i.instance"
        " WHERE a.instance IS NULL",
    )  # fmt: skip
    yield from nothing(
        base, "the newest hop says otherwise than where its passage is",
        f"SELECT l.lane, l.instance, l.hop, l.ended, l.seat, l.due, a.instance, q.hop FROM ({_HOPS}) l"
        " JOIN instance i ON i.lane = l.lane AND i.instance = l.instance"
        " LEFT JOIN active a ON a.lane = i.lane AND a.contact = i.contact AND a.instance = i.instance"
        " LEFT JOIN queue q ON q.lane = l.lane AND q.seat = l.seat AND q.due = l.due AND q.instance = l.instance"
        " WHERE l.from_end = 1 AND ((l.ended = '' AND (a.instance IS NULL OR q.hop IS NULL OR q.hop <> l.hop + 1))"
        " OR (l.ended <> '' AND (a.instance IS NOT NULL OR q.hop IS NOT NULL)))",
    )  # fmt: skip
    yield from nothing(
        base, "a passage went on after its end",
        f"SELECT lane, instance, hop FROM ({_HOPS}) h WHERE ended <> '' AND from_end > 1",
    )  # fmt: skip


def steps_follow(base: AtRest) -> Iterator[str]:
    """A hop begins at the activity where the former one rested, and is at none twice."""
    steps = {
        (lane, path): [activity for activity, _ in json.loads(text)]
        for lane, path, text in base.rows("SELECT lane, id, steps FROM path")
    }
    twice = [one for one, activities in steps.items() if len(set(activities)) < len(activities)]
    if twice:
        yield f"an activity is visited twice in one hop: {few((one, steps[one]) for one in twice)}"
    activity_of: dict[int, int] = dict(base.rows("SELECT number, activity FROM seat"))
    for lane, path, before, instance in base.rows(
        "SELECT lane, path, before, min(instance) FROM (SELECT lane, path, instance, hop,"
        " lag(seat) OVER (PARTITION BY lane, instance ORDER BY hop) AS before FROM hop_log) h"
        " WHERE hop > 0 GROUP BY lane, path, before"
    ):
        begun = steps.get((lane, path))
        if begun and begun[0] != activity_of.get(before):
            yield f"lane {lane}, passage {instance}: rested in seat {before} and went on at activity {begun[0]}"


INVARIANTS = (hops_are_numbered, passages_are_somewhere, steps_follow)
