"""How the shape of a body is written down, and how a value is held against it.

A type asks for a value of exactly that type (a whole number is no boolean), `[shape]` for a list whose every row has
the shape, a tuple for a list of exactly these, a dict for an object with at least these properties, `Only` for one with
no others, a predicate for what it is true of, and any other value for itself.
"""

import re
from collections.abc import Callable
from typing import Any

ANYTHING = object()


class Only(dict[str, Any]):
    """An object with these properties and no others."""


def pattern(name: str, regex: str) -> Callable[[Any], bool]:
    """A text of this form; `name` is what a failure says."""

    def holds(value: Any) -> bool:
        return isinstance(value, str) and re.fullmatch(regex, value) is not None

    holds.__name__ = name
    return holds


GUID = pattern("GUID", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: api.md 1.3: no zone, at most three digits after the second and no zero at their end.
DATE = pattern("DATE", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?")
#: api.md 9, D-54a: the history family is in UTC and says so.
UTC_DATE = pattern("UTC_DATE", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?Z")
TEXT = pattern("TEXT", "(?s).+")
LINK = pattern("LINK", "https?://.+")
NEVER = "0001-01-01T00:00:00"


def number(value: Any) -> bool:
    """A JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def either(*shapes: Any) -> Callable[[Any], bool]:
    """A value that has one of the shapes."""

    def one_of(value: Any) -> bool:
        return any(not differences(shape, value) for shape in shapes)

    return one_of


def containing(*parts: Any) -> Callable[[Any], bool]:
    """A text with these pieces in it, in any case; or a list with at least one row of each shape."""

    def contains(value: Any) -> bool:
        if isinstance(value, str):
            return all(str(part).lower() in value.lower() for part in parts)
        return isinstance(value, list) and all(any(not differences(part, row) for row in value) for part in parts)

    contains.__name__ = f"containing{parts}"
    return contains


def collection(row: Any = ANYTHING, **more: Any) -> Only:
    """The envelope of api.md 1.4."""
    return Only({"count": int, "page": int, "pageSize": int, "links": Only(), "items": [row]} | more)


def differences(shape: Any, value: Any, place: str = "body") -> list[str]:
    """Everything in which the value is not of the shape."""
    if shape is ANYTHING:
        return []
    if isinstance(shape, type):
        return [] if type(value) is shape else [f"{place}: {value!r} is no {shape.__name__}"]
    if isinstance(shape, dict):
        return _object(shape, value, place)
    if isinstance(shape, list | tuple):
        return _array(shape, value, place)
    if callable(shape):
        return [] if shape(value) else [f"{place}: {value!r} is no {getattr(shape, '__name__', shape)}"]
    same = value == shape and isinstance(value, bool) is isinstance(shape, bool)
    return [] if same else [f"{place}: {value!r} instead of {shape!r}"]


def _object(shape: dict[str, Any], value: Any, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place}: {value!r} is no object"]
    found = [f"{place}.{name} is missing" for name in shape if name not in value]
    if isinstance(shape, Only):
        found += [f"{place}.{name} is too much" for name in value if name not in shape]
    for name in shape.keys() & value.keys():
        found += differences(shape[name], value[name], f"{place}.{name}")
    return found


def _array(shape: list[Any] | tuple[Any, ...], value: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{place}: {value!r} is no array"]
    if isinstance(shape, tuple):
        if len(shape) != len(value):
            return [f"{place}: {len(value)} rows instead of {len(shape)}: {value!r}"]
        pairs = list(zip(shape, value, strict=True))
    else:
        pairs = [(shape[0], row) for row in value]
    return [line for n, (each, row) in enumerate(pairs) for line in differences(each, row, f"{place}[{n}]")]
