"""Folders, and the lists of the older API (clients.md 5)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter, path
from waystage.api.shapes.parameters import FILTER, PAGE
from waystage.api.shapes.schema import (
    COUNT,
    FROM_ONE,
    GUID,
    TEXT,
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
from waystage.ground.errors import AlreadyExists, FolderNotFound, ValidationErrors, ValueNotAllowed, WrongFormat
from waystage.operations.save_folder import LONGEST_DESCRIPTION, LONGEST_NAME
from waystage.store.folders import CONTENT_TYPES

FOLDERS: Final = Family("Folders", "Folders of journeys, e-mails and other content; every content type has its root.")
OLDER: Final = Family("Older lists", "Lists that clients read before they deploy; nothing of it exists here.")

_NAME: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
_PARENT: Final = about(either(FROM_ONE, {"type": "string", "pattern": "^[0-9]+$"}), "The folder that it lies in.")
_TYPE: Final = about(TEXT, "The content type of that folder, in any letter case.")
_ABOVE: Final = about(COUNT, "The folder that it lies in, 0 for a root.")
_KIND: Final = words(CONTENT_TYPES)
_TEXT: Final = {"type": "string", "maxLength": LONGEST_DESCRIPTION}

CATEGORY: Final = Named(
    "Category",
    answer({"categoryId": FROM_ONE, "parentCatId": _ABOVE, "objectId": GUID, "catType": _KIND, "name": TEXT}),
)
CONTENT_CATEGORY: Final = Named(
    "ContentCategory",
    answer(
        {
            "id": FROM_ONE,
            "description": TEXT,
            "enterpriseId": FROM_ONE,
            "memberId": FROM_ONE,
            "name": TEXT,
            "parentId": _ABOVE,
            "categoryType": _KIND,
        }
    ),
)
_NEW: Final = body({"name": _NAME, "parentCatId": _PARENT, **optional({"catType": _TYPE})}, "name", "parentCatId")
_NEW_CONTENT: Final = body(
    {
        "name": _NAME,
        "parentId": _PARENT,
        **optional({"categoryType": _TYPE, "description": _TEXT, "customerKey": {"type": "string"}}),
    },
    "name",
    "parentId",
)
_CHANGED: Final = body({"name": _NAME, "parentId": nullable(_PARENT), "description": nullable(_TEXT)})
_ID: Final = path("id", FROM_ONE, "The number.")
_OF_TYPE: Final = Parameter("categoryType", TEXT, "Only folders of this content type; those of assets without it.")

CREATE: Final = Call(
    FOLDERS,
    {201: Answer("The folder.", CATEGORY)},
    Body(_NEW, {"name": "Onboarding", "parentCatId": 1, "catType": "journey"}),
    refuses=(ValidationErrors, ValueNotAllowed, AlreadyExists),
)
LIST: Final = Call(
    FOLDERS,
    {200: Answer("A page, by number.", page_of("Categories", CATEGORY))},
    query=(Parameter("catType", TEXT, "Only folders of this content type."), FILTER, *PAGE),
    refuses=(ValueNotAllowed, WrongFormat),
)
READ: Final = Call(FOLDERS, {200: Answer("The folder.", CATEGORY)}, path=_ID, refuses=(FolderNotFound,))
CREATE_CONTENT: Final = Call(
    FOLDERS,
    {201: Answer("The folder.", CONTENT_CATEGORY)},
    Body(_NEW_CONTENT, {"name": "Newsletters", "parentId": 3}),
    refuses=(ValidationErrors, ValueNotAllowed, AlreadyExists),
)
LIST_CONTENT: Final = Call(
    FOLDERS,
    {200: Answer("A page, by number.", page_of("ContentCategories", CONTENT_CATEGORY))},
    query=(_OF_TYPE, FILTER, *PAGE),
    refuses=(ValueNotAllowed, WrongFormat),
)
READ_CONTENT: Final = Call(FOLDERS, {200: Answer("The folder.", CONTENT_CATEGORY)}, path=_ID, refuses=(FolderNotFound,))
UPDATE_CONTENT: Final = Call(
    FOLDERS,
    {200: Answer("The folder.", CONTENT_CATEGORY)},
    Body(_CHANGED, {"name": "Newsletters 2026"}, "What is left out stays."),
    path=_ID,
    refuses=(ValidationErrors, ValueNotAllowed, FolderNotFound, AlreadyExists),
)
LEGACY: Final = Call(
    OLDER,
    {
        200: Answer(
            "A page without entries.",
            Named(
                "LegacyPage",
                answer({"startIndex": COUNT, "itemsPerPage": FROM_ONE, "totalResults": COUNT, "entry": array(TEXT)}),
            ),
        )
    },
    query=(
        Parameter("$top", FROM_ONE, "Rows of a page; more than the server serves at once are cut to that."),
        Parameter("$skip", COUNT, "Rows before it."),
    ),
)
