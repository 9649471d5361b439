"""Schemas of the OpenAPI document in words, for the page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

MOST_WORDS = 12


def link_to(name: str) -> str:
    """Give the anchor of a named shape."""
    return f"shape-{name}"


def outline(schema: Mapping[str, Any]) -> str:
    """Give a schema in one line of HTML; a named one as a link."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<a href=#{link_to(name)}>{escape(name)}</a>"
    if "anyOf" in schema:
        return " or ".join(outline(one) for one in schema["anyOf"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "enum" in schema:
        known = [f"<code>{escape(str(one))}</code>" for one in schema["enum"][:MOST_WORDS]]
        return ", ".join([*known, *(["…"] if len(schema["enum"]) > MOST_WORDS else [])])
    if schema.get("type") == "array":
        return f"array of {outline(schema['items'])}{_bounds(schema, 'minItems', 'maxItems')}"
    return _typed(schema)


def _typed(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type", "anything")
    names = [kinds] if isinstance(kinds, str) else kinds
    if "array" in names:
        names = [f"array of {outline(schema['items'])}" if name == "array" else name for name in names]
    if schema.get("properties"):
        inner = ", ".join(f"{escape(name)}: {outline(one)}" for name, one in schema["properties"].items())
        names = [f"{{{inner}}}" if name == "object" else name for name in names]
    form = f" ({escape(schema['format'])})" if "format" in schema else ""
    return " or ".join(names) + form + _bounds(schema, "minLength", "maxLength") + _bounds(schema, "minimum", "maximum")


def _bounds(schema: Mapping[str, Any], least: str, most: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if low is None and high is None:
        return ""
    unit = {"maxLength": " characters", "maxItems": " entries"}.get(most, "")
    if high is None:
        return f", from {low}{unit}"
    return f", up to {high}{unit}" if low is None else f", {low} to {high}{unit}"


def shape_table(schema: Mapping[str, Any]) -> str:
    """Give the properties of an object as a table; of anything else its line."""
    if "properties" not in schema:
        return f"<p>{outline(schema)}</p>"
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code><td class=pale>{'' if name in required else 'optional'}"
        f"<td>{outline(one)}<td>{escape(one.get('description', ''))}</tr>"
        for name, one in schema["properties"].items()
    )
    more = "<p class=pale>Further properties are possible.</p>" if schema.get("additionalProperties") is True else ""
    return f"<table>{rows}</table>{more}"
