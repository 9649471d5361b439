"""Contacts in the store: made once, numbered by lane, found by key."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.store.definitions import ACCOUNT, NOW, OTHER_ACCOUNT, Store, opened
from waystage.ground.ids import lane_of
from waystage.store import contacts
from waystage.store.sql import Tx


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    yield from opened(database_url)


def test_ensure_makes_each_missing_contact_once_in_its_lane(store: Store) -> None:
    keys = [f"k{n}" for n in range(50)] + ["k1", "k2"]
    first = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, keys, NOW))
    again = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, [*keys, "new"], NOW + 1))
    assert set(first) == set(keys)
    assert {key: again[key] for key in first} == first
    assert all(lane == lane_of(ACCOUNT, key, 8) for key, (lane, _) in again.items())
    assert len(set(again.values())) == len(again)


def test_numbers_of_a_lane_follow_each_other(store: Store) -> None:
    places = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, [f"k{n}" for n in range(100)], NOW))
    for lane in {lane for lane, _ in places.values()}:
        numbers = sorted(number for place, number in places.values() if place == lane)
        assert numbers == list(range(1, len(numbers) + 1))


def test_statements_depend_on_lanes_not_on_contacts(store: Store) -> None:
    def counted(count: int, prefix: str) -> int:
        def job(tx: Tx) -> int:
            before = tx.statements
            contacts.ensure(tx, ACCOUNT, [f"{prefix}{n}" for n in range(count)], NOW)
            return tx.statements - before

        return store.write(job)

    assert counted(200, "a") == counted(400, "b")


def test_keys_are_case_sensitive_data(store: Store) -> None:
    places = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, ["ann", "Ann", "ÄNN", "änn"], NOW))
    assert len(set(places.values())) == 4
    found = store.read(lambda tx: contacts.find(tx, ACCOUNT, ["Ann", "ANN"]))
    assert list(found) == ["Ann"]


def test_business_units_do_not_see_each_other(store: Store) -> None:
    store.write(lambda tx: contacts.ensure(tx, ACCOUNT, ["ann"], NOW))
    assert store.read(lambda tx: contacts.find(tx, OTHER_ACCOUNT, ["ann"])) == {}
    place = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, ["ann"], NOW))["ann"]
    wanted = contacts.contact_id(*place)
    assert store.read(lambda tx: contacts.find_id(tx, OTHER_ACCOUNT, wanted)) is None


def test_contact_id_leads_back_to_the_contact(store: Store) -> None:
    places = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, ["ann", "bob", "cec"], NOW))
    ids = {key: contacts.contact_id(*place) for key, place in places.items()}
    assert len(set(ids.values())) == 3
    for key, wanted in ids.items():
        found = store.read(partial(contacts.find_id, account=ACCOUNT, wanted=wanted))
        assert found is not None
        assert found.key == key
    assert store.read(lambda tx: contacts.find_id(tx, ACCOUNT, 2**62)) is None


def test_attributes_merge_set_by_set(store: Store) -> None:
    lane, number = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, ["ann"], NOW))["ann"]
    first = contacts.merged({}, {"A": {"x": "1", "y": 2}})
    second = contacts.merged(first, {"A": {"x": None}, "B": {"z": "ß"}})
    store.write(lambda tx: contacts.save_attributes(tx, lane, number, second))
    found = store.read(lambda tx: contacts.find(tx, ACCOUNT, ["ann"]))["ann"]
    assert found.attributes == {"A": {"x": None, "y": 2}, "B": {"z": "ß"}}


def test_a_revived_contact_is_empty(store: Store) -> None:
    lane, number = store.write(lambda tx: contacts.ensure(tx, ACCOUNT, ["ann"], NOW))["ann"]
    store.write(lambda tx: contacts.save_attributes(tx, lane, number, {"A": {"x": "1"}}))
    store.write(lambda tx: contacts.revive(tx, lane, number, NOW + 5))
    found = store.read(lambda tx: contacts.find(tx, ACCOUNT, ["ann"]))["ann"]
    assert (found.attributes, found.created, found.deleted) == ({}, NOW + 5, None)
