"""What must be true of a database at rest, whatever has happened to the processes that wrote it (design 3, 4, 8)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from waystage.ground import ids
from waystage.store import moves
from waystage.store.database import Database
from waystage.store.dialects.base import Dialect
from waystage.store.sql import Row, SqlValue


@dataclass(frozen=True)
class AtRest:
    """A database that nobody changes, so that every statement may be a snapshot of its own.

    One snapshot for everything would stand open while much is computed, which the sessions do not allow.
    """

    database: Database

    @property
    def dialect(self) -> Dialect:
        """See `Database.dialect`."""
        return self.database.dialect

    def rows(self, text: str, **values: SqlValue) -> list[Row]:
        """What a statement finds."""
        return self.database.read(lambda tx: tx.rows(text, **values)).result()

    def together(self, *texts: str) -> list[list[Row]]:
        """What several statements find in one snapshot, for what an idle engine tidies by itself."""
        return self.database.read(lambda tx: [tx.rows(text) for text in texts]).result()


@contextmanager
def at_rest(database_url: str) -> Iterator[AtRest]:
    """Open a database that nobody changes."""
    database = Database(database_url)
    try:
        yield AtRest(database)
    finally:
        database.close()


Hop = tuple[int, int, int, str, str]
Message = tuple[str, str, int, int, str, int]


@dataclass
class Seen:
    """What people could see of a run, in names that two runs share."""

    passages: Counter[tuple[str, str, tuple[Hop, ...]]] = field(default_factory=Counter)
    """(journey, contact, its hops as (hop, at, due, steps, reason of the end))."""
    messages: Counter[Message] = field(default_factory=Counter)
    """(journey, contact, hop, activity, bound values, instant)."""
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(contact, data) of the rows of data extensions."""


def check(database_url: str) -> Seen:
    """Assert every invariant of a database at rest and give what can be seen in it."""
    with at_rest(database_url) as base:
        return _check(base)


def _check(base: AtRest) -> Seen:
    for invariant in INVARIANTS:
        invariant(base)
    return _seen(base)


def _none(base: AtRest, what: str, text: str, **values: Any) -> None:
    found = base.rows(f"{text} LIMIT 5", **values)
    assert not found, f"{what}: {found}"


def _nothing_waits(base: AtRest) -> None:
    _none(base, "the inbox still holds", "SELECT lane, id, kind FROM inbox")
    _none(base, "calls are still to be made", "SELECT lane, version, activity, seq FROM pending_call")
    _none(base, "services are still to be told", "SELECT number, version FROM farewell")
    _none(base, "jobs are open", "SELECT id, status FROM job WHERE ended IS NULL")
    _none(
        base, "numbers were given out twice or will be",
        "SELECT l.lane FROM lease l WHERE l.instances <= (SELECT coalesce(max(i.instance), 0) FROM instance i"
        " WHERE i.lane = l.lane) OR l.effects <= (SELECT coalesce(max(o.seq), 0) FROM outbox o WHERE o.lane = l.lane)"
        " OR l.hops <= (SELECT coalesce(max(h.seq), 0) FROM hop_log h WHERE h.lane = l.lane)",
    )  # fmt: skip


def _passages_are_whole(base: AtRest) -> None:
    """Hops 0..n without a gap; inside (queue, active) or ended once (past), never both and never neither."""
    hops: defaultdict[tuple[int, int], list[tuple[int, str, int, int]]] = defaultdict(list)
    for lane, instance, hop, ended, seat, due in base.rows(
        "SELECT g.lane, g.instance, g.hop, p.ended, g.seat, g.due FROM hop_log g"
        " JOIN path p ON p.lane = g.lane AND p.id = g.path ORDER BY g.lane, g.instance, g.hop"
    ):
        hops[lane, instance].append((hop, ended, seat, due))
    queue = {
        (lane, instance): rest
        for lane, instance, *rest in base.rows("SELECT lane, instance, hop, seat, due FROM queue")
    }
    queued = base.rows("SELECT lane, instance, count(*) FROM queue GROUP BY lane, instance HAVING count(*) > 1 LIMIT 5")
    assert queued == [], f"an instance rests twice: {queued}"
    active, past = (set(base.rows(f"SELECT lane, instance FROM {table}")) for table in ("active", "past"))
    instances = set(base.rows("SELECT lane, instance FROM instance"))
    assert instances == set(hops), "instances and the trace differ"
    assert active == set(queue), "whoever is inside rests somewhere"
    assert not active & past
    assert active | past == instances
    for one, steps in hops.items():
        assert [hop for hop, *_ in steps] == list(range(len(steps))), f"hops of {one} have gaps: {steps}"
        assert all(not ended for _, ended, *_ in steps[:-1]), f"{one} went on after its end: {steps}"
        last_hop, ended, seat, due = steps[-1]
        assert bool(ended) == (one in past), f"{one} has ended and not left, or left and not ended"
        assert ended or queue[one] == [last_hop + 1, seat, due], f"{one} does not rest where its trace says"


