"""Tokens, and what they stand for (api.md 11.1 to 11.4); the discovery document (2)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import FORM, Answer, Body, Call, Family, path
from waystage.api.shapes.parameters import PAGE
from waystage.api.shapes.schema import (
    ANYTHING,
    COUNT,
    FLAG,
    LINK,
    NUMBER,
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
    page_of,
    words,
)
from waystage.ground.errors import (
    EndpointNotFound,
    InvalidClient,
    InvalidScope,
    InvalidTokenRequest,
    UnsupportedGrantType,
)

IDENTITY: Final = Family("Tokens", "Every call needs a token; it stands for an API client in a business unit.")

TOKEN: Final = Call(
    IDENTITY,
    {
        200: Answer(
            "The token.",
            Named(
                "Token",
                answer(
                    {
                        "access_token": TEXT,
                        "token_type": just("Bearer"),
                        "expires_in": about(COUNT, "Seconds."),
                        "scope": about(TEXT, "What it allows, separated by blanks."),
                        "rest_instance_url": about(LINK, "Where to call."),
                        "soap_instance_url": LINK,
                    }
                ),
            ),
        )
    },
    Body(
        Named(
            "TokenRequest",
            body(
                {
                    "grant_type": words(("client_credentials",)),
                    "client_id": TEXT,
                    "client_secret": TEXT,
                    "scope": nullable(about(TEXT, "Fewer scopes than the client has.")),
                    "account_id": about(either(TEXT, WHOLE, {"type": "null"}), "The number of the business unit."),
                },
                "grant_type",
                "client_id",
                "client_secret",
            ),
        ),
        {"grant_type": "client_credentials", "client_id": "…", "client_secret": "…"},
        beside=(FORM,),
    ),
    refuses=(InvalidTokenRequest, UnsupportedGrantType, InvalidScope, InvalidClient),
)

_ZONE: Final = answer({"longName": TEXT, "shortName": TEXT, "offset": NUMBER, "dst": FLAG})
_PLACE: Final = {"locale": TEXT, "zoneinfo": TEXT, "timezone": _ZONE}
_USER: Final = answer({"sub": TEXT, "name": TEXT, "preferred_username": TEXT, "email": TEXT, **_PLACE})
_UNIT: Final = answer(
    {
        "member_id": WHOLE,
        "enterprise_id": WHOLE,
        "enterprise_name": TEXT,
        "account_type": TEXT,
        "stack_key": TEXT,
        "region": TEXT,
        **_PLACE,
    }
)
USER_INFO: Final = Call(
    IDENTITY,
    {
        200: Answer(
            "User, business unit, application and addresses.",
            Named(
                "UserInfo",
                answer(
                    {
                        "exp": WHOLE,
                        "iss": LINK,
                        "user": _USER,
                        "organization": _UNIT,
                        "rest": answer({"rest_instance_url": LINK, "soap_instance_url": LINK}),
                        "application": answer(
                            {"id": TEXT, "name": TEXT, "redirectUrl": array(TEXT), "appScopes": array(TEXT)}
                        ),
                        "permissions": array(ANYTHING),
                    }
                ),
            ),
        )
    },
)
_ID: Final = answer({"id": WHOLE})
TOKEN_CONTEXT: Final = Call(
    IDENTITY,
    {
        200: Answer(
            "Their numbers.", Named("TokenContext", answer({"enterprise": _ID, "organization": _ID, "user": _ID}))
        )
    },
)
_ENDPOINT: Final = Named("Endpoint", answer({"type": TEXT, "url": LINK}))
ENDPOINTS: Final = Call(IDENTITY, {200: Answer("Every API.", page_of("Endpoints", _ENDPOINT))}, query=PAGE)
ENDPOINT: Final = Call(
    IDENTITY,
    {200: Answer("The address.", _ENDPOINT)},
    path=path("type", words(("auth", "rest", "soap")), "In any letter case."),
    refuses=(EndpointNotFound,),
)

_METHOD: Final = answer(
    {
        "path": TEXT,
        "httpMethod": TEXT,
        "description": TEXT,
        "parameters": {"type": "object", "additionalProperties": TEXT},
    }
)
DISCOVERY: Final = Call(
    IDENTITY,
    {
        200: Answer(
            "The methods by name.",
            Named("Discovery", answer({"methods": {"type": "object", "additionalProperties": _METHOD}})),
        )
    },
)
