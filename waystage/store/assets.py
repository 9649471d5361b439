"""E-mail content: assets as posted, and the immutable content versions that messages name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Binder, Row, Tx

#: The asset type of what is no e-mail: text, push and other messages.
MESSAGE_TYPE = 230

_COLUMNS = """number, account, guid, legacy_id, key, name, document, content,
    created, created_by, modified, modified_by"""


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of an e-mail as they were at one save; never changed, messages freeze its number (design 8.1)."""

    number: int
    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Asset:
    """One stored asset; times in ms UTC, `document` is the body without what the server owns."""

    number: int
    account: int
    guid: str
    legacy_id: int
    key: str
    name: str
    document: dict[str, Any]
    content: int
    created: int
    created_by: int
    modified: int
    modified_by: int


def _read(row: Row) -> Asset:
    values = list(row)
    values[6] = msgspec.json.decode(row[6])
    return Asset(*values)


def _one(tx: Tx, condition: str, **values: int | str) -> Asset | None:
    row = tx.one(f"SELECT {_COLUMNS} FROM asset WHERE {condition} AND deleted IS NULL", **values)
    return None if row is None else _read(row)


def find(tx: Tx, account: int, number: int) -> Asset | None:
    """The asset with this id (its number), unless it was deleted."""
    return _one(tx, "account = :account AND number = :number", account=account, number=number)


def find_by_key(tx: Tx, account: int, key: str) -> Asset | None:
    """The asset with this customer key in any letter case."""
    return _one(tx, "account = :account AND key_folded = :folded", account=account, folded=key.casefold())


def find_by_legacy_id(tx: Tx, account: int, legacy_id: int) -> Asset | None:
    """The asset that `triggeredSend.emailId` names (contract, e-mail content)."""
    return _one(tx, "account = :account AND legacy_id = :legacy_id", account=account, legacy_id=legacy_id)


def page(tx: Tx, account: int, limit: int, offset: int) -> tuple[int, list[Asset]]:
    """How many assets there are, and one page of them, last modified first."""
    total = tx.one("SELECT count(*) FROM asset WHERE account = :account AND deleted IS NULL", account=account)
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM asset WHERE account = :account AND deleted IS NULL"
        " ORDER BY modified DESC, number DESC LIMIT :limit OFFSET :offset",
        account=account,
        limit=limit,
        offset=offset,
    )
    return (total[0] if total else 0), [_read(row) for row in rows]


def find_numbers(tx: Tx, account: int, numbers: Sequence[int]) -> dict[int, Asset]:
    """The assets among these ids."""
    found: dict[int, Asset] = {}
    for chunk in chunks(sorted(numbers)):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT {_COLUMNS} FROM asset WHERE account = :account AND deleted IS NULL AND number IN {listed}",
            account=account,
            **values,
        )
        found.update((row[0], _read(row)) for row in rows)
    return found


_PROPERTIES = ("number", "guid", "legacy_id", "key", "name", "created", "created_by", "modified", "modified_by")


def properties(
    tx: Tx, account: int, paths: Sequence[tuple[str, ...]]
) -> list[tuple[dict[str, int | str], list[int | float | str | bool | None]]]:
    """The columns of every asset in the order of their ids, and what lies at the end of each path of its document.

    What is no single value counts as absent.
    """
    binder = Binder()
    members = [_member(tx, binder, path) for path in paths]
    rows = tx.rows(
        f"SELECT {', '.join([*_PROPERTIES, *members])} FROM asset"
        " WHERE account = :account AND deleted IS NULL ORDER BY number",
        account=account,
        **binder.values,
    )
    count = len(_PROPERTIES)
    return [(dict(zip(_PROPERTIES, row[:count], strict=True)), [_single(text) for text in row[count:]]) for row in rows]


