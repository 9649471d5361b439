"""Contacts: made, changed and deleted (api.md 11.6, contract 17)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter
from waystage.api.shapes.events import CONTACT_KEY
from waystage.api.shapes.schema import (
    ANYTHING,
    COUNT,
    DATE,
    FLAG,
    GUID,
    TEXT,
    WHOLE,
    Named,
    about,
    answer,
    array,
    body,
    either,
    just,
    nullable,
    optional,
    words,
)
from waystage.ground.errors import ContactNotFound, MissingValue, ValidationErrors, ValueNotAllowed
from waystage.operations.delete_contacts import MOST, OPERATION

CONTACTS: Final = Family("Contacts", "People, by contact key, with their attributes and their rows.")

_VALUE: Final = body({"name": TEXT, "value": ANYTHING}, "name")
_ITEM: Final = body({"values": array(_VALUE)}, "values")
_SET: Final = Named(
    "AttributeSet",
    body(
        {"name": about(TEXT, "Built in, or a data extension with a sendable field."), "items": nullable(array(_ITEM))},
        "name",
    ),
)
_CONTACT: Final = Named(
    "Contact",
    body(
        optional(
            {
                "contactKey": about({**CONTACT_KEY, "minLength": 0}, "This or contactID is required."),
                "contactID": either(COUNT, {"type": "string", "pattern": "^[0-9]*$"}),
                "attributeSets": array(_SET),
            }
        )
    ),
)
_TOLD: Final = {
    "requestServiceMessageID": GUID,
    "responseDateTime": DATE,
    "hasErrors": FLAG,
    "resultMessages": array(ANYTHING),
    "serviceMessageID": GUID,
}
_SAVED: Final = Named(
    "SavedContact",
    answer(
        {
            "operationStatus": just("OK"),
            "rowsAffected": COUNT,
            "contactKey": TEXT,
            "contactId": WHOLE,
            "contactID": WHOLE,
            "contactTypeID": WHOLE,
            "isNewContactKey": FLAG,
            **_TOLD,
        }
    ),
)
_SAMPLE: Final = {
    "contactKey": "ann",
    "attributeSets": [
        {"name": "Email Addresses", "items": [{"values": [{"name": "Email Address", "value": "ann@example.com"}]}]}
    ],
}
CREATE: Final = Call(
    CONTACTS,
    {200: Answer("Made, or changed if there was one.", _SAVED)},
    Body(_CONTACT, _SAMPLE),
    refuses=(ValidationErrors, ContactNotFound),
)
UPDATE: Final = Call(
    CONTACTS, {200: Answer("Changed.", _SAVED)}, Body(_CONTACT, _SAMPLE), refuses=(ValidationErrors, ContactNotFound)
)
DELETE: Final = Call(
    CONTACTS,
    {
        202: Answer(
            "Their data is gone, their journeys end soon.",
            Named("ContactDeletion", answer({"operationInitiated": just(True), "operationID": WHOLE, **_TOLD})),
        )
    },
    Body(
        Named(
            "ContactsToDelete",
            body(
                {
                    "values": array(CONTACT_KEY, least=1, most=MOST, text="Contact keys."),
                    "DeleteOperationType": nullable(words((OPERATION,))),
                },
                "values",
            ),
        ),
        {"values": ["ann"], "DeleteOperationType": OPERATION},
    ),
    (Parameter("type", words(("keys",)), "Always keys.", required=True),),
    refuses=(ValidationErrors, MissingValue, ValueNotAllowed),
)
