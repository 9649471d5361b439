"""JSON Schema in few words (2020-12, as OpenAPI 3.1 has it): what bodies and answers are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]


class Named(dict[str, Any]):
    """A schema that the document has once, under this name, and refers to wherever it stands."""

    def __init__(self, name: str, schema: Schema) -> None:
        super().__init__(schema)
        self.name = name


ANYTHING: Final[Schema] = {}
TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
NUMBER: Final[Schema] = {"type": "number"}
WHOLE: Final[Schema] = {"type": "integer"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
FROM_ONE: Final[Schema] = {"type": "integer", "minimum": 1}
GUID: Final[Schema] = {"type": "string", "format": "uuid"}
LINK: Final[Schema] = {"type": "string", "format": "uri"}
OBJECT: Final[Schema] = {"type": "object", "additionalProperties": True}
#: api.md 1.3: zone-less, at most three digits of a second, without zeros at their end.
DATE: Final[Schema] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?$",
    "description": "A date in the zone of WAYSTAGE_UTC_OFFSET.",
}
#: D-54a.
UTC_DATE: Final[Schema] = {"type": "string", "format": "date-time", "description": "A date in UTC with Z."}
#: What is read as a date: with a zone or without one.
GIVEN_DATE: Final[Schema] = {
    "type": "string",
    "description": "A date such as 2026-02-11T07:40:02.6, with Z, an offset, or without either.",
}
NULL: Final[Schema] = {"type": "null"}


def about(schema: Schema, text: str, **more: object) -> Schema:
    """A schema with a description, and further key words."""
    return {**schema, "description": text, **more}


def words(known: Iterable[str], text: str = "") -> Schema:
    """A text out of a fixed list."""
    return {"type": "string", "enum": list(known), **({"description": text} if text else {})}


def just(value: object) -> Schema:
    """This value and no other."""
    return {"const": value}


def array(item: Schema, *, least: int = 0, most: int | None = None, text: str = "") -> Schema:
    """An array of such items."""
    found: dict[str, Any] = {"type": "array", "items": item}
    found |= {"minItems": least} if least else {}
    found |= {"maxItems": most} if most is not None else {}
    return found | ({"description": text} if text else {})


def nullable(schema: Schema) -> Schema:
    """This, or null."""
    if isinstance(schema, Named) or "type" not in schema or "enum" in schema:
        return either(schema, NULL)
    return {**schema, "type": [schema["type"], "null"]}


def either(*schemas: Schema) -> Schema:
    """One of these."""
    return {"anyOf": list(schemas)}


def answer(
    required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None, *, more: bool = False
) -> Schema:
    """An object with these properties and no others, unless `more` are allowed."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": more,
    }


def body(properties: Mapping[str, Schema], *required: str) -> Schema:
    """An object as callers send it: further properties are ignored, or kept where the resource says so (D-02)."""
    return {
        "type": "object",
        "properties": properties,
        **({"required": list(required)} if required else {}),
        "additionalProperties": True,
    }


def optional(properties: Mapping[str, Schema]) -> dict[str, Schema]:
    """Properties for which null is the same as absent."""
    return {name: nullable(schema) for name, schema in properties.items()}


def page_of(name: str, item: Schema, more: Mapping[str, Schema] | None = None) -> Named:
    """The collection envelope with such items (api.md 1.4)."""
    envelope = {
        "count": about(COUNT, "Matches on all pages."),
        "page": FROM_ONE,
        "pageSize": about(FROM_ONE, "The page size in force."),
        "links": answer({}),
        "items": array(item),
    }
    return Named(name, answer(envelope, more))


EMPTY: Final = Named("Empty", answer({}))
ACCEPTED: Final = Named("Accepted", answer({"status": just("Accepted")}))
#: Envelope E3 of api.md 1.8.1.
FINDING: Final = Named(
    "Finding",
    answer(
        {
            "errorDetail": TEXT,
            "errorCode": TEXT,
            "errorType": words(("Error", "Warning")),
            "additionalInfo": answer(
                {}, {"activityKey": TEXT, "activityId": TEXT, "activityType": TEXT, "path": TEXT}, more=True
            ),
        }
    ),
)
