"""The one SOAP resource (clients.md 5)."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Answer, Body, Call, Family
from waystage.api.shapes.schema import TEXT

SOAP: Final = Family("SOAP", "What clients of the reference call beside its REST resources.")
MEDIA: Final = ("text/xml", "application/xml", "application/soap+xml")
_FILES: Final = ("text/xml",)
_EXAMPLE: Final = (
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Body>'
    '<RetrieveRequestMsg xmlns="http://exacttarget.com/wsdl/partnerAPI"><RetrieveRequest>'
    "<ObjectType>DataFolder</ObjectType><Properties>ID</Properties><Properties>Name</Properties>"
    '<Filter xsi:type="SimpleFilterPart"><Property>ContentType</Property><SimpleOperator>equals</SimpleOperator>'
    "<Value>journey</Value></Filter></RetrieveRequest></RetrieveRequestMsg></Body>"
    '<Header><fueloauth xmlns="http://exacttarget.com">…</fueloauth></Header></Envelope>'
)
CALL: Final = Call(
    SOAP,
    {
        200: Answer("The answer of the message in its envelope.", files=_FILES),
        400: Answer("A fault: the envelope or the message cannot be read.", files=_FILES),
        403: Answer("A fault: the token lacks the scope.", files=_FILES),
        500: Answer("A fault with the text Token Expired: the token is missing, unknown or expired.", files=_FILES),
    },
    Body(TEXT, _EXAMPLE, "An envelope in UTF-8.", instead=MEDIA),
    text=(
        "Messages: Retrieve, Describe, Create, Update and Delete of data extensions, of their fields, of folders, users"
        " (API clients) and business units; of every other type of objects there is none. The token stands in the"
        " envelope's header (fueloauth) or in the Authorization header; reading data extensions needs the scope"
        " data_extensions_read, changing them data_extensions_write, everything else journeys_read."
    ),
)
