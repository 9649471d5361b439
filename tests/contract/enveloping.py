"""SOAP messages exactly as the published clients write them (clients.md 5), and their answers as those read them."""

from typing import Any, NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import httpx
from defusedxml.ElementTree import fromstring

from tests.contract.served import Api

PATH = "/Service.asmx"
API = "http://exacttarget.com/wsdl/partnerAPI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
S = "{http://schemas.xmlsoap.org/soap/envelope/}"
P = f"{{{API}}}"


class Said(NamedTuple):
    """An answer: the message's element and its results."""

    message: Element
    answer: httpx.Response

    def text(self, path: str) -> str:
        """The text at a path; empty without one."""
        return _text(self.message, path)

    @property
    def results(self) -> list[dict[str, Any]]:
        """Every result as clients have it: nested elements are objects."""
        return [_read(one) for one in self.message.findall(f"{P}Results")]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The results of a retrieve that must have worked."""
        assert self.text("OverallStatus") in {"OK", "MoreDataAvailable"}, self.answer.text
        return self.results

    @property
    def names(self) -> list[str]:
        return [row["Name"] for row in self.rows]


def _text(element: Element, path: str) -> str:
    found = element.find("/".join(f"{P}{part}" for part in path.split("/")))
    return "" if found is None else found.text or ""


def _read(element: Element) -> Any:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name = child.tag.removeprefix(P)
        found[name] = [*found[name], _read(child)] if isinstance(found.get(name), list) else _read(child)
    return found


def envelope(message: str, token: str) -> bytes:
    """An envelope of sfmc-sdk: the body before the header, nothing with a prefix but xsi:type."""
    return (
        f'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="{XSI}"><Body>{message}</Body>'
        f'<Header><fueloauth xmlns="http://exacttarget.com">{escape(token)}</fueloauth></Header></Envelope>'
    ).encode()


def post(
    api: Api, message: str, verb: str = "Retrieve", *, token: str | None = None, path: str = PATH
) -> httpx.Response:
    """Send a message; its only token is the one in the envelope."""
    mine = api.http.headers["authorization"].removeprefix("Bearer ")
    headers = {"SOAPAction": verb, "Content-Type": "text/xml"}
    # put together as text: what begins with two slashes would be another host
    address = str(api.http.base_url).rstrip("/") + path
    request = api.http.build_request(
        "POST", address, content=envelope(message, mine if token is None else token), headers=headers
    )
    request.headers.pop("authorization")
    return api.http.send(request)


def said(answer: httpx.Response) -> Said:
    """The answer to a message, which must be no fault; its names are literally those that clients look for."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = fromstring(answer.content)
    body = root.find(f"{S}Body")
    assert root.tag == f"{S}Envelope"
    assert body is not None
    (message,) = body
    name = message.tag.removeprefix(P)
    assert all(literal in answer.text for literal in ("<soap:Envelope ", "<soap:Body>", f"<{name} xmlns="))
    return Said(message, answer)


def fault_of(answer: httpx.Response) -> str:
    """What a fault says."""
    found = fromstring(answer.content).find(f"{S}Body/{S}Fault/faultstring")
    assert found is not None, answer.text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return found.text or ""


def asking(kind: str, properties: list[str], test: str = "", more: str = "") -> str:
    """A RetrieveRequestMsg."""
    wanted = "".join(f"<Properties>{name}</Properties>" for name in properties)
    return (
        f'<RetrieveRequestMsg xmlns="{API}"><RetrieveRequest><ObjectType>{kind}</ObjectType>{wanted}{test}{more}'
        "</RetrieveRequest></RetrieveRequestMsg>"
    )


def retrieve(api: Api, kind: str, properties: list[str], test: str = "", more: str = "") -> Said:
    return said(post(api, asking(kind, properties, test, more)))


def simple(name: str, operator: str, *values: str, tag: str = "Filter") -> str:
    """A SimpleFilterPart."""
    listed = "".join(f"<Value>{escape(value)}</Value>" for value in values)
    return (
        f'<{tag} xsi:type="SimpleFilterPart"><Property>{name}</Property><SimpleOperator>{operator}</SimpleOperator>'
        f"{listed}</{tag}>"
    )


def joined(word: str, left: str, right: str, tag: str = "Filter") -> str:
    """A ComplexFilterPart of two parts, which were made with the tags LeftOperand and RightOperand."""
    return f'<{tag} xsi:type="ComplexFilterPart">{left}<LogicalOperator>{word}</LogicalOperator>{right}</{tag}>'


def changing(api: Api, verb: str, *objects: str, kind: str = "DataExtension") -> Said:
    """Create, Update or Delete objects, each given as its inside."""
    listed = "".join(f'<Objects xsi:type="{kind}">{inside}</Objects>' for inside in objects)
    return said(post(api, f'<{verb}Request xmlns="{API}">{listed}</{verb}Request>', verb))