def _log_is_merged(base: AtRest) -> None:
    """The table by instance is the log up to the mark."""
    columns = "lane, instance, hop, at, path, seat, due"
    marked, logged, merged = base.together(
        "SELECT lane, seq FROM mark WHERE name = 'merge'",
        f"SELECT seq, {columns} FROM hop_log",
        f"SELECT {columns} FROM hop",
    )
    marks: dict[int, int] = dict(marked)
    log = [row[1:] for row in logged if row[0] <= marks.get(row[1], 0)]
    assert sorted(log) == sorted(merged), "the merged trace is not the log"


def _counters_agree(base: AtRest) -> None:
    """Counters are what the trace and the remarks say."""
    counted: Counter[tuple[int, int, str]] = Counter()
    paths = {
        (lane, path): (version, json.loads(steps), ended)
        for lane, path, version, steps, ended in base.rows("SELECT lane, id, version, steps, ended FROM path")
    }
    activity_of: dict[int, int] = dict(base.rows("SELECT number, activity FROM seat"))
    woken: dict[tuple[int, int], int] = {}
    for lane, instance, hop, path, seat in base.rows(
        "SELECT lane, instance, hop, path, seat FROM hop_log ORDER BY lane, instance, hop"
    ):
        version, steps, ended = paths[lane, path]
        if hop == 0:
            counted[version, 0, "entered"] += 1
        else:
            counted[version, woken[lane, instance], "departed"] += 1
        for activity, outcome in steps:
            counted[version, activity, f"outcome:{outcome}" if outcome >= 0 else "outcome:none"] += 1
        if ended:
            counted[version, 0, f"ended:{ended}"] += 1
        else:
            woken[lane, instance] = activity_of[seat]
            counted[version, activity_of[seat], "arrived"] += 1
    for version, status, n in base.rows(
        "SELECT version, status, count(*) FROM remark WHERE instance = 0 AND version > 0 GROUP BY version, status"
    ):
        counted[version, 0, f"refused:{status}"] += n
    for version, n in base.rows("SELECT version, count(*) FROM goal_met GROUP BY version"):
        counted[version, 0, "met_goal"] += n
    for version, activity, n in base.rows(
        "SELECT version, activity, sum(n) FROM counter WHERE activity > 0 AND name = 'met_goal'"
        " GROUP BY version, activity"
    ):
        counted[version, activity, "met_goal"] += n
    stored = {
        (version, activity, name): int(n)
        for version, activity, name, n in base.rows(
            "SELECT version, activity, name, sum(n) FROM counter GROUP BY version, activity, name"
        )
        if n
    }
    assert stored == dict(counted), f"counters {stored} and trace {dict(counted)} differ"


def _effects_are_unique(base: AtRest) -> None:
    """One message per (instance, hop, activity), and one for every visit of an activity that sends."""
    _none(
        base, "an effect has two keys",
        "SELECT lane, instance, hop, activity, count(*) FROM outbox GROUP BY lane, instance, hop, activity"
        " HAVING count(*) > 1",
    )  # fmt: skip
    sent = dict(_counts(base, "SELECT version, activity, count(*) FROM outbox GROUP BY version, activity"))
    passed = dict(
        _counts(
            base, "SELECT version, activity, sum(n) FROM counter WHERE name LIKE 'outcome:%' GROUP BY version, activity"
        )
    )
    assert sent == {key: passed.get(key) for key in sent}, f"messages {sent} and visits {passed} differ"


def _counts(base: AtRest, text: str) -> list[tuple[tuple[int, int], int]]:
    return [((version, activity), int(n)) for version, activity, n in base.rows(text)]


