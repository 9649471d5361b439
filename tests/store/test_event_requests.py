"""What became of many events is found by what is asked for, not by looking through all of them (api.md 7.3)."""

from collections.abc import Iterator

import pytest

from tests.engine.recording import Recorded
from tests.store.definitions import Store, opened
from waystage.store import event_requests
from waystage.store.event_requests import EventRequest, Member, Wanted
from waystage.store.sql import Tx


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    yield from opened(sqlite_url, 1)


@pytest.mark.parametrize(
    ("wanted", "found_by"),
    [
        (Wanted(0, contact_key="ann"), "event_member_contact"),
        (Wanted(0, contact_key="ann", status="Queued"), "event_member_contact"),
        (Wanted(0, request="x"), "event_request_guid"),
        (Wanted(0, event=(1, 5)), "event_member_event"),
        (Wanted(0, event_key="x"), "event_request_of_event"),
        (Wanted(0, status="Errored"), "event_request_in_time"),
    ],
)
def test_no_question_looks_through_everything(store: Store, wanted: Wanted, found_by: str) -> None:
    def plans(tx: Tx) -> list[str]:
        recorded = Recorded(tx)
        event_requests.search(recorded, 1, wanted, 50, 0)
        return ["\n".join(str(row[3]) for row in tx.rows(f"EXPLAIN QUERY PLAN {text}", **values))
                for text, values in recorded.texts]  # fmt: skip

    for steps in store.read(plans):
        assert found_by in steps, steps
        assert "SCAN b" not in steps, steps
        assert "SCAN m" not in steps, steps


def test_the_oldest_are_forgotten_first_and_only_so_many(store: Store) -> None:
    def write(tx: Tx) -> None:
        for number in range(1, 6):
            request = EventRequest(1, number, f"g{number}", 1, "signup", number * 10)
            event_requests.append(tx, request, [Member("ann", 1, number), Member(None, 0, 0, 10001, "x")])

    store.write(write)
    assert store.write(lambda tx: event_requests.forget_old(tx, 40, 2)) == 2
    assert store.write(lambda tx: event_requests.forget_old(tx, 40, 2)) == 1
    assert store.write(lambda tx: event_requests.forget_old(tx, 40, 2)) == 0
    count, left = store.read(lambda tx: event_requests.search(tx, 1, Wanted(0), 10, 0))
    assert (count, [(one.request, one.status) for one in left]) == (
        4, [("g4", "Processed"), ("g4", "Errored"), ("g5", "Processed"), ("g5", "Errored")])  # fmt: skip
