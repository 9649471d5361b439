"""API clients, signing keys and the audit of everything (contract 16, 40)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family, Parameter, path
from waystage.api.shapes.parameters import PAGE
from waystage.api.shapes.schema import (
    EMPTY,
    FLAG,
    FROM_ONE,
    GIVEN_DATE,
    OBJECT,
    TEXT,
    UTC_DATE,
    WHOLE,
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
from waystage.ground.errors import (
    ClientNotFound,
    KeyNotFound,
    MissingValue,
    SecretKeyUnusable,
    ValidationErrors,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.operations.clients import LONGEST_NAME, SCOPES
from waystage.store.audit import Kind

ADMINISTRATION: Final = Family("Administration", "For tokens with the scope waystage_admin.")

_NAME: Final = {"type": "string", "maxLength": LONGEST_NAME}
_CLIENT: Final = {
    "clientId": TEXT,
    "name": TEXT,
    "accountId": FROM_ONE,
    "scopes": array(words(SCOPES)),
    "createdDate": UTC_DATE,
}
CREATE_CLIENT: Final = Call(
    ADMINISTRATION,
    {
        201: Answer(
            "The client, and its secret this once.",
            Named("NewClient", answer({**_CLIENT, "clientSecret": TEXT})),
        )
    },
    Body(
        Named(
            "ClientRequest",
            body(
                {
                    "name": _NAME,
                    "scopes": array(words(SCOPES)),
                    "accountId": about(
                        either(FROM_ONE, {"type": "string", "pattern": "^[0-9]*$"}, {"type": "null"}),
                        "The business unit, which is made if there is none; that of the token without it.",
                    ),
                    "businessUnitName": nullable(_NAME),
                },
                "name",
                "scopes",
            ),
        ),
        {"name": "Shop", "accountId": 2, "scopes": ["journeys_read", "list_and_subscribers_read"]},
    ),
    refuses=(ValidationErrors,),
)
LIST_CLIENTS: Final = Call(
    ADMINISTRATION,
    {200: Answer("A page of all that were not revoked.", page_of("Clients", Named("Client", answer(_CLIENT))))},
    query=PAGE,
)
REVOKE_CLIENT: Final = Call(
    ADMINISTRATION,
    {200: Answer("Its tokens end with it.", EMPTY)},
    path=path("clientId", TEXT, "The id of the client."),
    refuses=(ClientNotFound,),
)

_KEY_NAME: Final = path("customerKey", TEXT, "The name of the key, in any letter case.")
STORE_KEY: Final = Call(
    ADMINISTRATION,
    {204: Answer("It is stored.")},
    Body(
        Named(
            "SigningSecret",
            body(
                {"secret": {"type": "string", "minLength": 1}, "encoding": words(("utf8", "hex", "base64"))}, "secret"
            ),
        ),
        {"secret": "0f1e2d3c4b5a", "encoding": "hex"},
    ),
    path=_KEY_NAME,
    refuses=(MissingValue, ValueNotAllowed, WrongFormat, SecretKeyUnusable),
    text="Calls of custom activities are signed with it. Secrets are never read back.",
)
REMOVE_KEY: Final = Call(ADMINISTRATION, {204: Answer("It is gone.")}, path=_KEY_NAME, refuses=(KeyNotFound,))
_KEY: Final = Named(
    "SigningKey",
    answer({"customerKey": TEXT, "isDefault": FLAG, "createdDate": UTC_DATE, "modifiedDate": UTC_DATE}),
)
LIST_KEYS: Final = Call(
    ADMINISTRATION, {200: Answer("A page of names and dates.", page_of("SigningKeys", _KEY))}, query=PAGE
)

_ENTRY: Final = Named(
    "Change",
    answer(
        {
            "number": WHOLE,
            "kind": words(Kind),
            "action": TEXT,
            "id": TEXT,
            "key": TEXT,
            "versionNumber": nullable(FROM_ONE),
            "user": answer({"name": TEXT, "userId": WHOLE, "clientId": TEXT}),
            "timeStamp": about(UTC_DATE, "By the clock of journeys."),
            "realTime": UTC_DATE,
            "details": OBJECT,
        }
    ),
)
AUDIT: Final = Call(
    ADMINISTRATION,
    {200: Answer("A page, the newest first.", page_of("Changes", _ENTRY))},
    query=(
        Parameter("kind", words(Kind), "What was changed."),
        Parameter("start", GIVEN_DATE, "From this instant on."),
        Parameter("end", GIVEN_DATE, "Up to this instant."),
        *PAGE,
    ),
    refuses=(ValueNotAllowed, WrongFormat),
)
