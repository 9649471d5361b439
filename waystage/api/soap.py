"""POST /Service.asmx: the SOAP calls that clients make beside the REST ones (clients.md 5).

The door of this route stands here: the token lies in the envelope, so the envelope is read first, within its bounds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from xml.etree.ElementTree import Element

from waystage.api import soap_changes, soap_retrieve
from waystage.api.caller import Caller
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.soap_xml import Node, fault, reply
from waystage.ground.errors import BadRequest, Forbidden, NotAuthorized
from waystage.ground.ids import new_guid
from waystage.spec import envelopes
from waystage.spec.envelopes import EnvelopeError

#: The word by which clients know that a new token helps. SOAP answers faults with 500 (SOAP 1.1, 6.2), and the Python
#: SDK reads them from nothing else; every other fault has the status of its error.
EXPIRED: Final = "Token Expired"
FAULT_STATUS: Final = 500

Message = Callable[[Request, Caller, Element], Awaitable[Reply]]


async def call(request: Request) -> Reply:
    """Read the envelope, find the caller, do what the message says; whatever goes wrong is a fault."""
    try:
        envelope = await asyncio.to_thread(envelopes.read, request.body)
        caller = await _caller(request, envelope.token)
        message = MESSAGES.get(envelope.message.tag, _unknown)
        return await message(request, caller, envelope.message)
    except EnvelopeError as error:
        return fault(f"The request cannot be read: {error}.", 400)
    except NotAuthorized:
        return fault(EXPIRED, FAULT_STATUS)
    except Forbidden as error:
        return fault(error.message, error.http)
    except BadRequest as error:
        return fault(error.message, error.http)


async def _caller(request: Request, token: str) -> Caller:
    """By the token of the envelope, else that of the Authorization header; NotAuthorized."""
    authorization = f"Bearer {token}".encode() if token else request.headers.get(b"authorization", b"")
    tokens = request.world.tokens
    return tokens.known(authorization) or await tokens.look_up(authorization, request.world.database)


async def _unknown(request: Request, caller: Caller, message: Element) -> Reply:
    raise EnvelopeError(f"the message must be one of {', '.join(MESSAGES)}, not {message.tag[:60]!r}")


def _refusing(verb: str) -> Message:
    """What there is nothing to do it to: a well-formed answer that says so."""

    async def refuse(request: Request, caller: Caller, message: Element) -> Reply:
        why = f"{verb} is not supported by this server."
        result = Node("Results", [Node("StatusCode", "Error"), Node("StatusMessage", why)])
        told = (Node("OverallStatus", "Error"), Node("OverallStatusMessage", why), Node("RequestID", new_guid()))
        return reply(Node(f"{verb}ResponseMsg", [*told, result]))

    return refuse


#: Every message by the name of its element.
MESSAGES: Final[Mapping[str, Message]] = {
    "RetrieveRequestMsg": soap_retrieve.retrieve,
    "DefinitionRequestMsg": soap_retrieve.describe,
    "CreateRequest": soap_changes.create,
    "UpdateRequest": soap_changes.update,
    "DeleteRequest": soap_changes.delete,
    "PerformRequestMsg": _refusing("Perform"),
    "ScheduleRequestMsg": _refusing("Schedule"),
    "ConfigureRequestMsg": _refusing("Configure"),
    "ExecuteRequestMsg": _refusing("Execute"),
}
