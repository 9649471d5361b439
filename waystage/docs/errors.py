"""docs/reference/errors.md from the catalogue of errors."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from waystage.api.refusals import refusal
from waystage.docs import markdown
from waystage.ground.errors import WaystageError
from waystage.ground.settings import load

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
    return markdown.page(
        "Errors",
        "waystage/ground/errors.py",
        OPENING,
        markdown.table(columns, rows),
        "## Examples",
        *map(_example, documented()),
    )


def _example(error: type[WaystageError]) -> str:
    shown = refusal(error, load({}))
    body = msgspec.json.format(msgspec.json.encode(shown.reply.body)).decode() if shown.has_body else ""
    headers = "".join(f"{name}: {value}\n" for name, value in shown.reply.headers)
    text = "\n".join(filter(None, (f"HTTP {shown.status}\n{headers}", body)))
    return f"### {error.__name__}\n\n```\n{text.strip()}\n```"


def _number(error: type[WaystageError]) -> str:
    word = getattr(error, "oauth", "")
    return f"{error.errorcode}, `{word}`" if word else str(error.errorcode)
