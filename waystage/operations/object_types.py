"""THE TABLE of what SOAP clients may retrieve: each type with its properties, its scope and where its rows come from.

Of every other type there is nothing (clients.md 5). Rows name their properties as clients do, nested ones with dots;
dates are ms UTC. Every row has a place, by which rows are in order and reading goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from waystage.ground.ids import guid_from
from waystage.spec.field_types import MAX_FIELDS
from waystage.spec.fields import Field, FieldType
from waystage.spec.row_tests import Kind, Row, Scalar
from waystage.store import accounts, data_extensions, folders
from waystage.store.data_extensions import DataExtension
from waystage.store.sql import Tx

#: (place, row) of a business unit in order, those whose place is greater than the number given.
Source: TypeAlias = Callable[[Tx, int, int], Iterator[tuple[int, Row]]]

JOURNEYS: Final = "journeys_read"
ROWS: Final = "data_extensions_read"
DATA_EXTENSION: Final = "DataExtension"
DATA_FOLDER: Final = "DataFolder"
#: The folder of data extensions that name none.
ROOT_CATEGORY: Final = folders.CONTENT_TYPES.index("dataextension") + 1

_CHUNK: Final = 500
#: Fields of one data extension have places of their own behind it.
_STRIDE: Final = 1 << MAX_FIELDS.bit_length()
#: Where addresses are asked for but nobody reads mail (RFC 2606).
_NOWHERE: Final = "waystage.invalid"
_LENGTHS: Final = {FieldType.EMAIL: 254, FieldType.PHONE: 50, FieldType.LOCALE: 5}

_TEXT, _NUMBER, _DATE, _FLAG = Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.FLAG
_DATES: Final = {"CreatedDate": _DATE, "ModifiedDate": _DATE}
_OWNER: Final = {"Client.ID": _NUMBER}


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One type of objects; `scope` is needed to read it. Without a source there is never one."""

    name: str
    properties: Mapping[str, Kind] = field(default_factory=dict)
    source: Source | None = None
    scope: str = JOURNEYS
    creatable: bool = False
    updatable: frozenset[str] = frozenset()


def find(name: str) -> ObjectType:
    """The type with this name in any letter case; of a name that is not in the table there is nothing."""
    return _BY_NAME.get(name.casefold()) or ObjectType(name)


def _folders(tx: Tx, account: int, after: int) -> Iterator[tuple[int, Row]]:
    every = {folder.number: folder for folder in folders.list_folders(tx, account)}
    for number, folder in sorted(every.items()):
        parent = every.get(folder.parent)
        if number > after:
            yield (
                number,
                {
                    "ID": number,
                    "ObjectID": folder.guid,
                    "CustomerKey": folder.key,
                    "Name": folder.name,
                    "Description": folder.description,
                    "ContentType": folder.content_type,
                    "ParentFolder.ID": folder.parent,
                    "ParentFolder.ObjectID": parent.guid if parent else None,
                    "ParentFolder.CustomerKey": parent.key if parent else None,
                    "ParentFolder.Name": parent.name if parent else None,
                    "ParentFolder.ContentType": parent.content_type if parent else None,
                    "Client.ID": account,
                    "IsActive": True,
                    "IsEditable": parent is not None,
                    "AllowChildren": True,
                    "CreatedDate": folder.created,
                    "ModifiedDate": folder.modified,
                },
            )


def _each_extension(tx: Tx, account: int, after: int) -> Iterator[DataExtension]:
    while chunk := data_extensions.following(tx, account, after, _CHUNK):
        yield from chunk
        after = chunk[-1].number


def _extensions(tx: Tx, account: int, after: int) -> Iterator[tuple[int, Row]]:
    for extension in _each_extension(tx, account, after):
        yield extension.number, extension_row(extension)


def extension_row(extension: DataExtension) -> Row:
    """A data extension as SOAP clients see it."""
    contact_field = extension.schema.contact_field
    linked = str(extension.declared.get("sendableSubscriberField") or "_SubscriberKey")
    category = extension.document.get("categoryId")
    description = extension.document.get("description")
    return {
        "ObjectID": extension.guid,
        "CustomerKey": extension.key,
        "Name": extension.name,
        "Description": description if isinstance(description, str) else "",
        "CategoryID": category if type(category) is int else ROOT_CATEGORY,
        "IsSendable": contact_field is not None,
        "IsTestable": False,
        "SendableDataExtensionField.Name": contact_field,
        "SendableSubscriberField.Name": linked if contact_field is not None else None,
        "RowBasedRetention": False,
        "ResetRetentionPeriodOnImport": False,
        "DeleteAtEndOfRetentionPeriod": False,
        "RetainUntil": "",
        "Client.ID": extension.account,
        "CreatedDate": extension.created,
        "ModifiedDate": extension.modified,
    }


