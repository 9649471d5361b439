"""Reading the properties of a JSON body one by one, collecting everything that is wrong with it (api.md 1.8.1, E2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from waystage.ground.errors import (
    MissingValue,
    ValidationErrors,
    ValueNotAllowed,
    WaystageError,
    WrongFormat,
    WrongType,
)
from waystage.spec.problems import Finding

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_guid(text: str) -> bool:
    """Whether a text is a GUID in any letter case."""
    return _GUID.fullmatch(text) is not None


def has_nul(value: object) -> bool:
    """Whether the character U+0000 stands anywhere in a JSON value; not every database can look into one with it."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(has_nul(name) or has_nul(member) for name, member in value.items())
    return isinstance(value, list) and any(map(has_nul, value))


class BodyCheck:
    """One JSON object under examination; absent and null are the same. `place` leads the names in messages."""

    def __init__(self, body: Mapping[str, Any], place: str = "", items: list[WaystageError] | None = None) -> None:
        self._body = body
        self._place = place
        self.items: list[WaystageError] = [] if items is None else items

    def refuse(self, error: WaystageError) -> None:
        """Note one thing that is wrong."""
        self.items.append(error)

    def settle(self) -> None:
        """Raise ValidationErrors if anything was wrong."""
        if self.items:
            raise ValidationErrors(self.items)

    def path(self, name: str) -> str:
        """The property's name as messages give it."""
        return self._place + name

    def text(self, name: str, *, required: bool = False, longest: int | None = None) -> str | None:
        """A text property; blank text counts as absent where it is required."""
        value = self._typed(name, str, "text", required=required)
        if value is None:
            return None
        if required and not value.strip():
            self.refuse(MissingValue(f"{self.path(name)} is required."))
            return None
        if "\0" in value:
            self.refuse(WrongFormat(f"{self.path(name)} must not contain the character U+0000."))
            return None
        if longest is not None and len(value) > longest:
            self.refuse(ValueNotAllowed(f"{self.path(name)} must not be longer than {longest} characters."))
            return None
        return str(value)

    def guid(self, name: str) -> str | None:
        """A GUID, in lower case."""
        value = self.text(name)
        if value is None or value == "":
            return None
        if not is_guid(value):
            self.refuse(WrongFormat(f"{self.path(name)} must be a GUID, not {value[:60]!r}."))
            return None
        return value.lower()

    def flag(self, name: str) -> bool | None:
        """A boolean property."""
        value: bool | None = self._typed(name, bool, "true or false")
        return value

    def members(self, name: str, *, required: bool = False) -> dict[str, Any] | None:
        """An object property."""
        value: dict[str, Any] | None = self._typed(name, dict, "an object", required=required)
        return value

    def items_of(self, name: str, *, required: bool = False) -> list[Any] | None:
        """An array property."""
        value: list[Any] | None = self._typed(name, list, "an array", required=required)
        return value

    def whole(self, name: str, least: int, most: int, *, required: bool = False) -> int | None:
        """A whole number between two bounds; digits in a text are read too, as clients send both."""
        value = self._body.get(name)
        if value is None or value == "":
            if required:
                self.refuse(MissingValue(f"{self.path(name)} is required."))
            return None
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(WrongType(f"{self.path(name)} must be a whole number."))
            return None
        if not least <= value <= most:
            self.refuse(ValueNotAllowed(f"{self.path(name)} must lie between {least} and {most}."))
            return None
        return value

    def choice(self, name: str, words: tuple[str, ...]) -> str | None:
        """One of a fixed list of words, in any letter case, as the list spells it."""
        value = self.text(name)
        if value is None:
            return None
        known = {word.lower(): word for word in words}
        if value.lower() not in known:
            self.refuse(ValueNotAllowed(f"{self.path(name)} must be one of {', '.join(words)}, not {value[:60]!r}."))
            return None
        return known[value.lower()]

    def _typed(self, name: str, kind: type, expected: str, *, required: bool = False) -> Any:
        value = self._body.get(name)
        if value is None:
            if required:
                self.refuse(MissingValue(f"{self.path(name)} is required."))
            return None
        if not isinstance(value, kind):
            self.refuse(WrongType(f"{self.path(name)} must be {expected}."))
            return None
        return value


def as_object(body: object, what: str = "The body") -> dict[str, Any]:
    """`body` itself if it is a JSON object; WrongType."""
    if not isinstance(body, dict):
        raise WrongType(f"{what} must be a JSON object.")
    return body


_ERRORS: dict[str, type[WaystageError]] = {
    "missing": MissingValue,
    "type": WrongType,
    "value": ValueNotAllowed,
    "format": WrongFormat,
}


def error_of(finding: Finding) -> WaystageError:
    """The documented error for a finding about the form of a body, whose own properties have no path before them."""
    return _ERRORS[finding.kind](finding.message.lstrip("."))
