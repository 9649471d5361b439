"""What a row of the route table says of itself: what it takes, gives and refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from waystage.api.shapes.schema import Schema
from waystage.ground.errors import WaystageError

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Family:
    """Resources that belong together."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter, or where `place` says so one of the path or a header.

    Of an array `repeated` says whether its values come one by one besides as a list with commas.
    """

    name: str
    schema: Schema
    text: str = ""
    place: str = "query"
    required: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body: JSON of this shape, in the media types `instead` or, beside JSON, `beside` it."""

    schema: Schema
    example: Any = None
    text: str = ""
    required: bool = True
    beside: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()

    @property
    def media(self) -> tuple[str, ...]:
        """Every media type that is read."""
        return self.instead or (JSON, *self.beside)


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: `schema` None has no body; `files` are media types beside JSON, or instead of it without a schema."""

    text: str
    schema: Schema | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A resource as its callers see it.

    `refuses` are the errors of its own; those that follow from its path, query, body and scope are added to them.
    """

    family: Family
    gives: Mapping[int, Answer] = field(default_factory=dict)
    takes: Body | None = None
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    path: Mapping[str, Parameter] = field(default_factory=dict)
    refuses: tuple[type[WaystageError], ...] = ()
    text: str = ""

    @property
    def beside_json(self) -> tuple[str, ...]:
        """Media types that are read where a body is usually JSON."""
        return (*self.takes.beside, *self.takes.instead) if self.takes is not None else ()


def path(name: str, schema: Schema, text: str) -> dict[str, Parameter]:
    """A parameter of the path."""
    return {name: Parameter(name, schema, text, "path", required=True)}
