"""docs/reference/errors.md from the catalogue of errors."""

from __future__ import annotations

from collections.abc import Iterator

from waystage.docs import markdown
from waystage.ground.errors import WaystageError

OPENING = """Every refusal is JSON: `{"message": …, "errorcode": …, "documentation": …}`, with one such item for each
fault in `validationErrors` where several things are wrong. The token endpoint answers `{"error": …,
"error_description": …}`. A 304 has no body. The message names the field, what came and what is allowed."""


def documented(root: type[WaystageError] = WaystageError) -> Iterator[type[WaystageError]]:
    """Every error that says when it occurs, in the order of the tree."""
    for each in root.__subclasses__():
        if "when" in vars(each):
            yield each
        yield from documented(each)


def page() -> str:
    """The page."""
    rows = [
        (str(one.http), _number(one), one.__name__, one.when, one.remedy, markdown.code(one.message))
        for one in documented()
    ]
    columns = ("Status", "errorcode", "Name", "When", "What to do", "Message, unless a narrower one is given")
    return markdown.page("Errors", "waystage/ground/errors.py", OPENING, markdown.table(columns, rows))


def _number(error: type[WaystageError]) -> str:
    word = getattr(error, "oauth", "")
    return f"{error.errorcode}, `{word}`" if word else str(error.errorcode)
