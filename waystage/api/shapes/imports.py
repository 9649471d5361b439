"""Imports (contract, "our own resources"; 20)."""

from __future__ import annotations

from typing import Final

from waystage.api.imports import ACCEPTED, CSV
from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter
from waystage.api.shapes.parameters import PAGE
from waystage.api.shapes.schema import (
    COUNT,
    GUID,
    TEXT,
    UTC_DATE,
    WHOLE,
    Named,
    about,
    answer,
    nullable,
    page_of,
    words,
)
from waystage.ground.errors import (
    AlreadyExists,
    BadRequest,
    DataExtensionNotFound,
    ImportNotFound,
    InvalidTransition,
    MissingValue,
    NotValidNow,
    Overloaded,
    TooLarge,
    UnsupportedMediaType,
    ValidationErrors,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.operations import imports

IMPORTS: Final = Family("Imports", "Files of contacts, rows or events, worked on while they arrive.")

STATUSES: Final = (imports.RUNNING, imports.INTERRUPTED, imports.FAILED, imports.COMPLETE, imports.WITH_ERRORS)
IMPORT: Final = Named(
    "Import",
    answer(
        {
            "id": GUID,
            "target": TEXT,
            "format": words(ACCEPTED),
            "status": words(STATUSES),
            "message": about(TEXT, "Why it failed."),
            "rowsRead": COUNT,
            "rowsStored": COUNT,
            "rowsRefused": COUNT,
            "startedDate": UTC_DATE,
            "modifiedDate": UTC_DATE,
            "completedDate": nullable(UTC_DATE),
        }
    ),
)
_TARGET: Final = about(
    TEXT,
    "contacts, dataExtension:{key} or event:{eventDefinitionKey}.",
    pattern="^(?i:contacts|dataExtension:.+|event:.+)$",
)
LOAD: Final = Call(
    IMPORTS,
    {201: Answer("The file was read to its end; refused rows are told one by one.", IMPORT)},
    Body(
        {"type": "string", "format": "binary"},
        "ContactKey,Email Addresses.Email Address\nann,ann@example.com\n",
        "The file; CSV and TSV have a line of names first. It may be compressed with gzip.",
        instead=ACCEPTED,
    ),
    (
        Parameter("target", _TARGET, "What is loaded.", required=True),
        Parameter("id", GUID, "An id of your own: the same file sent again with it goes on where it broke off."),
    ),
    refuses=(
        ValidationErrors,
        MissingValue,
        ValueNotAllowed,
        WrongFormat,
        BadRequest,
        DataExtensionNotFound,
        AlreadyExists,
        InvalidTransition,
        NotValidNow,
        TooLarge,
        UnsupportedMediaType,
        Overloaded,
    ),
)
READ: Final = Call(IMPORTS, {200: Answer("How far it is.", IMPORT)}, refuses=(ImportNotFound,))
LIST: Final = Call(IMPORTS, {200: Answer("A page, the newest first.", page_of("Imports", IMPORT))}, query=PAGE)
_REFUSED: Final = Named("RefusedRow", answer({"row": COUNT, "errorcode": WHOLE, "message": TEXT}))
REFUSED: Final = Call(
    IMPORTS,
    {
        200: Answer(
            "A page of the refused rows that are kept; or a file of them.",
            page_of("RefusedRows", _REFUSED, {"rowsRefused": about(COUNT, "Those that are not kept included.")}),
            files=(CSV,),
        )
    },
    query=(Parameter("format", words(("csv",)), "A file instead of a page."), *PAGE),
    refuses=(ImportNotFound,),
)
