"""Public addresses of messages, and what contacts do not want to get (design 8.15, contract 25)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import FORM, Answer, Body, Call, Family, Parameter, path
from waystage.api.shapes.contacts import CONTACTS
from waystage.api.shapes.control import MESSAGES
from waystage.api.shapes.events import CONTACT_KEY
from waystage.api.shapes.schema import (
    ACCEPTED,
    COUNT,
    DATE,
    FROM_ONE,
    NULL,
    OBJECT,
    TEXT,
    Named,
    about,
    answer,
    array,
    body,
    either,
    nullable,
    page_of,
    words,
)
from waystage.api.shapes.server import HTML
from waystage.ground.errors import ContactNotFound, InteractionNotFound, LinkNotValid, ValidationErrors, ValueNotAllowed
from waystage.operations.note_engagement import TYPES

TRACKING: Final = Family(
    "Addresses in messages",
    "Where pixels, links and unsubscribe headers of messages lead: signed, good for 180 days, without a token.",
)
MULTIPART: Final = "multipart/form-data"
_TOKEN: Final = path("token", {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}, "What the address means, signed.")
_GONE: Final = {404: Answer("The address does not hold, or not any more: a small page.", files=(HTML,))}

OPENED: Final = Call(TRACKING, {200: Answer("One transparent dot, always.", files=("image/gif",))}, path=_TOKEN)
CLICKED: Final = Call(
    TRACKING, {302: Answer("On to the address of the link.", files=(HTML,)), **_GONE}, path=_TOKEN
)  # fmt: skip
ASK: Final = Call(TRACKING, {200: Answer("A page with a button.", files=(HTML,)), **_GONE}, path=_TOKEN)
UNSUBSCRIBE: Final = Call(
    TRACKING,
    {200: Answer("Nothing more comes from the list of the message.", files=(HTML,)), **_GONE},
    Body(
        Named("OneClick", OBJECT),
        {},
        text="As RFC 8058 has it, List-Unsubscribe=One-Click; nothing in it is looked at.",
        required=False,
        beside=(FORM, MULTIPART),
    ),
    path=_TOKEN,
)
FEEDBACK: Final = Call(
    TRACKING,
    {202: Answer("Noted, once.", ACCEPTED)},
    Body(
        Named("Feedback", body({"type": words(TYPES), "url": nullable(TEXT)}, "type")),
        {"type": "bounce"},
    ),
    path=_TOKEN,
    refuses=(ValidationErrors, LinkNotValid),
)
_DIGITS: Final = {"type": "string", "pattern": "^[0-9]*$"}
_LIST_ID: Final = about(either(COUNT, _DIGITS, NULL), "The list of a send; 0 stands for everything.")
_WISH: Final = Named(
    "Unsubscribe", answer({"channel": TEXT, "publicationListId": COUNT, "unsubscribedDate": DATE})
)  # fmt: skip
_WISHES: Final = page_of("Unsubscribes", _WISH)
_CONTACT: Final = path("contactKey", CONTACT_KEY, "The key of a contact.")
LIST: Final = Call(
    CONTACTS, {200: Answer("Every list, on one page.", _WISHES)}, path=_CONTACT, refuses=(ContactNotFound,)
)
ADD: Final = Call(
    CONTACTS,
    {200: Answer("Every list, the new one among them.", _WISHES)},
    Body(
        Named(
            "NewUnsubscribe",
            body(
                {
                    "publicationListId": _LIST_ID,
                    "channel": about(nullable(TEXT), "email unless it says otherwise."),
                }
            ),
        ),
        {"publicationListId": 0},
        required=False,
    ),
    path=_CONTACT,
    refuses=(ValidationErrors, ContactNotFound),
)
REMOVE: Final = Call(
    CONTACTS,
    {200: Answer("What is left; the contact may be written to again.", _WISHES)},
    query=(
        Parameter("publicationListId", COUNT, "Only this list."),
        Parameter("channel", TEXT, "Only this channel."),
    ),
    path=_CONTACT,
    refuses=(ContactNotFound, ValueNotAllowed),
)
PREVIEW: Final = Call(
    MESSAGES,
    {
        200: Answer(
            "The message as it would be sent now; reason says why it would not be.",
            Named(
                "Preview",
                answer(
                    {
                        "channel": TEXT,
                        "to": nullable(TEXT),
                        "cc": array(TEXT),
                        "bcc": array(TEXT),
                        "subject": TEXT,
                        "html": TEXT,
                        "text": TEXT,
                        "reason": nullable(TEXT),
                        "unknown": array(TEXT, text="What was not understood."),
                    }
                ),
            ),
        )
    },
    Body(
        Named(
            "PreviewOf",
            body(
                {
                    "journeyKey": TEXT,
                    "activityKey": TEXT,
                    "versionNumber": either(FROM_ONE, _DIGITS, NULL),
                    "contactKey": nullable(TEXT),
                    "data": about(either(OBJECT, NULL), "The entry data; defaults stand for what is left out."),
                },
                "journeyKey",
                "activityKey",
            ),
        ),
        {"journeyKey": "welcome", "activityKey": "mail", "contactKey": "ann", "data": {"FirstName": "Ann"}},
    ),
    refuses=(ValidationErrors, ValueNotAllowed, InteractionNotFound, ContactNotFound),
)
