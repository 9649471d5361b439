"""E-mail content (contract, "e-mail content")."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter, path
from waystage.api.shapes.parameters import FIELDS, FILTER, PAGE
from waystage.api.shapes.schema import (
    ANYTHING,
    DATE,
    EMPTY,
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
    AssetNotFound,
    MissingValue,
    ValidationErrors,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.operations.save_asset import LONGEST_NAME, LONGEST_SUBJECT, LONGEST_VIEW, TYPES

CONTENT: Final = Family("E-mails", "The content that e-mail activities name by its legacyId.")

_NAME: Final = {"type": "string", "maxLength": LONGEST_NAME}


def _view(longest: int) -> Named | dict[str, object]:
    return dict(body(optional({"content": {"type": "string", "maxLength": longest}})))


_WHOLE: Final = either(WHOLE, {"type": "string", "pattern": "^[0-9]*$"})
_TYPE: Final = body(
    optional(
        {
            "id": about(_WHOLE, "207 or 208; 230 for messages that are no e-mails."),
            "name": about(TEXT, "In any letter case: " + ", ".join(TYPES.values())),
        }
    )
)
_VIEWS: Final = body(
    optional({"subjectline": _view(LONGEST_SUBJECT), "html": _view(LONGEST_VIEW), "text": _view(LONGEST_VIEW)})
)
_SENT: Final = optional(
    {
        "customerKey": _NAME,
        "views": _VIEWS,
        "legacyData": body(optional({"legacyId": about(_WHOLE, "The number that triggeredSend.emailId names.")})),
    }
)
NEW_ASSET: Final = Named("NewAsset", body({"name": _NAME, "assetType": _TYPE, **_SENT}, "name", "assetType"))
CHANGED_ASSET: Final = Named("ChangedAsset", body({"name": _NAME, "assetType": nullable(_TYPE), **_SENT}))
_BY: Final = answer({"id": WHOLE})
ASSET: Final = Named(
    "Asset",
    answer(
        {
            "id": FROM_ONE,
            "customerKey": TEXT,
            "name": TEXT,
            "assetType": answer({"id": WHOLE, "name": words(TYPES.values())}, more=True),
        },
        {
            "objectID": GUID,
            "views": nullable(OBJECT),
            "legacyData": answer({"legacyId": FROM_ONE}, more=True),
            "createdDate": DATE,
            "createdBy": _BY,
            "modifiedDate": DATE,
            "modifiedBy": _BY,
        },
        more=True,
    ),
)
PAGE_OF_ASSETS: Final = page_of("Assets", ASSET)
_SAMPLE: Final = {
    "name": "Welcome",
    "assetType": {"id": 208},
    "views": {"subjectline": {"content": "Hello %%First Name%%"}, "html": {"content": "<p>Welcome</p>"}},
}
_COMPARISON: Final = {
    "type": "object",
    "properties": {
        "property": TEXT,
        "simpleOperator": TEXT,
        "value": ANYTHING,
        "values": ANYTHING,
        "logicalOperator": TEXT,
        "leftOperand": {"$ref": "#/components/schemas/AssetCondition"},
        "rightOperand": {"$ref": "#/components/schemas/AssetCondition"},
    },
    "additionalProperties": True,
    "description": "A comparison {property, simpleOperator, value}, or {leftOperand, logicalOperator, rightOperand}.",
}
_CONDITION: Final = Named("AssetCondition", _COMPARISON)
_SORT: Final = body({"property": TEXT, "direction": ANYTHING}, "property")
_QUERY: Final = Named(
    "AssetQuery",
    body(
        {
            "query": _CONDITION,
            **optional(
                {
                    "page": body(optional({"page": _WHOLE, "pageSize": _WHOLE})),
                    "sort": either(_SORT, array(_SORT)),
                    "fields": array(TEXT),
                }
            ),
        },
        "query",
    ),
)
_QUERY_SAMPLE: Final = {
    "query": {"property": "name", "simpleOperator": "like", "value": "Welcome%"},
    "sort": [{"property": "modifiedDate", "direction": "DESC"}],
    "page": {"page": 1, "pageSize": 20},
}
_ID: Final = path("id", FROM_ONE, "The number.")

CREATE: Final = Call(
    CONTENT, {201: Answer("The e-mail.", ASSET)}, Body(NEW_ASSET, _SAMPLE), refuses=(ValidationErrors, AlreadyExists)
)
UPDATE: Final = Call(
    CONTENT,
    {200: Answer("The e-mail.", ASSET)},
    Body(CHANGED_ASSET, {"name": "Welcome, new"}, "What is left out stays."),
    path=_ID,
    refuses=(ValidationErrors, ValueNotAllowed, AssetNotFound, AlreadyExists),
)
READ: Final = Call(CONTENT, {200: Answer("The e-mail.", ASSET)}, path=_ID, refuses=(AssetNotFound,))
DELETE: Final = Call(CONTENT, {200: Answer("It is gone.", EMPTY)}, path=_ID, refuses=(AssetNotFound,))
LIST: Final = Call(
    CONTENT,
    {200: Answer("A page, last modified first.", PAGE_OF_ASSETS)},
    query=(
        FILTER,
        Parameter("$orderBy", TEXT, "Properties, each followed by ASC or DESC, separated by commas."),
        FIELDS,
        *PAGE,
    ),
    refuses=(ValueNotAllowed, WrongFormat),
)
SEARCH: Final = Call(
    CONTENT,
    {200: Answer("A page of what was found.", PAGE_OF_ASSETS)},
    Body(_QUERY, _QUERY_SAMPLE),
    refuses=(ValidationErrors, MissingValue, ValueNotAllowed, WrongFormat),
)
