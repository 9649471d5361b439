"""Writing SOAP answers (clients.md 5): clients find `soap:Envelope` and what is in its body by their literal names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from waystage.api.replies import Reply

XML: Final = "text/xml; charset=utf-8"
_API: Final = ' xmlns="http://exacttarget.com/wsdl/partnerAPI"'
_SPACES: Final = (
    ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)
_SIGNS: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
#: What no XML 1.0 document can hold, not even as a reference.
_NO_XML: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Content: TypeAlias = "str | Sequence[Node]"


@dataclass(frozen=True, slots=True)
class Node:
    """An element: its text, or the elements inside; `type` is its xsi:type. Names come from the code only."""

    name: str
    content: Content = ""
    type: str = ""


def reply(message: Node, status: int = 200) -> Reply:
    """A message in its envelope."""
    return _sent(_written(message, _API), status)


def fault(text: str, status: int) -> Reply:
    """A SOAP fault; the fault is the caller's."""
    inside = (Node("faultcode", "soap:Client"), Node("faultstring", text))
    return _sent(_written(Node("soap:Fault", inside)), status)


def escaped(text: str) -> str:
    """A text as it may stand in an element or attribute; what XML cannot hold is replaced by U+FFFD."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text).translate(_SIGNS)


def _sent(body: str, status: int) -> Reply:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope{_SPACES}><soap:Body>{body}</soap:Body></soap:Envelope>'
    )
    return Reply(status, text, content_type=XML)


def _written(node: Node, more: str = "") -> str:
    kind = f' xsi:type="{escaped(node.type)}"' if node.type else ""
    inside = escaped(node.content) if isinstance(node.content, str) else "".join(map(_written, node.content))
    return f"<{node.name}{more}{kind}>{inside}</{node.name}>"


def nested(values: Iterable[tuple[str, str]]) -> list[Node]:
    """Elements of dotted names: those that share a first part lie in one element, where the first of them stands."""
    groups: dict[str, str | list[tuple[str, str]]] = {}
    for name, text in values:
        head, _, rest = name.partition(".")
        if not rest:
            groups[head] = text
        elif isinstance(group := groups.setdefault(head, []), list):
            group.append((rest, text))
    return [Node(name, group if isinstance(group, str) else nested(group)) for name, group in groups.items()]
