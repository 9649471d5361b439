"""Data extensions and their rows (contract, "our own resources"; api.md 11.5)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter, path
from waystage.api.shapes.parameters import FIELDS, FILTER, PAGE, PAGE_NUMBER
from waystage.api.shapes.schema import (
    ANYTHING,
    COUNT,
    DATE,
    EMPTY,
    FLAG,
    FROM_ONE,
    GUID,
    OBJECT,
    TEXT,
    WHOLE,
    Named,
    about,
    answer,
    array,
    body,
    either,
    nullable,
    optional,
    page_of,
    words,
)
from waystage.ground.errors import (
    AlreadyExists,
    DataExtensionNotFound,
    MissingValue,
    NotValidNow,
    RequestTokenNotFound,
    ValidationErrors,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.operations.define_data_extension import LONGEST_KEY, LONGEST_NAME
from waystage.operations.load_rows import MOST
from waystage.spec.fields import FieldType

DATA_EXTENSIONS: Final = Family("Data extensions", "Tables of the business unit; events write into them.")
ROWS: Final = Family("Rows", "What is in data extensions, now or after the answer.")

_FLAG: Final = either(FLAG, TEXT)
_LENGTH: Final = either(WHOLE, TEXT)
_FIELD: Final = Named(
    "NewField",
    body(
        {
            "name": TEXT,
            **optional(
                {
                    "type": about(TEXT, "One of " + ", ".join(one.value for one in FieldType)),
                    "length": about(_LENGTH, "Characters; of a Decimal all its digits."),
                    "scale": _LENGTH,
                    "isPrimaryKey": _FLAG,
                    "isNullable": _FLAG,
                }
            ),
            "defaultValue": ANYTHING,
        },
        "name",
    ),
)
NEW_EXTENSION: Final = Named(
    "NewDataExtension",
    body(
        {
            "name": {"type": "string", "maxLength": LONGEST_NAME},
            "fields": array(_FIELD, least=1),
            **optional(
                {
                    "key": {"type": "string", "maxLength": LONGEST_KEY, "description": "The id without it."},
                    "id": TEXT,
                    "description": TEXT,
                    "isSendable": FLAG,
                    "sendableCustomObjectField": about(TEXT, "The field that holds the contact key."),
                    "sendableSubscriberField": TEXT,
                }
            ),
        },
        "name",
        "fields",
    ),
)
_SHOWN_FIELD: Final = Named(
    "Field",
    answer(
        {
            "name": TEXT,
            "type": words(one.value for one in FieldType),
            "length": nullable(WHOLE),
            "isPrimaryKey": FLAG,
            "isNullable": FLAG,
            "defaultValue": ANYTHING,
        },
        {"id": TEXT, "scale": WHOLE},
        more=True,
    ),
)
EXTENSION: Final = Named(
    "DataExtension",
    answer(
        {
            "id": GUID,
            "name": TEXT,
            "key": TEXT,
            "description": nullable(TEXT),
            "isSendable": FLAG,
            "sendableCustomObjectField": nullable(TEXT),
            "sendableSubscriberField": nullable(TEXT),
            "createdDate": DATE,
            "modifiedDate": DATE,
            "fieldCount": COUNT,
            "fields": array(_SHOWN_FIELD),
        },
        more=True,
    ),
)
_SAMPLE: Final = {
    "name": "Orders",
    "key": "orders",
    "isSendable": True,
    "sendableCustomObjectField": "Who",
    "sendableSubscriberField": "_SubscriberKey",
    "fields": [
        {"name": "Id", "type": "Text", "length": 20, "isPrimaryKey": True, "isNullable": False},
        {"name": "Who", "type": "Text", "length": 50, "isNullable": False},
        {"name": "Total", "type": "Decimal", "length": 18, "scale": 2},
    ],
}
CREATE: Final = Call(
    DATA_EXTENSIONS,
    {201: Answer("The data extension.", EXTENSION)},
    Body(NEW_EXTENSION, _SAMPLE),
    refuses=(ValidationErrors, AlreadyExists),
)
LIST: Final = Call(
    DATA_EXTENSIONS,
    {200: Answer("A page, by name.", page_of("DataExtensions", EXTENSION))},
    query=(Parameter("name", TEXT, "A piece of the name."), Parameter("$search", TEXT, "The same."), *PAGE),
)
READ: Final = Call(DATA_EXTENSIONS, {200: Answer("The data extension.", EXTENSION)}, refuses=(DataExtensionNotFound,))
DELETE: Final = Call(
    DATA_EXTENSIONS,
    {200: Answer("It is gone, with all its rows.", EMPTY)},
    refuses=(DataExtensionNotFound, NotValidNow),
)

_ROW: Final = Named("Row", body(optional({"keys": OBJECT, "values": OBJECT})))
_STORED: Final = Named("StoredRow", answer({"keys": OBJECT, "values": OBJECT}))
_WRITE_REFUSALS = (DataExtensionNotFound, ValidationErrors)
UPSERT_ROWSET: Final = Call(
    ROWS,
    {200: Answer("The rows as they were sent; all of them are stored.", array(_ROW))},
    Body(array(_ROW), [{"keys": {"Id": "1"}, "values": {"Who": "ann", "Total": 9.5}}]),
    refuses=_WRITE_REFUSALS,
    text="All rows or none.",
)
UPSERT_ROW: Final = Call(
    ROWS,
    {200: Answer("The row as it is stored.", _STORED)},
    Body(Named("RowValues", body(optional({"values": OBJECT}))), {"values": {"Total": 12}}, required=False),
    path=path("row", TEXT, "The primary key, such as Id:1, or Id:1,Place:2."),
    refuses=(*_WRITE_REFUSALS, ValueNotAllowed, WrongFormat),
)
_READ: Final = Named(
    "RowPage",
    answer(
        {
            "links": answer({"self": TEXT}, {"next": TEXT}),
            "requestToken": GUID,
            "tokenExpireDateUtc": DATE,
            "customObjectId": GUID,
            "customObjectKey": TEXT,
            "pageSize": FROM_ONE,
            "page": FROM_ONE,
            "count": COUNT,
            "top": COUNT,
            "items": array(_STORED),
        }
    ),
)
QUERY: Final = Call(
    ROWS,
    {200: Answer("One page of rows, and a token to read on with.", _READ)},
    query=(
        FILTER,
        Parameter("$orderBy", TEXT, "Fields, each followed by ASC or DESC, separated by commas."),
        FIELDS,
        Parameter("$top", FROM_ONE, "So many rows in all."),
        *PAGE,
    ),
    refuses=(DataExtensionNotFound, ValueNotAllowed, WrongFormat),
)
READ_ON: Final = Call(
    ROWS,
    {200: Answer("Another page of the same query.", _READ)},
    query=(PAGE_NUMBER,),
    path=path("token", TEXT, "The requestToken."),
    refuses=(RequestTokenNotFound, DataExtensionNotFound, ValueNotAllowed, WrongFormat),
)

ACCEPTED_ROWS: Final = Named("AcceptedRows", answer({"requestId": GUID, "resultMessages": array(ANYTHING)}))
LOAD: Final = Call(
    ROWS,
    {202: Answer("They are kept and will be written.", ACCEPTED_ROWS)},
    Body(
        Named("Rows", body({"items": array(ANYTHING, least=1, most=MOST, text="Values by field.")}, "items")),
        {"items": [{"Id": "1", "Who": "ann"}]},
    ),
    refuses=(DataExtensionNotFound, MissingValue, ValueNotAllowed),
)
_UNKNOWN: Final = Named(
    "UnknownRequest",
    answer(
        {
            "requestId": TEXT,
            "resultMessages": array(
                answer({"resultType": TEXT, "resultClass": TEXT, "resultCode": TEXT, "message": TEXT})
            ),
        }
    ),
)
_STATUS: Final = Named(
    "RowsStatus",
    answer(
        {
            "status": answer(
                {
                    "callDateTime": DATE,
                    "completionDateTime": nullable(DATE),
                    "hasErrors": FLAG,
                    "pickupDateTime": nullable(DATE),
                    "requestStatus": words(("Pending", "Complete", "Error")),
                    "resultStatus": nullable(words(("OK", "Error"))),
                    "requestId": GUID,
                }
            ),
            "requestId": GUID,
        }
    ),
)
_ANY_ID: Final = path("requestId", TEXT, "The id of the request.")
LOAD_STATUS: Final = Call(
    ROWS, {200: Answer("How far it is; or that there is no such request.", either(_STATUS, _UNKNOWN))}, path=_ANY_ID
)
_RESULT: Final = answer({"errorCode": TEXT, "message": TEXT, "status": words(("OK", "Error"))})
_RESULTS: Final = Named(
    "RowResults",
    answer({"page": FROM_ONE, "pageSize": FROM_ONE, "count": COUNT, "items": array(_RESULT), "requestId": GUID}),
)
LOAD_RESULTS: Final = Call(
    ROWS,
    {200: Answer("A page of rows; or that there is no such request.", either(_RESULTS, _UNKNOWN))},
    query=PAGE,
    path=_ANY_ID,
)
