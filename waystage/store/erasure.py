"""Forgetting contacts: everything personal goes, numbers, counters and the trace stay (contract 17, design 8.10).

What the API knows of a contact it clears itself; what passages left behind is cleared by the lane's writer. Rows are
found by their keys, one for each contact or passage: deletions are rare and their tables large.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from waystage.store import contacts, exits, unsubscribes
from waystage.store.exits import listed
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx

#: Why a message that was not sent yet never will be, and the number of the receipt that says so: above all attempts.
DELETED = "ContactIsDeleted"
_SUPPRESSED, _LAST_ATTEMPT = "suppressed", 1_000
#: Keys that are looked up together: of many a planner would rather read everybody's.
_FEW = 50


def bury(tx: Tx, account: int, contact_keys: Sequence[str], now: int) -> None:
    """Mark contacts deleted and clear their data; lane by lane, in the order of their keys.

    A key that is not known is passed over, unless an event of it waits to be admitted: it would make the contact.
    """
    for lane, keys in contacts.keys_by_lane(account, contact_keys, tx.lanes):
        numbers: list[int] = []
        for start in range(0, len(keys), _FEW):
            some = keys[start : start + _FEW]
            known = contacts.find(tx, account, some)
            coming = exits.has_events(tx, lane, account, [key for key in some if key not in known])
            made = contacts.ensure(tx, account, sorted(coming), now)
            numbers += [one.number for one in known.values()] + [number for _, number in made.values()]
        _forget_keys(tx, account, forget_profiles(tx, lane, account, numbers, now))


def forget_profiles(tx: Tx, lane: int, account: int, numbers: Sequence[int], now: int) -> list[tuple[int, str]]:
    """Mark contacts deleted, empty their attributes and delete their rows; (data extension, key) of each row."""
    tx.many(
        f"UPDATE contact SET deleted = coalesce(deleted, :now), data = {tx.dialect.json_in(':data')}"
        " WHERE lane = :lane AND contact = :contact",
        [{"lane": lane, "contact": number, "now": now, "data": "{}"} for number in sorted(numbers)],
    )
    extensions = [
        row[0] for row in tx.rows("SELECT number FROM data_extension WHERE account = :account", account=account)
    ]
    gone = _rows_of(tx, lane, extensions, numbers)
    tx.many(
        "DELETE FROM row WHERE lane = :lane AND extension = :extension AND contact = :contact",
        [
            {"lane": lane, "extension": extension, "contact": contact}
            for extension, contact in sorted({(extension, contact) for extension, contact, _ in gone})
        ],
    )
    unsubscribes.bar(tx, lane, numbers, now)
    return [(extension, key) for extension, _, key in gone]


def _rows_of(tx: Tx, lane: int, extensions: Sequence[int], numbers: Sequence[int]) -> list[tuple[int, int, str]]:
    """(data extension, contact, key) of every row of these contacts."""
    numbers_of, look_up = tx.dialect.numbers_of, tx.dialect.look_up
    own = look_up("row", "r", "r.lane = :lane AND r.extension = x.number AND r.contact = m.number")
    rows = tx.rows(
        f"SELECT r.extension, r.contact, r.key FROM {numbers_of(':extensions')} x"
        f" CROSS JOIN {numbers_of(':numbers')} m{own} WHERE TRUE",
        lane=lane, extensions=listed(extensions), numbers=listed(numbers),
    )  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]


def _forget_keys(tx: Tx, account: int, gone: Sequence[tuple[int, str]]) -> None:
    """The directory forgets where the rows lay (design 8.14)."""
    for lane, keys in contacts.keys_by_lane(account, (key for _, key in gone), tx.lanes):
        wanted = set(keys)
        tx.many(
            "DELETE FROM row_key WHERE lane = :lane AND extension = :extension AND key = :key",
            [{"lane": lane, "extension": extension, "key": key} for extension, key in sorted(gone) if key in wanted],
        )


def forget_passages(tx: Tx, lane: int, numbers: Sequence[int]) -> None:
    """Empty what these contacts entered with; drop what was heard, given out, looked at, clicked and held for them."""
    instances = _instances(tx, lane, numbers)
    keys: list[dict[str, int]] = [{"lane": lane, "instance": instance} for instance in instances]
    tx.many(
        f"UPDATE instance SET data = {tx.dialect.json_in(':data')} WHERE lane = :lane AND instance = :instance",
        [{**key, "data": "{}"} for key in keys],
    )
    tx.many("DELETE FROM heard WHERE lane = :lane AND instance = :instance", keys)
    tx.many("DELETE FROM output WHERE lane = :lane AND instance = :instance", keys)
    tx.many("DELETE FROM looked WHERE lane = :lane AND instance = :instance", keys)
    _forget_links(tx, keys)
    for chunk in chunks(sorted(numbers)):
        among, values = in_list(chunk)
        tx.run(f"DELETE FROM held WHERE lane = :lane AND contact IN {among}", lane=lane, **values)


def _instances(tx: Tx, lane: int, numbers: Sequence[int]) -> list[int]:
    """Every passage that these contacts ever had."""
    found: list[int] = []
    for table in ("active", "past"):
        own = tx.dialect.look_up(table, "a", "a.lane = :lane AND a.contact = m.number")
        source = f"FROM {tx.dialect.numbers_of(':numbers')} m{own}"
        found += [
            row[0] for row in tx.rows(f"SELECT a.instance {source} WHERE TRUE", lane=lane, numbers=listed(numbers))
        ]
    return sorted(found)


def _forget_links(tx: Tx, keys: Iterable[dict[str, int]]) -> None:
    """That somebody clicked stays a fact, on what does not."""
    listed_keys = list(keys)
    clicked = "lane = :lane AND instance = :instance AND link <> ''"
    tx.many(
        "INSERT INTO engagement (lane, instance, hop, activity, kind, link, at)"
        f" SELECT lane, instance, hop, activity, kind, '', min(at) FROM engagement WHERE {clicked}"
        " GROUP BY lane, instance, hop, activity, kind ON CONFLICT DO NOTHING",
        listed_keys,
    )
    tx.many(f"DELETE FROM engagement WHERE {clicked}", listed_keys)


def slice_below(tx: Tx, lane: int, upto: int, limit: int) -> int:
    """Behind which number the last `limit` messages up to `upto` begin; numbers have gaps, so rows are counted."""
    row = tx.one(
        "SELECT seq FROM outbox WHERE lane = :lane AND seq <= :upto ORDER BY seq DESC LIMIT 1 OFFSET :limit",
        lane=lane, upto=upto, limit=limit,
    )  # fmt: skip
    return int(row[0]) if row else 0


def forget_messages(tx: Tx, lane: int, numbers: Sequence[int], after: int, upto: int, now: int) -> None:
    """Empty the messages of these contacts with numbers in (after, upto]; what is not sent yet never will be.

    No message is found by its contact, so a range of all is looked through.
    """
    ended = tx.dialect.look_up(
        "receipt", "r", "r.lane = :lane AND r.seq = o.seq AND r.status IN ('sent', 'failed')", optional=True
    )
    for chunk in chunks(sorted(numbers)):
        among, values = in_list(chunk)
        span = {"lane": lane, "after": after, "upto": upto, **values}
        tx.run(
            "INSERT INTO receipt (lane, seq, attempt, at, status, detail)"
            f" SELECT :lane, o.seq, {_LAST_ATTEMPT}, :now, :status, :detail FROM outbox o{ended}"
            f" WHERE o.lane = :lane AND o.seq > :after AND o.seq <= :upto AND o.contact IN {among} AND o.state <= 0"
            " AND r.seq IS NULL ON CONFLICT DO NOTHING",
            now=now, status=_SUPPRESSED, detail=DELETED, **span,
        )  # fmt: skip
        unsent = (
            f"(SELECT 1 FROM receipt r WHERE r.lane = :lane AND r.seq = outbox.seq AND r.attempt = {_LAST_ATTEMPT})"
        )
        tx.run(
            f"UPDATE outbox SET parameters = {tx.dialect.json_in(':data')},"
            f" state = CASE WHEN state <= 0 AND {unsent} IS NOT NULL THEN 2 ELSE state END"
            f" WHERE lane = :lane AND seq > :after AND seq <= :upto AND contact IN {among}",
            data="[null]", **span,
        )  # fmt: skip


def drop_retries(tx: Tx, lane: int, numbers: Sequence[int]) -> None:
    """No message of these contacts is tried again; few wait for that at any time."""
    message = tx.dialect.look_up("outbox", "o", "o.lane = t.lane AND o.seq = t.seq")
    for chunk in chunks(sorted(numbers)):
        among, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT t.channel, t.due, t.seq FROM retry t{message} WHERE t.lane = :lane AND o.contact IN {among}",
            lane=lane, **values,
        )  # fmt: skip
        tx.many(
            "DELETE FROM retry WHERE lane = :lane AND channel = :channel AND due = :due AND seq = :seq",
            [{"lane": lane, "channel": channel, "due": due, "seq": seq} for channel, due, seq in rows],
        )
        rows = tx.rows(
            f"SELECT t.due, t.seq FROM deferred t{message} WHERE t.lane = :lane AND o.contact IN {among}",
            lane=lane, **values,
        )  # fmt: skip
        tx.many(
            "DELETE FROM deferred WHERE lane = :lane AND due = :due AND seq = :seq",
            [{"lane": lane, "due": due, "seq": seq} for due, seq in rows],
        )
