"""A database copied into one with another number of lanes (docs/decisions/0017).

Every contact goes to the lane that its account and key give, with all that is its own. Numbers are unique within a lane
only, so each is marked with the lane in which it was given out; by that, names that people know stay what they are.
What belongs to a lane and to nobody in it stands in `store.relocated_lanes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from waystage.ground import ids
from waystage.ground.lanes import lane_numbers
from waystage.store.calls import INSTANCE
from waystage.store.copying import Page, Told, load, pages
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx
from waystage.store.tables import Table, all_tables
from waystage.store.whither import Whither


class NotAtRest(Exception):
    """Something is half done in some lanes of the source, so that it cannot be taken apart in another way."""


#: Commands that a lane must not obey twice; to be told again what has changed harms nobody.
_ONCE: Final = frozenset({InboxKind.AUDIENCE, InboxKind.CLEAR})


class Rule(NamedTuple):
    """How the rows of a table move: by which column their lane is found, and which columns are numbers of lanes."""

    by: str
    numbers: tuple[str, ...]
    tells: str = ""
    """The column of a number that other tables find their lane by."""


#: In an order in which each finds what it asks for.
RULES: Final[Mapping[str, Rule]] = {
    "instance": Rule("contact", ("instance", "contact"), "instance"),
    "active": Rule("contact", ("contact", "instance")),
    "past": Rule("contact", ("contact", "instance")),
    "queue": Rule("contact", ("instance", "contact")),
    "listening": Rule("contact", ("contact", "instance")),
    "unsubscribed": Rule("contact", ("contact",)),
    "pending_call": Rule("contact", ("seq", "instance", "contact")),
    "outbox": Rule("contact", ("seq", "instance", "contact"), "seq"),
    "hop": Rule("instance", ("instance",)),
    "output": Rule("instance", ("instance",)),
    "looked": Rule("instance", ("instance",)),
    "heard": Rule("instance", ("instance",)),
    "goal_met": Rule("instance", ("instance",)),
    "engagement": Rule("instance", ("instance",)),
    "receipt": Rule("seq", ("seq", "contact")),
    "retry": Rule("seq", ("seq",)),
    "deferred": Rule("seq", ("seq",)),
}


@dataclass(slots=True)
class Relocation:
    """One move: the two transactions, and what has been learnt on the way."""

    source: Tx
    target: Tx
    told: Told
    goals: dict[str, Whither] = field(
        default_factory=lambda: {"contact": Whither(), "instance": Whither(), "seq": Whither()}
    )
    generation: int = 0
    """That of numbers that the copy will give out."""
    copied: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.source.rows("SELECT instances FROM lease")
        self.generation = 1 + max(ids.generation(row[0]) for row in rows)
        if self.generation > ids.MOST_MOVES:
            raise NotAtRest(f"a database can be moved to another number of lanes {ids.MOST_MOVES} times")

    @property
    def first_number(self) -> int:
        """The first number that a lane of the copy gives out."""
        return ids.first_of(self.generation)

    @property
    def old_lanes(self) -> Sequence[int]:
        """The lanes of the source."""
        return lane_numbers(self.source.lanes)

    @property
    def new_lanes(self) -> Sequence[int]:
        """The lanes of the target."""
        return lane_numbers(self.target.lanes)

    def lane_of(self, account: int, key: str) -> int:
        """Where a contact belongs now."""
        return ids.lane_of(account, key, self.target.lanes)

    def lanes_by(self, what: str, lane: int, numbers: Sequence[int]) -> list[int]:
        """Where the contacts, instances or messages (`seq`) with these numbers of an old lane are now."""
        return self.goals[what].of(lane, numbers)

    def home_of(self, lane: int, contact: int, account: int, key: str) -> int:
        """Where a row is now that lay in an old lane: with its contact, or where its key belongs if it has none (0)."""
        return self.lanes_by("contact", lane, [contact])[0] if contact else self.lane_of(account, key)

    def write(self, table: Table, page: Page) -> None:
        """Load a page whose lanes are the new ones."""
        load(self.target, table, page)
        self.copied[table.name] = self.copied.get(table.name, 0) + len(page["lane"])
        self.told(table.name, self.copied[table.name])

    def each_page(self, name: str, change: Callable[[int, Page], None]) -> None:
        """Copy a table; `change` gives the pages of an old lane their new lanes and numbers."""
        table = all_tables()[name]
        for lane in self.old_lanes:
            for page in pages(self.source, table, lane):
                change(lane, page)
                self.write(table, page)


def moved(lane: int, numbers: Sequence[int]) -> list[int]:
    """Numbers of an old lane as they are in the copy. Negative ones speak of passages too (store.audiences)."""
    return [ids.moved(lane, one) if one >= 0 else -ids.moved(lane, -one) for one in numbers]


def move_contacts(move: Relocation) -> None:
    """Contacts first: everything else finds its lane by them."""

    def change(lane: int, page: Page) -> None:
        goals = [move.lane_of(account, key) for account, key in zip(page["account"], page["key"], strict=True)]
        move.goals["contact"].put(lane, page["contact"], goals)
        page["lane"], page["contact"] = goals, moved(lane, page["contact"])

    move.each_page("contact", change)


def move_by_rule(move: Relocation, name: str) -> None:
    """A table of RULES."""
    rule = RULES[name]

    def change(lane: int, page: Page) -> None:
        page["lane"] = move.lanes_by(rule.by, lane, page[rule.by])
        if rule.tells:
            move.goals[rule.tells].put(lane, page[rule.tells], page["lane"])
        for column in rule.numbers:
            page[column] = moved(lane, page[column])
        if name == "instance":  # a passage that a row has started has no event but its own number, negated
            page["event"] = [one if one >= 0 else -ids.moved(lane, -one) for one in page["event"]]

    move.each_page(name, change)


def move_row_keys(move: Relocation) -> None:
    """The directory lies by the hash of its keys; it says where the rows are."""
    accounts = accounts_of(move.source, "data_extension")

    def change(lane: int, page: Page) -> None:
        keyed = list(zip(page["home"], page["contact"], page["extension"], page["key"], strict=True))
        page["lane"] = [move.lane_of(accounts[extension], key) for _, _, extension, key in keyed]
        page["home"] = [move.home_of(old, contact, accounts[extension], key) for old, contact, extension, key in keyed]
        page["contact"] = [ids.moved(old, contact) for old, contact, _, _ in keyed]

    move.each_page("row_key", change)


def move_held(move: Relocation) -> None:
    """What waits for a version to go on."""
    accounts = accounts_of(move.source, "version")

    def change(lane: int, page: Page) -> None:
        owners = zip(page["version"], page["contact_key"], page["contact"], strict=True)
        page["lane"] = [move.home_of(lane, contact, accounts[version], key) for version, key, contact in owners]
        page["contact"] = moved(lane, page["contact"])
        page["id"] = [one if one >= 0 else -ids.moved(lane, -one) for one in page["id"]]

    move.each_page("held", change)


def move_inbox(move: Relocation) -> None:
    """Events and commands about a contact go with it; a command to all lanes goes to all."""
    table = all_tables()["inbox"]
    to_all: dict[int, dict[str, Any]] = {}
    heard_by: dict[int, int] = {}
    for lane in move.old_lanes:
        for page in pages(move.source, table, lane):
            places = range(len(page["id"]))
            own = [place for place in places if page["contact_key"][place] or page["kind"][place] == InboxKind.REPLY]
            for place in set(places).difference(own):
                row = {column: values[place] for column, values in page.items()}
                to_all[row["id"]] = row
                heard_by[row["id"]] = heard_by.get(row["id"], 0) + 1
            found = {column: [values[place] for place in own] for column, values in page.items()}
            _address(move, lane, found)
            move.write(table, found)
    for number, row in sorted(to_all.items()):
        if heard_by[number] < len(move.old_lanes) and row["kind"] in _ONCE:
            raise NotAtRest("a command has reached some lanes and not yet others")
        copies = {column: [value] * len(move.new_lanes) for column, value in row.items()}
        move.write(table, {**copies, "lane": list(move.new_lanes)})


def _address(move: Relocation, lane: int, page: Page) -> None:
    lanes = []
    for place, kind in enumerate(page["kind"]):
        if kind == InboxKind.REPLY:
            said = msgspec.json.decode(page["data"][place])
            lanes += move.lanes_by("instance", lane, [said[INSTANCE]])
            said[INSTANCE] = ids.moved(lane, said[INSTANCE])
            page["data"][place] = msgspec.json.encode(said).decode()
        else:
            lanes.append(move.lane_of(page["account"][place], page["contact_key"][place]))
            if kind == InboxKind.CHANGED and page["definition"][place] < 0:
                page["definition"][place] = -ids.moved(lane, -page["definition"][place])
    page["lane"] = lanes


def accounts_of(tx: Tx, table: str) -> dict[int, int]:
    """The business unit of everything in a table of definitions."""
    return dict(tx.rows(f"SELECT number, account FROM {table}"))
