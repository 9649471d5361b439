"""Taking contacts out of journeys, and where they are (api.md 8)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family
from waystage.api.shapes.events import CONTACT_KEY
from waystage.api.shapes.schema import COUNT, FROM_ONE, GUID, TEXT, Named, about, answer, array, body, nullable
from waystage.ground.errors import MissingValue, ValidationErrors, ValueNotAllowed, WrongFormat
from waystage.operations import exit_contacts, read_membership

LEAVING: Final = Family("Contacts in journeys", "Where contacts are, and how they get out.")

_ASKED: Final = Named(
    "ContactExit",
    body(
        {
            "ContactKey": CONTACT_KEY,
            "DefinitionKey": about(TEXT, "Key of the journey."),
            "Versions": nullable(array(FROM_ONE, text="All of them without it.")),
        },
        "ContactKey",
        "DefinitionKey",
    ),
)
_BODY: Final = Body(
    array(_ASKED, least=1, most=exit_contacts.MOST), [{"ContactKey": "ann", "DefinitionKey": "welcome-series"}]
)
_FOUND: Final = Named(
    "ContactExitStatus",
    answer(
        {
            "contactKey": TEXT,
            "definitionKey": TEXT,
            "status": array(answer({"version": COUNT, "message": TEXT}, {"definitionInstanceId": GUID})),
        }
    ),
)
LEAVE: Final = Call(
    LEAVING,
    {
        202: Answer(
            "What cannot be done; everything else is, soon.", Named("ContactExits", answer({"errors": array(_FOUND)}))
        )
    },
    _BODY,
    refuses=(ValidationErrors, ValueNotAllowed),
)
STATUS: Final = Call(
    LEAVING, {200: Answer("What became of each.", array(_FOUND))}, _BODY, refuses=(ValidationErrors, ValueNotAllowed)
)
_WHERE: Final = answer({"contactKey": TEXT, "definitionKey": TEXT, "version": FROM_ONE})
MEMBERSHIP: Final = Call(
    LEAVING,
    {
        200: Answer(
            "Running and paused journeys in which they are.",
            Named(
                "Memberships",
                answer({"results": answer({"contactMemberships": array(_WHERE), "contactsNotFound": array(TEXT)})}),
            ),
        )
    },
    Body(
        Named(
            "ContactKeys", body({"ContactKeyList": array(TEXT, least=1, most=read_membership.MOST)}, "ContactKeyList")
        ),
        {"ContactKeyList": ["ann", "bob"]},
    ),
    refuses=(MissingValue, ValueNotAllowed, WrongFormat),
)
