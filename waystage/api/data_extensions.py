"""Data extensions and their rows on the wire (contract, our resources; api.md 11.5)."""

from __future__ import annotations

from typing import Any

from waystage.api.replies import Reply, collection, wire_date
from waystage.api.requests import Request
from waystage.operations import define_data_extension, write_rows
from waystage.operations.row_events import RowEvents
from waystage.spec.fields import Field, FieldType
from waystage.store.data_extensions import DataExtension


async def create(request: Request) -> Reply:
    """POST customobjects: 201 with the data extension."""
    made = await request.write(define_data_extension.create, request.caller.account, request.json(), request.now)
    return Reply(201, data_extension(made, request.world.settings.utc_offset))


async def list_all(request: Request) -> Reply:
    """GET customobjects: a collection by name; `$search` or `name` searches."""
    paging = request.paging()
    name = request.query.text("$search") or request.query.text("name") or ""
    account = request.caller.account
    count, found = await request.read(define_data_extension.list_all, account, name, paging.size, paging.offset)
    items = [data_extension(extension, request.world.settings.utc_offset) for extension in found]
    return Reply(body=collection(items, count, paging.page, paging.size))


async def read(request: Request) -> Reply:
    """GET one by id or key."""
    found = await request.read(define_data_extension.select, request.caller.account, request.path)
    return Reply(body=data_extension(found, request.world.settings.utc_offset))


async def remove(request: Request) -> Reply:
    """DELETE one by id or key, with all its rows: `{}`."""
    await request.write(define_data_extension.remove, request.caller.account, request.path, request.now)
    return Reply()


async def upsert_rowset(request: Request) -> Reply:
    """POST a rowset: 200 with the same array; all rows or none."""
    body, world = request.json(), request.world
    events = RowEvents(world.numbers)
    await request.write(
        write_rows.upsert_rowset,
        request.caller.account,
        request.path,
        body,
        events,
        now=request.now,
        offset=world.settings.utc_offset,
    )
    if events.fired:
        world.engine.notify()
    return Reply(body=body)


async def upsert_row(request: Request) -> Reply:
    """PUT one row, named in the path by its primary key: 200 with the stored row."""
    body, world = request.json(), request.world
    events = RowEvents(world.numbers)
    row = await request.write(
        write_rows.upsert_row,
        request.caller.account,
        request.path,
        request.path["row"],
        body,
        events,
        now=request.now,
        offset=world.settings.utc_offset,
    )
    if events.fired:
        world.engine.notify()
    return Reply(body=row)


def data_extension(extension: DataExtension, offset: int) -> dict[str, object]:
    """The data extension object; `offset` in minutes."""
    sent: list[dict[str, Any]] = extension.declared["fields"]
    contact_field = extension.schema.contact_field
    linked = extension.declared.get("sendableSubscriberField") or "_SubscriberKey"
    return {
        "description": "",
        **extension.document,
        "id": extension.guid,
        "name": extension.name,
        "key": extension.key,
        "isSendable": contact_field is not None,
        "sendableCustomObjectField": contact_field,
        "sendableSubscriberField": linked if contact_field is not None else None,
        "createdDate": wire_date(extension.created, offset),
        "modifiedDate": wire_date(extension.modified, offset),
        "fieldCount": len(sent),
        "fields": [_field(field, entry) for field, entry in zip(extension.schema.fields, sent, strict=True)],
    }


def _field(field: Field, sent: dict[str, Any]) -> dict[str, object]:
    """One field as data extensions show it: lengths are numbers, decimals have a scale."""
    kept = {name: value for name, value in sent.items() if name not in {"dataType", "maxLength", "scale"}}
    return {
        **kept,
        "name": field.name,
        "type": field.type.value,
        "length": field.length,
        **({"scale": field.scale} if field.type is FieldType.DECIMAL else {}),
        "isPrimaryKey": field.is_primary_key,
        "isNullable": field.is_nullable,
        "defaultValue": sent.get("defaultValue"),
    }
