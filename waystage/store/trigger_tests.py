"""Open trigger tests, at most one for each event definition (api.md 5.7, contract 13)."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class TriggerTest:
    """One open test. `report` is JSON text, `version` a number, `created` ms of journey time."""

    account: int
    event_definition: int
    guid: str
    version: int
    report: str
    created: int


def find(tx: Tx, account: int, event_definition: int) -> TriggerTest | None:
    """The open test of an event definition."""
    row = tx.one(
        "SELECT account, event_definition, guid, version, report, created FROM trigger_test"
        " WHERE account = :account AND event_definition = :definition",
        account=account, definition=event_definition,
    )  # fmt: skip
    return TriggerTest(*row) if row else None


def of_account(tx: Tx, account: int) -> list[TriggerTest]:
    """Every open test of a business unit."""
    rows = tx.rows(
        "SELECT account, event_definition, guid, version, report, created FROM trigger_test"
        " WHERE account = :account ORDER BY event_definition",
        account=account,
    )
    return [TriggerTest(*row) for row in rows]


def add(tx: Tx, test: TriggerTest) -> bool:
    """Store a test; False if another one is open."""
    return tx.run(
        "INSERT INTO trigger_test (account, event_definition, guid, version, report, created)"
        " VALUES (:account, :definition, :guid, :version, :report, :created) ON CONFLICT DO NOTHING",
        account=test.account, definition=test.event_definition, guid=test.guid, version=test.version,
        report=test.report, created=test.created,
    ) == 1  # fmt: skip


def replace(tx: Tx, test: TriggerTest) -> bool:
    """Store the report of a test anew; False if it was deleted meanwhile."""
    return tx.run(
        "UPDATE trigger_test SET report = :report"
        " WHERE account = :account AND event_definition = :definition AND guid = :guid",
        account=test.account, definition=test.event_definition, guid=test.guid,
        report=test.report,
    ) == 1  # fmt: skip


def remove(tx: Tx, account: int, event_definition: int) -> bool:
    """Forget the open test of an event definition; False if there is none."""
    return tx.run(
        "DELETE FROM trigger_test WHERE account = :account AND event_definition = :definition",
        account=account, definition=event_definition,
    ) == 1  # fmt: skip
