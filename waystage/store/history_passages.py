"""The passages that a search names, by contact or by their own numbers, lane by lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Passages:
    """Contacts, and all their passages or the named ones, by lane; None: everybody's."""

    contacts: Mapping[int, Sequence[int]] | None
    instances: Mapping[int, Sequence[int]] | None


NONE = Passages(None, None)

Named = Iterable[tuple[int, int]]
"""(lane, number) of each."""


def find(tx: Tx, account: int, contacts: Named | None, instances: Named | None) -> Passages:
    """The passages of these contacts, or these passages and their contacts; those in both where both are given.

    What belongs to another business unit, or to nobody, is left out.
    """
    if instances is None:
        named = _by_lane(contacts or ())
        return Passages(named, {lane: _of_contacts(tx, lane, numbers) for lane, numbers in named.items()})
    wanted = None if contacts is None else set(contacts)
    found_contacts: defaultdict[int, set[int]] = defaultdict(set)
    found_instances: defaultdict[int, list[int]] = defaultdict(list)
    for lane, numbers in _by_lane(instances).items():
        for instance, contact in _contacts_of(tx, account, lane, numbers):
            if wanted is None or (lane, contact) in wanted:
                found_contacts[lane].add(contact)
                found_instances[lane].append(instance)
    return Passages({lane: sorted(numbers) for lane, numbers in found_contacts.items()}, dict(found_instances))


def versions_of(tx: Tx, contacts: Mapping[int, Sequence[int]]) -> set[int]:
    """Every version of which history may speak with one of these contacts, and perhaps others of the same journeys.

    Passages may be forgotten and membership may be gone, so each is asked.
    """
    found: set[int] = set()
    for lane, numbers in contacts.items():
        for chunk in chunks(numbers):
            listed, values = in_list(chunk)
            inside = " UNION ALL ".join(
                f"SELECT journey, instance FROM {table} WHERE lane = :lane AND contact IN {listed}"
                for table in ("active", "past")
            )
            remark = tx.dialect.look_up("remark", "r", "r.lane = :lane AND r.seq = q.seq")
            passage = tx.dialect.look_up("instance", "i", "i.lane = :lane AND i.instance = p.instance")
            rows = tx.rows(
                f"SELECT r.version FROM (SELECT seq FROM remark WHERE lane = :lane AND contact IN {listed}) q{remark}"
                f" UNION SELECT v.number FROM version v WHERE v.journey IN (SELECT p.journey FROM ({inside}) p)"
                f" UNION SELECT i.version FROM ({inside}) p{passage}",
                lane=lane,
                **values,
            )
            found |= {row[0] for row in rows}
    return found


def _by_lane(named: Named) -> dict[int, list[int]]:
    grouped: defaultdict[int, list[int]] = defaultdict(list)
    for lane, number in sorted(set(named)):
        grouped[lane].append(number)
    return dict(grouped)


def _of_contacts(tx: Tx, lane: int, contacts: Sequence[int]) -> list[int]:
    found: list[int] = []
    for chunk in chunks(contacts):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT instance FROM active WHERE lane = :lane AND contact IN {listed}"
            f" UNION ALL SELECT instance FROM past WHERE lane = :lane AND contact IN {listed}",
            lane=lane,
            **values,
        )
        found += [row[0] for row in rows]
    return sorted(found)


def _contacts_of(tx: Tx, account: int, lane: int, instances: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for chunk in chunks(instances):
        listed, values = in_list(chunk)
        rows = tx.rows(
            "SELECT i.instance, i.contact FROM instance i JOIN contact c ON c.lane = :lane AND c.contact = i.contact"
            f" WHERE i.lane = :lane AND i.instance IN {listed} AND c.account = :account",
            lane=lane,
            account=account,
            **values,
        )
        found += [(row[0], row[1]) for row in rows]
    return found