def _receipts(base: AtRest) -> None:
    """What was to be delivered has a chain of receipts from the first attempt on, and nothing else has one."""
    chains: defaultdict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    for lane, seq, attempt, status in base.rows(
        "SELECT lane, seq, attempt, status FROM receipt ORDER BY lane, seq, attempt"
    ):
        chains[lane, seq].append((attempt, status))
    due = set(base.rows("SELECT lane, seq FROM outbox WHERE state = :state", state=moves.TO_DELIVER))
    assert set(chains) == due, (
        f"without a receipt: {list(due - set(chains))[:5]}; without a message: {list(set(chains) - due)[:5]}"
    )
    for one, chain in chains.items():
        first = chain[0][0]
        assert [attempt for attempt, _ in chain] == list(range(first, first + len(chain))), (
            f"attempts of {one}: {chain}"
        )
        assert first in {0, 1}
        assert chain[-1][1] in {"sent", "failed"}, f"{one} is not handed over: {chain}"
        assert all(status not in {"sent", "failed"} for _, status in chain[:-1]), (
            f"{one} was handed over twice: {chain}"
        )
    _none(base, "retries are left", "SELECT lane, seq, attempt FROM retry")


INVARIANTS = (_nothing_waits, _passages_are_whole, _log_is_merged, _counters_agree, _effects_are_unique, _receipts)


def _seen(base: AtRest) -> Seen:
    seen = Seen()
    journey = {
        number: f"{key} {version}"
        for number, version, key in base.rows(
            "SELECT v.number, v.version, j.key FROM version v JOIN journey j ON j.number = v.journey"
        )
    }
    contact = {(lane, number): key for lane, number, key in base.rows("SELECT lane, contact, key FROM contact")}
    whose = {
        (lane, instance): (journey[version], contact[lane, one])
        for lane, instance, version, one in base.rows("SELECT lane, instance, version, contact FROM instance")
    }
    hops: defaultdict[tuple[int, int], list[Hop]] = defaultdict(list)
    for lane, instance, *hop in base.rows(
        "SELECT g.lane, g.instance, g.hop, g.at, g.due, p.steps, p.ended FROM hop_log g"
        " JOIN path p ON p.lane = g.lane AND p.id = g.path ORDER BY g.lane, g.instance, g.hop"
    ):
        hops[lane, instance].append((hop[0], hop[1], hop[2], hop[3], hop[4]))
    seen.passages.update((*whose[one], tuple(steps)) for one, steps in hops.items())
    stored = base.dialect.json_out
    for lane, instance, hop, activity, values, at in base.rows(
        f"SELECT lane, instance, hop, activity, {stored('parameters')}, at FROM outbox"
    ):
        seen.messages[*whose[lane, instance], hop, activity, _canonical(values), at] += 1
    for lane, one, data in base.rows(f"SELECT lane, contact, {stored('data')} FROM row"):
        seen.rows[contact[lane, one], _canonical(data)] += 1
    return seen


def _canonical(text: str) -> str:
    """JSON in one spelling; a member that is null reads as if it were not there."""
    value = json.loads(text)
    if isinstance(value, dict):
        value = {name: member for name, member in value.items() if member is not None}
    return json.dumps(value, sort_keys=True)


@dataclass(frozen=True)
class Decisions:
    """How often events of a contact were decided upon by one version, and the inbox ids of those that entered."""

    count: Counter[tuple[str, str]]
    entered: dict[tuple[str, str], set[str]]


def decisions(database_url: str) -> Decisions:
    """Entry decisions by (journey key, contact key); ids as the API gives them."""
    with at_rest(database_url) as base:
        return _decisions(base)


def _decisions(base: AtRest) -> Decisions:
    count: Counter[tuple[str, str]] = Counter()
    entered: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    named = "JOIN version v ON v.number = x.version JOIN journey j ON j.number = v.journey"
    for key, one, lane, event in base.rows(
        f"SELECT j.key, c.key, x.lane, x.event FROM instance x {named}"
        " JOIN contact c ON c.lane = x.lane AND c.contact = x.contact"
    ):
        count[key, one] += 1
        entered[key, one].add(ids.guid_of("event", lane, event))
    for key, one in base.rows(
        f"SELECT j.key, c.key FROM remark x {named} JOIN contact c ON c.lane = x.lane AND c.contact = x.contact"
        " WHERE x.instance = 0"
    ):
        count[key, one] += 1
    return Decisions(count, dict(entered))
