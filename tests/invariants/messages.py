"""Effects are unique, belong to a visit, and what was to be handed over has its receipts (design 4, 8.1)."""

import json
from collections.abc import Iterator

from tests.invariants.base import AtRest, few, nothing
from waystage.store import moves

#: Messages with the path of their hop, by a window: the log has no index by passage, so joining it would be slow.
_ON_THEIR_HOPS = (
    "SELECT lane, instance, hop, activity, max(path) OVER (PARTITION BY lane, instance, hop) AS taken FROM"
    " (SELECT lane, instance, hop, path, NULL AS activity FROM hop_log"
    " UNION ALL SELECT lane, instance, hop, NULL, activity FROM outbox) x"
)


def effects_are_unique(base: AtRest) -> Iterator[str]:
    """One message per (instance, hop, activity), each of a visit in the trace, and one for every visit that sends."""
    yield from nothing(
        base, "an effect has two keys",
        "SELECT lane, instance, hop, activity, count(*) FROM outbox GROUP BY lane, instance, hop, activity"
        " HAVING count(*) > 1",
    )  # fmt: skip
    visits = {
        (lane, path): {activity for activity, _ in json.loads(steps)}
        for lane, path, steps in base.rows("SELECT lane, id, steps FROM path")
    }
    for lane, path, activity, instance, hop in base.rows(
        f"SELECT lane, taken, activity, min(instance), min(hop) FROM ({_ON_THEIR_HOPS}) o WHERE activity IS NOT NULL"
        " GROUP BY lane, taken, activity"
    ):
        if activity not in visits.get((lane, path), ()):
            yield f"lane {lane}, passage {instance}, hop {hop}: a message of {activity}, which it did not visit"
    sent = _counts(base, "SELECT version, activity, count(*) FROM outbox GROUP BY version, activity")
    passed = _counts(
        base, "SELECT version, activity, sum(n) FROM counter WHERE name LIKE 'outcome:%' GROUP BY version, activity"
    )
    if wrong := [(key, n, passed.get(key)) for key, n in sent.items() if n != passed.get(key)]:
        yield f"messages and visits differ ((version, activity), messages, visits): {few(wrong)}"


def _counts(base: AtRest, text: str) -> dict[tuple[int, int], int]:
    return {(version, activity): int(n) for version, activity, n in base.rows(text)}


def receipts_are_whole(base: AtRest) -> Iterator[str]:
    """What was to be delivered has a chain of attempts, the last of which is final; nothing else has one."""
    yield from nothing(
        base, "handed over without a receipt",
        "SELECT o.lane, o.seq FROM outbox o WHERE o.state = :state AND NOT EXISTS"
        " (SELECT 1 FROM receipt r WHERE r.lane = o.lane AND r.seq = o.seq)", state=moves.TO_DELIVER,
    )  # fmt: skip
    yield from nothing(
        base, "a receipt without a message",
        "SELECT r.lane, r.seq FROM receipt r LEFT JOIN outbox o ON o.lane = r.lane AND o.seq = r.seq"
        " WHERE o.seq IS NULL OR o.state <> :state", state=moves.TO_DELIVER,
    )  # fmt: skip
    final = "CASE WHEN status IN ('sent', 'failed') THEN 1 ELSE 0 END"
    yield from nothing(
        base, "attempts have gaps, or are not final once and in the end (lane, seq, first, last, attempts, final)",
        f"SELECT lane, seq, min(attempt), max(attempt), count(*), sum({final}) FROM receipt GROUP BY lane, seq"
        f" HAVING min(attempt) NOT IN (0, 1) OR max(attempt) - min(attempt) + 1 <> count(*) OR sum({final}) <> 1"
        f" OR max({final} * attempt) <> max(attempt)",
    )  # fmt: skip
    yield from nothing(base, "retries are left", "SELECT lane, seq, attempt FROM retry")


INVARIANTS = (effects_are_unique, receipts_are_whole)