def _fields(tx: Tx, account: int, after: int) -> Iterator[tuple[int, Row]]:
    for extension in _each_extension(tx, account, after // _STRIDE - 1):
        for ordinal, declared in enumerate(extension.schema.fields):
            place = extension.number * _STRIDE + ordinal
            if place > after:
                yield place, _field_row(extension, ordinal, declared)


def _field_row(extension: DataExtension, ordinal: int, declared: Field) -> Row:
    return {
        "ObjectID": str(extension.declared["fields"][ordinal].get("id", "")),
        "CustomerKey": f"[{extension.key}].[{declared.name}]",
        "Name": declared.name,
        "FieldType": declared.type.value,
        "MaxLength": declared.length or _LENGTHS.get(declared.type),
        "Scale": declared.scale if declared.type is FieldType.DECIMAL else None,
        "DefaultValue": declared.default or "",
        "IsPrimaryKey": declared.is_primary_key,
        "IsRequired": not declared.is_nullable,
        "Ordinal": ordinal,
        "DataExtension.ObjectID": extension.guid,
        "DataExtension.CustomerKey": extension.key,
        "DataExtension.Name": extension.name,
        "Client.ID": extension.account,
        "CreatedDate": extension.created,
        "ModifiedDate": extension.created,
    }


def _templates(tx: Tx, account: int, after: int) -> Iterator[tuple[int, Row]]:
    """The one form that the data extensions of events have."""
    if after < 1:
        yield (
            1,
            {
                "ObjectID": guid_from(account, "template", "event"),
                "CustomerKey": "event_default",
                "Name": "Event DE Template",
                "Description": "Data extensions that event definitions make",
                "Client.ID": account,
            },
        )


def _users(tx: Tx, account: int, after: int) -> Iterator[tuple[int, Row]]:
    """API clients are the users: their numbers are those of createdBy and modifiedBy. Revoked ones are not active."""
    for user in accounts.users(tx, account, after):
        address = f"client-{user.number}@{_NOWHERE}"
        row: dict[str, Scalar] = {
            "ID": user.number,
            "AccountUserID": user.number,
            "UserID": address,
            "CustomerKey": f"client-{user.number}",
            "Name": user.name,
            "Email": address,
            "NotificationEmailAddress": address,
            "ActiveFlag": user.revoked is None,
            "MustChangePassword": False,
            "IsAPIUser": True,
            "IsLocked": False,
            "DefaultBusinessUnit": account,
            "Client.ID": account,
            "CreatedDate": user.created,
            "ModifiedDate": user.revoked or user.created,
        }
        yield user.number, row


def _business_units(tx: Tx, account: int, after: int) -> Iterator[tuple[int, Row]]:
    """The caller's own: a business unit is its own enterprise, and knows of no other (threat model)."""
    created = accounts.business_unit_created(tx, account)
    if created is not None and account > after:
        yield (
            account,
            {
                "ID": account,
                "CustomerKey": str(account),
                "Name": accounts.business_unit_name(tx, account),
                "Description": "",
                "AccountType": "ENTERPRISE_2",
                "ParentID": 0,
                "ParentName": "",
                "IsActive": True,
                "Client.ID": account,
                "CreatedDate": created,
                "ModifiedDate": created,
            },
        )


TYPES: Final[tuple[ObjectType, ...]] = (
    ObjectType(
        DATA_FOLDER,
        {
            "ID": _NUMBER, "ObjectID": _TEXT, "CustomerKey": _TEXT, "Name": _TEXT, "Description": _TEXT,
            "ContentType": _TEXT, "ParentFolder.ID": _NUMBER, "ParentFolder.ObjectID": _TEXT,
            "ParentFolder.CustomerKey": _TEXT, "ParentFolder.Name": _TEXT, "ParentFolder.ContentType": _TEXT,
            **_OWNER, "IsActive": _FLAG, "IsEditable": _FLAG, "AllowChildren": _FLAG, **_DATES,
        },
        _folders,
        creatable=True,
        updatable=frozenset({"Name", "Description", "CustomerKey", "ParentFolder.ID"}),
    ),
    ObjectType(
        DATA_EXTENSION,
        {
            "ObjectID": _TEXT, "CustomerKey": _TEXT, "Name": _TEXT, "Description": _TEXT, "CategoryID": _NUMBER,
            "IsSendable": _FLAG, "IsTestable": _FLAG, "SendableDataExtensionField.Name": _TEXT,
            "SendableSubscriberField.Name": _TEXT, "RowBasedRetention": _FLAG, "ResetRetentionPeriodOnImport": _FLAG,
            "DeleteAtEndOfRetentionPeriod": _FLAG, "RetainUntil": _TEXT, **_OWNER, **_DATES,
        },
        _extensions,
        ROWS,
        creatable=True,
        updatable=frozenset({"CustomerKey", "Name", "Description", "CategoryID"}),
    ),
    ObjectType(
        "DataExtensionField",
        {
            "ObjectID": _TEXT, "CustomerKey": _TEXT, "Name": _TEXT, "FieldType": _TEXT, "MaxLength": _NUMBER,
            "Scale": _NUMBER, "DefaultValue": _TEXT, "IsPrimaryKey": _FLAG, "IsRequired": _FLAG, "Ordinal": _NUMBER,
            "DataExtension.ObjectID": _TEXT, "DataExtension.CustomerKey": _TEXT, "DataExtension.Name": _TEXT,
            **_OWNER, **_DATES,
        },
        _fields,
        ROWS,
    ),
    ObjectType(
        "DataExtensionTemplate",
        {"ObjectID": _TEXT, "CustomerKey": _TEXT, "Name": _TEXT, "Description": _TEXT, **_OWNER},
        _templates,
        ROWS,
    ),
    ObjectType(
        "AccountUser",
        {
            "ID": _NUMBER, "AccountUserID": _NUMBER, "UserID": _TEXT, "CustomerKey": _TEXT, "Name": _TEXT,
            "Email": _TEXT, "NotificationEmailAddress": _TEXT, "ActiveFlag": _FLAG, "MustChangePassword": _FLAG,
            "IsAPIUser": _FLAG, "IsLocked": _FLAG, "DefaultBusinessUnit": _NUMBER, **_OWNER, **_DATES,
        },
        _users,
    ),
    ObjectType(
        "BusinessUnit",
        {
            "ID": _NUMBER, "CustomerKey": _TEXT, "Name": _TEXT, "Description": _TEXT, "AccountType": _TEXT,
            "ParentID": _NUMBER, "ParentName": _TEXT, "IsActive": _FLAG, **_OWNER, **_DATES,
        },
        _business_units,
    ),
)  # fmt: skip
_BY_NAME: Final = {one.name.casefold(): one for one in TYPES}
