"""SOAP Retrieve and Describe on the wire (clients.md 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from waystage.api.caller import Caller
from waystage.api.replies import Reply, wire_date
from waystage.api.requests import Request
from waystage.api.soap_xml import Node, nested, reply
from waystage.ground.errors import MissingValue, ValueNotAllowed
from waystage.ground.ids import new_guid
from waystage.operations import object_types, retrieve_objects
from waystage.operations.object_types import ObjectType
from waystage.operations.retrieve_objects import PAGE, Retrieval
from waystage.spec import row_tests
from waystage.spec.envelopes import text_of
from waystage.spec.row_tests import FilterError, Kind, Row, Scalar

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
MOST_PROPERTIES = 1_000
MOST_DESCRIBED = 100


async def retrieve(request: Request, caller: Caller, message: Element) -> Reply:
    """Retrieve: a page of objects, the properties asked for in their order."""
    offset = request.world.settings.utc_offset
    asked = _asked(message, caller.account)
    found = await request.read(retrieve_objects.retrieve, asked, caller.scopes, offset)
    kinds = [(name, found.kind(name)) for name in found.names]
    results = [Node("Results", _object(row, kinds, offset), found.type.name) for row in found.rows]
    head = (Node("OverallStatus", found.status), Node("RequestID", found.request_id))
    return reply(Node("RetrieveResponseMsg", [*head, *results]))


async def describe(request: Request, caller: Caller, message: Element) -> Reply:
    """Describe: what the objects of each type asked for have; of an unknown type only its name."""
    names = [
        _type_name(one.text or "") for one in message.findall("DescribeRequests/ObjectDefinitionRequest/ObjectType")
    ]
    if not names:
        raise MissingValue("ObjectType is required.")
    if len(names) > MOST_DESCRIBED:
        raise ValueNotAllowed(f"At most {MOST_DESCRIBED} types can be described at once.")
    definitions = [_definition(object_types.find(name)) for name in names]
    return reply(Node("DefinitionResponseMsg", [*definitions, Node("RequestID", new_guid())]))


def _asked(message: Element, account: int) -> Retrieval:
    """MissingValue, ValueNotAllowed."""
    request = message.find("RetrieveRequest")
    if request is None:
        raise MissingValue("RetrieveRequest is required.")
    if on := text_of(request, "ContinueRequest").strip():
        return retrieve_objects.going_on(on, account)
    properties = tuple((one.text or "").strip() for one in request.findall("Properties"))
    if len(properties) > MOST_PROPERTIES:
        raise ValueNotAllowed(f"At most {MOST_PROPERTIES} Properties can be asked for.")
    part = request.find("Filter")
    try:
        test = None if part is None else row_tests.parse(part)
    except FilterError as error:
        raise ValueNotAllowed(str(error)) from error
    name = _type_name(text_of(request, "ObjectType"))
    return Retrieval(account, name, properties, test, _size(text_of(request, "Options/BatchSize").strip()))


def _type_name(text: str) -> str:
    name = text.strip()
    if not name:
        raise MissingValue("ObjectType is required.")
    if not _TYPE.fullmatch(name):
        raise ValueNotAllowed(f"ObjectType must be the name of a type, not {name[:60]!r}.")
    return name


def _size(text: str) -> int:
    if not text:
        return PAGE
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not int(text):
        raise ValueNotAllowed("BatchSize must be a whole number from 1.")
    return min(int(text), PAGE)


def _object(row: Row, kinds: Sequence[tuple[str, Kind]], offset: int) -> list[Node]:
    """What has no value is left out."""
    values = ((name, kind, row.get(name)) for name, kind in kinds)
    return nested((name, _text(value, kind, offset)) for name, kind, value in values if value is not None)


def _text(value: Scalar, kind: Kind, offset: int) -> str:
    if kind is Kind.DATE and isinstance(value, int):
        return wire_date(value, offset)
    return str(value).lower() if isinstance(value, bool) else str(value)


def object_of(wanted: ObjectType, row: Row, offset: int) -> list[Node]:
    """An object with everything that it has."""
    return _object(row, list(wanted.properties.items()), offset)


def _definition(wanted: ObjectType) -> Node:
    if wanted.source is None:
        return Node("ObjectDefinition", [Node("ObjectType", wanted.name)])
    can = {
        "IsCreatable": wanted.creatable,
        "IsUpdatable": bool(wanted.updatable),
        "IsRetrievable": True,
        "IsQueryable": True,
    }
    flags = [Node(name, _text(value, Kind.FLAG, 0)) for name, value in can.items()]
    properties = [_property(wanted, name, kind) for name, kind in wanted.properties.items()]
    return Node(
        "ObjectDefinition", [Node("ObjectType", wanted.name), Node("Name", wanted.name), *flags, *properties]
    )  # fmt: skip


def _property(wanted: ObjectType, name: str, kind: Kind) -> Node:
    can_change = name in wanted.updatable
    values = (
        ("Name", name),
        ("DataType", kind.value),
        ("IsUpdatable", _text(can_change, Kind.FLAG, 0)),
        ("IsRetrievable", "true"),
    )
    return Node("Properties", [Node(*value) for value in values])
