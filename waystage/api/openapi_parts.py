"""The parts of the OpenAPI document that stand in it once: schemas, refusals and their examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from waystage.api.refusals import Refusal
from waystage.api.shapes.envelopes import envelope
from waystage.api.shapes.schema import Named, Schema

JSON_MEDIA: Final = "application/json"
_HEADERS: Final = {
    "allow": "The methods that the path has.",
    "connection": "Closed, so that the rest of the body is not sent.",
    "retry-after": "Seconds.",
    "www-authenticate": "Which token is wanted.",
}


class Components:
    """Collects what is referred to."""

    def __init__(self) -> None:
        self._schemas: dict[str, Any] = {}
        self._responses: dict[str, Any] = {}
        self._examples: dict[str, Any] = {}

    def schema(self, schema: Any) -> Any:
        """Give a schema with a reference in the place of each named one, which is kept."""
        if isinstance(schema, Named):
            if schema.name not in self._schemas:
                self._schemas[schema.name] = {}
                self._schemas[schema.name] = {name: self.schema(value) for name, value in schema.items()}
            return {"$ref": f"#/components/schemas/{schema.name}"}
        if isinstance(schema, Mapping):
            return {name: self.schema(value) for name, value in schema.items()}
        return [self.schema(one) for one in schema] if isinstance(schema, list | tuple) else schema

    def add_refusal(self, refusal: Refusal) -> None:
        """Keep an error as a response and, if it has a body, its example."""
        found: dict[str, Any] = {"description": f"{refusal.error.when} {refusal.error.remedy}"}
        if refusal.has_body:
            self._examples[refusal.name] = {"summary": refusal.error.when, "value": refusal.reply.body}
            found["content"] = {JSON_MEDIA: self.content([], [refusal])}
        if refusal.reply.headers:
            found["headers"] = headers_of(name for name, _ in refusal.reply.headers)
        self._responses[refusal.name] = found

    def content(self, schemas: Sequence[Schema], refused: Sequence[Refusal]) -> dict[str, Any]:
        """Give a JSON body that has one of the shapes or is one of the errors; empty if there is no body."""
        bodies = [one for one in refused if one.has_body]
        # The narrower first: generated clients take the first that fits.
        wide_last = sorted((envelope(one.error) for one in bodies), key=lambda one: len(one["required"]), reverse=True)
        envelopes = {one.name: one for one in wide_last}
        shapes = [self.schema(one) for one in (*schemas, *envelopes.values())]
        if not shapes:
            return {}
        found: dict[str, Any] = {"schema": shapes[0] if len(shapes) == 1 else {"anyOf": shapes}}
        if bodies:
            found["examples"] = {one.name: {"$ref": f"#/components/examples/{one.name}"} for one in bodies}
        return found

    def relax(self, name: str, unneeded: str) -> None:
        """Let callers leave a property out."""
        required = self._schemas[name]["required"]
        self._schemas[name]["required"] = [one for one in required if one != unneeded]

    def rendered(self) -> dict[str, Any]:
        """Give everything that was collected, by name."""
        return {
            "schemas": dict(sorted(self._schemas.items())),
            "responses": self._responses,
            "examples": self._examples,
        }


def headers_of(names: Iterable[str]) -> dict[str, Any]:
    """Give the headers with these names."""
    return {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in sorted(set(names))}
