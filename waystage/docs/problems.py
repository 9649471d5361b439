"""docs/reference/problems.md from the codes of publish findings."""

from __future__ import annotations

from waystage.docs import markdown
from waystage.spec.problems import PROBLEM_CODES

OPENING = (
    "What `validateAsync` and `publishAsync` find, all at once; read them at the `statusUrl`."
    " An error prevents publication, a warning does not; advice is given by `POST /waystage/v1/lint` only."
)


def page() -> str:
    """The page."""
    rows = [
        (markdown.code(code), one.severity, one.name, one.when, one.remedy)
        for code, one in sorted(PROBLEM_CODES.items())
    ]
    columns = ("Code", "Severity", "Name", "When", "What to do")
    return markdown.page("Findings", "waystage/spec/problems.py", OPENING, markdown.table(columns, rows))
