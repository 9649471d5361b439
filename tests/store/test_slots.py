"""Slots are shared, passed on, and fall free: never more than an activity allows (design 8.17)."""

from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waystage.store import slots
from waystage.store.database import Database
from waystage.store.migrate import migrate
from waystage.store.scratch import scratch_database
from waystage.store.slots import Claim, Holding

SITE = (7, 1)
LEASE = 10_000


class Shelf:
    """One database with slots, at a real time of the test's."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        migrate(self.database, 1)
        self.now = 0

    def look(self, owner: str, at_once: int, busy: int = 0, *, is_wanted: bool = True) -> Holding:
        claim = Claim(SITE, at_once, busy, is_wanted)
        return self.database.write(lambda tx: slots.settle(tx, owner, claim, self.now, self.now + LEASE)).result()

    def renew(self, owner: str) -> None:
        self.database.write(lambda tx: slots.renew(tx, owner, self.now, self.now + LEASE)).result()

    def held(self) -> dict[str, int]:
        """Slots that are in somebody's hands now, by owner."""
        text = "SELECT owner, count(*) FROM slot WHERE until > :now GROUP BY owner"
        return dict(self.database.read(lambda tx: tx.rows(text, now=self.now)).result())


@pytest.fixture
def shelf(database_url: str) -> Iterator[Shelf]:
    made = Shelf(database_url)
    yield made
    made.database.close()


def test_one_process_alone_holds_all(shelf: Shelf) -> None:
    assert shelf.look("a", 3) == Holding(3, 0, is_shared=False)


def test_a_second_process_gets_half_of_what_is_not_in_use(shelf: Shelf) -> None:
    shelf.look("a", 4)
    assert shelf.look("b", 4).held == 0
    assert shelf.look("a", 4, busy=3) == Holding(3, 1, is_shared=True)  # one more is given when its call has ended
    assert shelf.look("b", 4, busy=1).held == 1
    assert shelf.look("a", 4, busy=2) == Holding(2, 0, is_shared=True)
    assert shelf.look("b", 4, busy=1) == Holding(2, 0, is_shared=True)
    assert shelf.look("a", 4, busy=2) == Holding(2, 0, is_shared=True)


def test_a_single_slot_goes_round(shelf: Shelf) -> None:
    assert shelf.look("a", 1).held == 1
    assert shelf.look("b", 1).held == 0
    assert shelf.look("a", 1, busy=1) == Holding(1, 1, is_shared=True)
    assert shelf.look("a", 1).held == 0
    assert shelf.look("b", 1).held == 1
    assert shelf.look("a", 1).held == 0
    assert shelf.look("b", 1) == Holding(0, 0, is_shared=True)
    assert shelf.look("a", 1).held == 1


def test_whoever_has_nobody_to_call_gives_all_back(shelf: Shelf) -> None:
    shelf.look("a", 2)
    shelf.look("b", 2)
    assert shelf.look("a", 2, is_wanted=False).held == 0
    assert shelf.look("b", 2) == Holding(2, 0, is_shared=False)


def test_a_wish_is_withdrawn_with_the_work(shelf: Shelf) -> None:
    shelf.look("a", 1)
    shelf.look("b", 1)
    shelf.look("b", 1, is_wanted=False)
    assert shelf.look("a", 1) == Holding(1, 0, is_shared=False)


def test_slots_of_a_dead_process_fall_free(shelf: Shelf) -> None:
    shelf.look("a", 2)
    shelf.now = LEASE - 1
    assert shelf.look("b", 2).held == 0
    shelf.now = LEASE
    assert shelf.look("b", 2).held == 2


def test_a_lease_that_has_run_out_is_not_renewed(shelf: Shelf) -> None:
    """A process that was stopped for longer finds its slots in another's hands, or takes them anew."""
    shelf.look("a", 2)
    shelf.now = LEASE + 1
    shelf.renew("a")
    assert shelf.held() == {}
    shelf.look("b", 2)
    assert shelf.look("a", 2).held == 0


@settings(max_examples=20)
@given(
    at_once=st.integers(1, 5),
    looks=st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.sampled_from([0, 0, 500, LEASE])), max_size=30),
)
def test_calls_under_way_are_never_more_than_allowed(at_once: int, looks: list[tuple[str, bool, int]]) -> None:
    """Three processes that make as many calls as they may, and are sometimes away for longer than a lease."""
    with scratch_database() as database:
        busy, until, now = dict.fromkeys("abc", 0), dict.fromkeys("abc", 0), 0
        for owner, is_wanted, later in looks:
            now += later
            gone = until[owner] <= now
            claim = Claim(SITE, at_once, 0 if gone else busy[owner], is_wanted)
            database.step(partial(slots.renew, owner=owner, now=now, until=now + LEASE))
            holding = database.step(partial(slots.settle, owner=owner, claim=claim, now=now, until=now + LEASE))
            busy[owner], until[owner] = holding.held, now + LEASE
            assert holding.held <= at_once
            assert sum(count for one, count in busy.items() if until[one] > now) <= at_once
