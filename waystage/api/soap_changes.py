"""SOAP Create, Update and Delete on the wire: each object is changed, or refused, by itself (clients.md 5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from xml.etree.ElementTree import Element

from waystage.api.caller import Caller
from waystage.api.replies import Reply
from waystage.api.requests import Request
from waystage.api.soap_retrieve import object_of
from waystage.api.soap_xml import Node, reply
from waystage.ground.errors import (
    BadRequest,
    Forbidden,
    MissingValue,
    SeveralErrors,
    ValueNotAllowed,
    WaystageError,
    WrongType,
)
from waystage.ground.ids import new_guid
from waystage.operations import change_data_extension, define_data_extension, object_types, save_folder
from waystage.operations.body_check import BodyCheck
from waystage.operations.object_types import DATA_EXTENSION, DATA_FOLDER, JOURNEYS
from waystage.spec.envelopes import kind_of, text_of
from waystage.store.data_extensions import DataExtension

#: Objects of one message: each is a transaction of its own.
MOST_OBJECTS = 100
LARGEST_NUMBER = 2**53
ROWS_WRITE = "data_extensions_write"

#: Gives what stands in the result of an object that was changed, beside its status.
Change: TypeAlias = Callable[[Request, Element], Awaitable[list[Node]]]


class Allowed(NamedTuple):
    """What can be done to objects of a type, and the scope that it needs."""

    scope: str
    change: Change


#: How the properties of data extensions and their fields are called in bodies of our own resource.
_WORDS = {
    "ObjectID": "id",
    "CustomerKey": "key",
    "Name": "name",
    "Description": "description",
    "CategoryID": "categoryId",
    "SendableDataExtensionField/Name": "sendableCustomObjectField",
    "SendableSubscriberField/Name": "sendableSubscriberField",
}
_FIELD_WORDS = {
    "Name": "name",
    "FieldType": "type",
    "MaxLength": "length",
    "Scale": "scale",
    "DefaultValue": "defaultValue",
}


async def create(request: Request, caller: Caller, message: Element) -> Reply:
    """Create: data extensions with their fields, and folders."""
    changes = {DATA_EXTENSION: Allowed(ROWS_WRITE, _new_extension), DATA_FOLDER: Allowed(JOURNEYS, _new_folder)}
    return await _each(request, caller, message, "Create", changes)


async def update(request: Request, caller: Caller, message: Element) -> Reply:
    """Update: data extensions by ObjectID, else by CustomerKey; folders by ID."""
    changes = {DATA_EXTENSION: Allowed(ROWS_WRITE, _changed_extension), DATA_FOLDER: Allowed(JOURNEYS, _changed_folder)}
    return await _each(request, caller, message, "Update", changes)


async def delete(request: Request, caller: Caller, message: Element) -> Reply:
    """Delete: data extensions by ObjectID, else by CustomerKey, with all their rows."""
    return await _each(request, caller, message, "Delete", {DATA_EXTENSION: Allowed(ROWS_WRITE, _removed_extension)})


async def _each(
    request: Request, caller: Caller, message: Element, verb: str, changes: Mapping[str, Allowed]
) -> Reply:  # fmt: skip
    """One result for each object, in their order; Forbidden before anything is changed."""
    objects = message.findall("Objects")
    if not objects:
        raise MissingValue("Objects is required.")
    if len(objects) > MOST_OBJECTS:
        raise ValueNotAllowed(f"At most {MOST_OBJECTS} Objects can be sent at once.")
    request.caller = caller
    known = {name.casefold(): allowed for name, allowed in changes.items()}
    wanted = [known.get(kind_of(element).casefold()) for element in objects]
    if any(one is not None and one.scope not in caller.scopes for one in wanted):
        raise Forbidden
    results: list[Node] = []
    failed = 0
    for ordinal, (element, allowed) in enumerate(zip(objects, wanted, strict=True)):
        try:
            inside = [*_status("OK", f"{verb} done.", ordinal), *await _changed(request, element, verb, allowed)]
        except WaystageError as error:
            failed += 1
            inside = [*_status("Error", _why(error), ordinal), Node("ErrorCode", str(error.errorcode))]
        results.append(Node("Results", inside))
    status = "OK" if not failed else "Error" if failed == len(objects) else "Has Errors"
    return reply(Node(f"{verb}Response", [*results, Node("RequestID", new_guid()), Node("OverallStatus", status)]))


async def _changed(request: Request, element: Element, verb: str, allowed: Allowed | None) -> list[Node]:
    if allowed is None:
        kind = kind_of(element)[:60] or "an object without xsi:type"
        raise BadRequest(f"{verb} of {kind!r} is not supported by this server.")
    return await allowed.change(request, element)


def _status(code: str, message: str, ordinal: int) -> list[Node]:
    return [Node("StatusCode", code), Node("StatusMessage", message), Node("OrdinalID", str(ordinal))]


def _why(error: WaystageError) -> str:
    items: Sequence[WaystageError] = error.items if isinstance(error, SeveralErrors) else (error,)
    return " ".join(item.message for item in items)


async def _new_extension(request: Request, element: Element) -> list[Node]:
    body = {name: value for name, value in _extension_body(element).items() if name != "id"}
    made = await request.write(define_data_extension.create, request.caller.account, body, request.now)
    return [Node("NewID", "0"), Node("NewObjectID", made.guid), _extension_node(request, made)]


async def _changed_extension(request: Request, element: Element) -> list[Node]:
    body = _extension_body(element)
    changed = await request.write(change_data_extension.update, request.caller.account, body, request.now)
    return [_extension_node(request, changed)]


async def _removed_extension(request: Request, element: Element) -> list[Node]:
    guid, key = text_of(element, "ObjectID").strip(), text_of(element, "CustomerKey")
    removed = await request.write(change_data_extension.remove, request.caller.account, guid, key, now=request.now)
    found = [Node("ObjectID", removed.guid), Node("CustomerKey", removed.key)]
    return [Node("Object", found, DATA_EXTENSION)]


async def _new_folder(request: Request, element: Element) -> list[Node]:
    check = BodyCheck(_folder_body(element))
    name = check.text("Name", required=True, longest=save_folder.LONGEST_NAME)
    parent = check.whole("ParentFolder.ID", 1, LARGEST_NUMBER, required=True)
    description, key, content_type = _folder_words(check)
    check.settle()
    made = await request.write(
        save_folder.create, request.caller.account, name or "", parent or 0, content_type=content_type or "",
        description=description or "", key=key or "", user=request.caller.user_id, now=request.now,
    )  # fmt: skip
    return [Node("NewID", str(made.number)), Node("NewObjectID", made.guid)]


async def _changed_folder(request: Request, element: Element) -> list[Node]:
    body = _folder_body(element)
    check = BodyCheck(body)
    number = check.whole("ID", 1, LARGEST_NUMBER, required=True)
    name = check.text("Name", required="Name" in body, longest=save_folder.LONGEST_NAME)
    parent = check.whole("ParentFolder.ID", 1, LARGEST_NUMBER)
    description, key, _ = _folder_words(check)
    check.settle()
    await request.write(
        save_folder.update, request.caller.account, number or 0, name=name, parent=parent, description=description,
        key=key, user=request.caller.user_id, now=request.now,
    )  # fmt: skip
    return [Node("Object", [Node("ID", str(number))], DATA_FOLDER)]


def _folder_words(check: BodyCheck) -> tuple[str | None, str | None, str | None]:
    return (
        check.text("Description", longest=save_folder.LONGEST_DESCRIPTION),
        check.text("CustomerKey", longest=save_folder.LONGEST_NAME),
        check.text("ContentType"),
    )


def _extension_node(request: Request, extension: DataExtension) -> Node:
    row = object_types.extension_row(extension)
    found = object_of(object_types.find(DATA_EXTENSION), row, request.world.settings.utc_offset)
    return Node("Object", found, DATA_EXTENSION)


def _folder_body(element: Element) -> dict[str, Any]:
    paths = ("ID", "Name", "Description", "CustomerKey", "ContentType", "ParentFolder/ID")
    return {path.replace("/", "."): value for path in paths if (value := _value(element, path)) is not None}


def _extension_body(element: Element) -> dict[str, Any]:
    """A data extension as a body of our own resource; ids and keys that are empty are not said at all."""
    body: dict[str, Any] = {
        word: value for path, word in _WORDS.items() if (value := _value(element, path)) is not None
    }
    for word in ("id", "key", "categoryId", "sendableCustomObjectField", "sendableSubscriberField"):
        if body.get(word) == "":
            del body[word]
    if "categoryId" in body and body["categoryId"].strip().isdecimal():
        body["categoryId"] = int(body["categoryId"][:18])
    body |= _flags(element, {"IsSendable": "isSendable"})
    fields = element.findall("Fields/Field")
    return body | ({"fields": [_field_body(field) for field in fields]} if fields else {})


def _field_body(element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {
        word: value for path, word in _FIELD_WORDS.items() if (value := _value(element, path)) not in (None, "")
    }
    flags = _flags(element, {"IsPrimaryKey": "isPrimaryKey", "IsRequired": "isRequired"})
    if "isRequired" in flags:
        flags["isNullable"] = not flags.pop("isRequired")
    return found | flags


def _flags(element: Element, words: Mapping[str, str]) -> dict[str, bool]:
    """WrongType for what is neither true nor false."""
    found: dict[str, bool] = {}
    for path, word in words.items():
        text = (_value(element, path) or "").strip().lower()
        if text not in {"", "true", "false", "1", "0"}:
            raise WrongType(f"{path} must be true or false, not {text[:40]!r}.")
        if text:
            found[word] = text in {"true", "1"}
    return found


def _value(element: Element, path: str) -> str | None:
    """The text at a path; None where there is no such element, and where it is nil."""
    found = element.find(path)
    if found is None or found.get("nil", "").strip() in {"true", "1"}:
        return None
    return found.text or ""
