"""Journeys and their versions: found by key, id or definition id, and saved under an optimistic lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from waystage.store.sql import Row, SqlValue, Tx

DELETED = "Deleted"
RUNNING = frozenset({"Published", "Paused", "Unpublished", "ScheduledToPublish", "ScheduledToSend"})


class Selector(NamedTuple):
    """How a caller names a journey: by `id` (or a version's definition id, D-31) or by `key`, in any letter case."""

    by: Literal["id", "key"]
    text: str


@dataclass(frozen=True, slots=True)
class Journey:
    """The family of versions with one key and id; `live` until every version is deleted."""

    number: int
    guid: str
    key: str


@dataclass(frozen=True, slots=True)
class Version:
    """One stored version. `number` is what the engine calls it, `version` the caller's count; times in ms UTC."""

    number: int
    account: int
    journey: int
    guid: str
    key: str
    definition_id: str
    version: int
    status: str
    document: dict[str, Any]
    created: int
    created_by: int
    modified: int
    modified_by: int
    published: int | None


COLUMNS = """v.number, v.account, v.journey, j.guid, j.key, v.definition_id, v.version, v.status, v.document,
    v.created, v.created_by, v.modified, v.modified_by, v.published"""
JOINED = "version v JOIN journey j ON j.number = v.journey"


def read_row(row: Row) -> Version:
    """Turn a row of COLUMNS into a version."""
    number, account, journey, guid, key, definition_id, version, status, document, *rest = row
    created, created_by, modified, modified_by, published = rest
    return Version(
        number=number,
        account=account,
        journey=journey,
        guid=guid,
        key=key,
        definition_id=definition_id,
        version=version,
        status=status,
        document=msgspec.json.decode(document),
        created=created,
        created_by=created_by,
        modified=modified,
        modified_by=modified_by,
        published=published,
    )


def _versions(tx: Tx, condition: str, **values: SqlValue) -> list[Version]:
    rows = tx.rows(f"SELECT {COLUMNS} FROM {JOINED} WHERE {condition} ORDER BY v.version DESC", **values)
    return [read_row(row) for row in rows]


def find_journey(tx: Tx, account: int, selector: Selector) -> Journey | None:
    """Find a live journey by key or by its own id."""
    column, text = ("key_folded", selector.text.casefold()) if selector.by == "key" else ("guid", selector.text.lower())
    row = tx.one(
        f"SELECT number, guid, key FROM journey WHERE account = :account AND {column} = :named AND live = 1",
        account=account,
        named=text,
    )
    return None if row is None else Journey(*row)


def find_journey_ever(tx: Tx, account: int, selector: Selector) -> tuple[Journey, int | None] | None:
    """Find a journey, deleted ones included, a live one before them and a younger before an older one.

    With it goes the count of the version that an id names if it is a definition id (D-31).
    """
    if selector.by == "key":
        condition, text = "j.key_folded = :named", selector.text.casefold()
    else:
        condition, text = "(j.guid = :named OR v.definition_id = :named)", selector.text.lower()
    row = tx.one(
        f"SELECT j.number, j.guid, j.key, v.version FROM {JOINED} WHERE v.account = :account AND {condition}"
        " ORDER BY coalesce(j.live, 0) DESC, j.number DESC, v.version LIMIT 1",
        account=account,
        named=text,
    )
    if row is None:
        return None
    journey = Journey(*row[:3])
    return journey, row[3] if selector.by == "id" and journey.guid != text else None


def find(tx: Tx, account: int, selector: Selector, version: int | None = None) -> Version | None:
    """Find a version that is not deleted: the one asked for, else the newest (D-29).

    An id that is a version's definition id selects that version unless `version` says otherwise (D-31).
    """
    journey = find_journey(tx, account, selector)
    if journey is None:
        return _by_definition(tx, account, selector, version) if selector.by == "id" else None
    return _pick(tx, journey.number, version)


def _pick(tx: Tx, journey: int, version: int | None) -> Version | None:
    newest = "(SELECT max(version) FROM version WHERE journey = :journey AND status <> 'Deleted')"
    values: dict[str, SqlValue] = {"journey": journey}
    if version is not None:
        newest, values["wanted"] = ":wanted", version
    condition = f"v.journey = :journey AND v.status <> 'Deleted' AND v.version = {newest}"
    return next(iter(_versions(tx, condition, **values)), None)


def _by_definition(tx: Tx, account: int, selector: Selector, version: int | None) -> Version | None:
    condition = "v.account = :account AND v.definition_id = :definition_id AND j.live = 1"
    found = _versions(tx, condition, account=account, definition_id=selector.text.lower())
    if not found:
        return None
    return _pick(tx, found[0].journey, found[0].version if version is None else version)


def find_number(tx: Tx, number: int) -> Version | None:
    """Find a version, deleted ones included, by the number that the engine uses."""
    return next(iter(_versions(tx, "v.number = :number", number=number)), None)


def of_journey(tx: Tx, journey: int) -> list[Version]:
    """Give the versions of a journey that are not deleted, the newest first."""
    return _versions(tx, "v.journey = :journey AND v.status <> 'Deleted'", journey=journey)


def last_version(tx: Tx, account: int, key: str) -> int:
    """Give the highest version number ever used for a key, deleted ones included; 0 if none (D-15)."""
    row = tx.one(
        f"SELECT max(v.version) FROM {JOINED} WHERE j.account = :account AND j.key_folded = :folded",
        account=account,
        folded=key.casefold(),
    )
    return (row[0] or 0) if row else 0


def add_journey(tx: Tx, account: int, guid: str, key: str, now: int) -> Journey:
    """Store a new journey."""
    row = tx.rows(
        """
        INSERT INTO journey (account, guid, key, key_folded, live, created)
        VALUES (:account, :guid, :key, :folded, 1, :now) RETURNING number
        """,
        account=account,
        guid=guid,
        key=key,
        folded=key.casefold(),
        now=now,
    )[0]
    return Journey(row[0], guid, key)


def add_version(tx: Tx, version: Version) -> int:
    """Store a new version; returns its number (the one in `version` is ignored)."""
    row = tx.rows(
        """
        INSERT INTO version (account, journey, definition_id, version, status, name_folded, description_folded,
            definition_type, workflow_tenths, document, created, created_by, modified, modified_by, published, guid)
        VALUES (:account, :journey, :definition_id, :version, :status, :name_folded, :description_folded,
            :definition_type, :workflow_tenths, :document, :created, :created_by, :modified, :modified_by, :published,
            :guid)
        RETURNING number
        """,
        account=version.account,
        journey=version.journey,
        definition_id=version.definition_id,
        version=version.version,
        status=version.status,
        created=version.created,
        created_by=version.created_by,
        modified=version.modified,
        modified_by=version.modified_by,
        published=version.published,
        guid=version.guid,
        **_searchable(version.document),
    )[0]
    _set_tags(tx, row[0], version.document)
    return int(row[0])


def save(tx: Tx, stored: Version, document: dict[str, Any], modified: int, modified_by: int) -> bool:
    """Store a document if nobody changed the version since `stored` was read; tells whether it was so."""
    touched = tx.run(
        """
        UPDATE version SET name_folded = :name_folded, description_folded = :description_folded,
            definition_type = :definition_type, workflow_tenths = :workflow_tenths, document = :document,
            modified = :modified, modified_by = :modified_by
        WHERE number = :number AND modified = :before AND status = :status
        """,
        number=stored.number,
        before=stored.modified,
        status=stored.status,
        modified=modified,
        modified_by=modified_by,
        **_searchable(document),
    )
    if touched:
        _set_tags(tx, stored.number, document)
    return touched == 1


def set_status(tx: Tx, number: int, status: str) -> None:
    """Give a version another status; its `modifiedDate` stays."""
    tx.run("UPDATE version SET status = :status WHERE number = :number", status=status, number=number)


def set_stopped(tx: Tx, number: int, now: int) -> None:
    """Make a version Stopped as of `now`, the instant at which whoever was inside has left (design 8.12)."""
    tx.run("UPDATE version SET status = 'Stopped', stopped = :now WHERE number = :number", now=now, number=number)


def set_published(tx: Tx, number: int, now: int) -> None:
    """Make a version Published as of `now`."""
    tx.run("UPDATE version SET status = 'Published', published = :now WHERE number = :number", now=now, number=number)


def bury_journey(tx: Tx, journey: int) -> None:
    """Free the key of a journey whose versions are all deleted."""
    tx.run("UPDATE journey SET live = NULL WHERE number = :journey", journey=journey)


def has_open_job(tx: Tx, number: int) -> bool:
    """Tell whether a publish or validate job of the version is in progress."""
    return tx.one("SELECT 1 FROM job WHERE version = :number AND ended IS NULL LIMIT 1", number=number) is not None


def _searchable(document: dict[str, Any]) -> dict[str, SqlValue]:
    return {
        "name_folded": str(document["name"]).casefold(),
        "description_folded": str(document.get("description", "")).casefold().replace("\0", ""),
        "definition_type": str(document["definitionType"]).casefold(),
        "workflow_tenths": round(document["workflowApiVersion"] * 10),
        "document": msgspec.json.encode(document).decode(),
    }


def _set_tags(tx: Tx, number: int, document: dict[str, Any]) -> None:
    tx.run("DELETE FROM version_tag WHERE version = :number", number=number)
    names = {str(tag["name"]).replace("\0", "") for tag in document.get("tags") or ()}
    if names:
        tx.many(
            "INSERT INTO version_tag (version, name) VALUES (:number, :name)",
            [{"number": number, "name": name} for name in sorted(names)],
        )
