"""Lists of versions, few and many, against the plain meaning of D-33; and none of them reads the documents of all."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.store.definitions import ACCOUNT, Store, opened
from waystage.bench import documents, read_data
from waystage.bench.scene import scene
from waystage.store import version_lists
from waystage.store.sql import Tx
from waystage.store.version_lists import FEW, Filter, Matches, Order, Part

JOURNEYS = FEW + 90


@dataclass(frozen=True)
class Row:
    number: int
    journey: int
    key: str
    guid: str
    definition_id: str
    version: int
    status: str
    modified: int
    name: str
    description: str


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with scene(database_url, documents.PLAIN):
        pass
    for made in opened(database_url):
        read_data.fill_journeys(made.database, 1, JOURNEYS)
        made.write(bury_one)
        yield made


def bury_one(tx: Tx) -> None:
    """One journey is deleted, of another the newest version only."""
    tx.run("UPDATE version SET status = 'Deleted' WHERE journey = (SELECT number FROM journey WHERE key = 'journey-4')")
    tx.run("UPDATE journey SET live = NULL WHERE key = 'journey-4'")
    tx.run(
        "UPDATE version SET status = 'Deleted'"
        " WHERE version = 2 AND journey = (SELECT number FROM journey WHERE key = 'journey-9')"
    )
    tx.run("INSERT INTO version_tag (version, name) SELECT number, 'odd' FROM version WHERE number % 200 = 1")


def everything(tx: Tx) -> list[Row]:
    rows = tx.rows(
        "SELECT v.number, v.journey, j.key, j.guid, v.definition_id, v.version, v.status, v.modified, v.name_folded,"
        " v.description_folded FROM version v JOIN journey j ON j.number = v.journey WHERE v.account = :account",
        account=ACCOUNT,
    )
    return [Row(*row) for row in rows]


def meant(rows: list[Row], wanted: Filter) -> list[Row]:
    """D-33 word by word: the filters first, then the most recent match of each journey."""
    found = [
        one
        for one in rows
        if (one.status in wanted.statuses if wanted.statuses else one.status != "Deleted")
        and (wanted.version in (None, one.version))
        and (wanted.text is None or wanted.text.casefold() in one.name or wanted.text.casefold() in one.description)
        and (wanted.name is None or wanted.name.casefold() == one.name)
        and (wanted.key is None or wanted.key.casefold() == one.key)
        and (wanted.id in (None, one.guid, one.definition_id))
        and (wanted.tag is None or one.number % 200 == 1)
        and (wanted.definition_type or "multistep").casefold() == "multistep"
    ]
    newest = {one.journey: one.version for one in sorted(found, key=lambda one: one.version)}
    running = {"Published", "Paused", "Unpublished"}
    if not wanted.recent_only and not wanted.or_running:
        return found
    return [one for one in found if newest[one.journey] == one.version or (wanted.or_running and one.status in running)]


GUID = "00000000-0000-400{}-8000-00000000001e"
FILTERS = {
    "all": Filter(),
    "every version": Filter(recent_only=False),
    "or running": Filter(or_running=True),
    "few by status": Filter(statuses=("Published",)),
    "many by status": Filter(statuses=("Draft", "Stopped")),
    "deleted": Filter(statuses=("Deleted",)),
    "few by text": Filter(text="SEASON 51"),
    "many by text": Filter(text="week"),
    "no text": Filter(text="nowhere"),
    "many by text, or running": Filter(text="campaign", or_running=True),
    "second versions": Filter(version=2),
    "first versions": Filter(version=1, recent_only=False),
    "multistep": Filter(definition_type="Multistep"),
    "quicksend": Filter(definition_type="quicksend"),
    "name": Filter(name="CAMPAIGN 30 of season 30"),
    "key": Filter(key="JOURNEY-30"),
    "key, every version": Filter(key="journey-30", recent_only=False),
    "deleted key": Filter(key="journey-4"),
    "id": Filter(id=GUID.format(0), recent_only=False),
    "definition id": Filter(id=GUID.format(1)),
    "id of another journey": Filter(id=GUID.format(0), key="journey-31"),
    "tag": Filter(tag="odd", recent_only=False),
}


def test_3_6_lists_mean_what_d_33_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version_lists, "FAR", 5)
    every = store.read(everything)
    for what, wanted in FILTERS.items():
        expected = sorted(meant(every, wanted), key=lambda one: (-one.modified, one.guid, -one.version))
        for order, ordered in (
            (Order(), expected),
            (Order("name", descending=False), sorted(expected, key=lambda one: (one.name, one.guid, -one.version))),
        ):
            for offset in (0, 7, len(expected) // 2 + 2, max(0, len(expected) - 3), len(expected), len(expected) + 9):
                part = Part(5, offset)
                count, page, numbers = store.read(
                    lambda tx, wanted=wanted, order=order, part=part: (  # type: ignore[misc]
                        Matches(tx, ACCOUNT, wanted).count(),
                        Matches(tx, ACCOUNT, wanted).page(order, part),
                        Matches(tx, ACCOUNT, wanted).all(),
                    )
                )
                assert count == len(expected), what
                assert [one.number for one in page] == [one.number for one in ordered[offset : offset + 5]], what
                assert {number for number, _ in numbers} == {one.number for one in expected}, what


def test_another_business_unit_has_none_of_them(store: Store) -> None:
    for wanted in FILTERS.values():
        assert store.read(lambda tx, wanted=wanted: Matches(tx, ACCOUNT + 1, wanted).all()) == []  # type: ignore[misc]
        assert store.read(lambda tx, wanted=wanted: Matches(tx, ACCOUNT + 1, wanted).count()) == 0  # type: ignore[misc]


@dataclass
class Explaining:
    """A transaction that explains what it is asked; SQLite."""

    inner: Tx
    plans: list[str]

    def rows(self, text: str, **values: object) -> list[tuple[object, ...]]:
        self.plans += [str(row[3]) for row in self.inner.rows(f"EXPLAIN QUERY PLAN {text}", **values)]  # type: ignore[arg-type]
        return self.inner.rows(text, **values)  # type: ignore[arg-type]

    def one(self, text: str, **values: object) -> tuple[object, ...] | None:
        return next(iter(self.rows(text, **values)), None)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


@pytest.mark.parametrize(
    ("wanted", "order", "found_by"),
    [
        (Filter(), Order(), "COVERING INDEX version_listed"),
        (Filter(), Order("name", descending=False), "COVERING INDEX version_by_name"),
        (Filter(statuses=("Draft",)), Order(), "COVERING INDEX version_listed"),
        (Filter(statuses=("Published",)), Order(), "COVERING INDEX version_searched"),
        (Filter(text="season 51"), Order(), "COVERING INDEX version_searched"),
        (Filter(key="journey-3"), Order(), "INDEX version_of_journey"),
    ],
)
def test_a_page_does_not_read_the_documents_of_all(
    sqlite_url: str, wanted: Filter, order: Order, found_by: str
) -> None:
    with scene(sqlite_url, documents.PLAIN):
        pass
    for made in opened(sqlite_url):
        read_data.fill_journeys(made.database, 1, JOURNEYS)
        plans: list[str] = []

        def explained(tx: Tx, plans: list[str] = plans) -> None:
            matches = Matches(Explaining(tx, plans), ACCOUNT, wanted)  # type: ignore[arg-type]
            matches.count()
            matches.page(order, Part(50, 0))

        made.read(explained)
        assert any(found_by in plan for plan in plans), plans
        is_ordered_by_index = not any(plan.startswith("USE TEMP B-TREE FOR ORDER BY") for plan in plans)
        assert is_ordered_by_index == ("version_listed" in found_by or "version_by_name" in found_by), plans
        entered = [plan for plan in plans if plan.startswith(("SEARCH", "SCAN"))]
        assert not [plan for plan in entered if plan.startswith("SCAN")], plans
        assert not [plan for plan in entered if "(account=?)" in plan and "COVERING" not in plan], plans


def test_versions_are_loaded_in_the_order_asked_for(store: Store) -> None:
    numbers = [one.number for one in store.read(everything)][:20][::-1]
    assert [one.number for one in store.read(lambda tx: version_lists.load(tx, numbers))] == numbers
