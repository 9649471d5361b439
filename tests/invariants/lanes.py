"""Nothing waits any more, and no number of a lane was or will be given out twice (design 3.6, 8.20)."""

from collections.abc import Iterator

from tests.invariants.base import AtRest, nothing

#: Column of `lease` to the tables whose numbers it counts.
_LEASED = {
    "instances": (("instance", "instance"),),
    "effects": (("outbox", "seq"), ("pending_call", "seq")),
    "hops": (("hop_log", "seq"),),
    "remarks": (("remark", "seq"),),
}
#: Name of a lane counter to the table and column whose numbers it counts.
_COUNTED = {"contact": ("contact", "contact"), "row": ("row", "seq")}


def nothing_waits(base: AtRest) -> Iterator[str]:
    """Everything that was asked for has been done."""
    yield from nothing(base, "the inbox still holds", "SELECT lane, id, kind FROM inbox")
    yield from nothing(base, "calls are still to be made", "SELECT lane, version, activity, seq FROM pending_call")
    yield from nothing(base, "services are still to be told", "SELECT number, version FROM farewell")
    yield from nothing(base, "jobs are open", "SELECT id, status FROM job WHERE ended IS NULL")


def numbers_are_used_once(base: AtRest) -> Iterator[str]:
    """The next free numbers lie above all that were given out, and none was given to two."""
    for column, tables in _LEASED.items():
        for table, number in tables:
            yield from nothing(
                base, f"numbers of {table} were given out twice or will be (lane, next, highest)",
                f"SELECT l.lane, l.{column}, t.highest FROM lease l JOIN (SELECT lane, max({number}) AS highest"
                f" FROM {table} GROUP BY lane) t ON t.lane = l.lane WHERE t.highest >= l.{column}",
            )  # fmt: skip
    for name, (table, number) in _COUNTED.items():
        yield from nothing(
            base, f"numbers of {table} were given out twice or will be (lane, next, highest)",
            f"SELECT c.lane, c.next, t.highest FROM lane_counter c JOIN (SELECT lane, max({number}) AS highest"
            f" FROM {table} GROUP BY lane) t ON t.lane = c.lane WHERE c.name = :name AND t.highest >= c.next",
            name=name,
        )  # fmt: skip
    yield from nothing(
        base, "a number was given to two rows",
        "SELECT lane, seq, count(*) FROM row WHERE seq > 0 GROUP BY lane, seq HAVING count(*) > 1",
    )  # fmt: skip
    yield from nothing(
        base, "a mark lies behind what exists",
        "SELECT m.lane, m.name, m.seq, l.hops, l.effects FROM mark m JOIN lease l ON l.lane = m.lane"
        " WHERE m.seq >= CASE m.name WHEN 'merge' THEN l.hops ELSE l.effects END",
    )  # fmt: skip


INVARIANTS = (nothing_waits, numbers_are_used_once)