def _member(tx: Tx, binder: Binder, path: Sequence[str]) -> str:
    """What lies at the end of a path, as JSON text."""
    steps = "".join(f" -> {binder.bind(tx.dialect.member(name))}" for name in path)
    return tx.dialect.json_out(f"({tx.dialect.json_in('document')}{steps})")


def _single(text: str | None) -> int | float | str | bool | None:
    value = None if text is None else msgspec.json.decode(text)
    return value if isinstance(value, int | float | str | bool) else None


def next_legacy_id(tx: Tx, account: int) -> int:
    """A number that no asset of the business unit has, deleted ones included: messages of old sends keep theirs."""
    row = tx.one("SELECT coalesce(max(legacy_id), 0) + 1 FROM asset WHERE account = :account", account=account)
    return int(row[0]) if row else 1


def _values(asset: Asset) -> dict[str, int | str]:
    return {
        "account": asset.account,
        "legacy_id": asset.legacy_id,
        "key": asset.key,
        "key_folded": asset.key.casefold(),
        "name": asset.name,
        "name_folded": asset.name.casefold(),
        "document": msgspec.json.encode(asset.document).decode(),
        "modified": asset.modified,
        "modified_by": asset.modified_by,
        "is_email": int((asset.document.get("assetType") or {}).get("id") != MESSAGE_TYPE),
    }


def insert(tx: Tx, asset: Asset, *, keep_number: bool = False) -> int:
    """Store a new asset without content; returns its number (the one of its content is ignored).

    `keep_number`: it comes from another database, where documents name it by its number.
    """
    number, value = ("number, ", ":number, ") if keep_number else ("", "")
    row = tx.rows(
        f"""
        INSERT INTO asset ({number}account, guid, legacy_id, key, key_folded, name, name_folded, document, content,
            created, created_by, modified, modified_by, is_email)
        VALUES ({value}:account, :guid, :legacy_id, :key, :key_folded, :name, :name_folded, :document, 0,
            :created, :created_by, :modified, :modified_by, :is_email)
        RETURNING number
        """,
        **({"number": asset.number} if keep_number else {}),
        guid=asset.guid,
        created=asset.created,
        created_by=asset.created_by,
        **_values(asset),
    )[0]
    return int(row[0])


def update(tx: Tx, asset: Asset) -> None:
    """Store everything but id, creation and content of an asset anew."""
    tx.run(
        """
        UPDATE asset SET legacy_id = :legacy_id, key = :key, key_folded = :key_folded, name = :name,
            name_folded = :name_folded, document = :document, modified = :modified, modified_by = :modified_by,
            is_email = :is_email
        WHERE account = :account AND number = :number
        """,
        number=asset.number,
        **_values(asset),
    )


def append_content(tx: Tx, account: int, number: int, parts: tuple[str, str, str], now: int) -> int:
    """Make (subject, html, text) the asset's present content; returns the number of the new content version."""
    subject, html, text = parts
    row = tx.rows(
        "INSERT INTO content (account, asset, subject, html, text, created)"
        " VALUES (:account, :asset, :subject, :html, :plain, :now) RETURNING number",
        account=account,
        asset=number,
        subject=subject,
        html=html,
        plain=text,
        now=now,
    )[0]
    tx.run(
        "UPDATE asset SET content = :content WHERE account = :account AND number = :number",
        content=row[0],
        account=account,
        number=number,
    )
    return int(row[0])


def content(tx: Tx, account: int, number: int) -> Content | None:
    """One content version by its number, also after its asset was deleted."""
    row = tx.one(
        "SELECT number, subject, html, text FROM content WHERE account = :account AND number = :number",
        account=account,
        number=number,
    )
    return None if row is None else Content(*row)


def remove(tx: Tx, account: int, number: int, now: int) -> None:
    """Mark an asset as deleted at `now`; its content versions stay for the messages that name them."""
    tx.run(
        "UPDATE asset SET deleted = :now WHERE account = :account AND number = :number",
        account=account,
        number=number,
        now=now,
    )
