"""docs/reference/doctor.md from the table of what `waystage doctor` may find."""

from __future__ import annotations

from waystage.docs import markdown
from waystage.ground.ailments import AILMENTS

OPENING = (
    "What `waystage doctor` may find, in the order of its checks. With `--json` it writes"
    ' `{"database", "findings": [{"code", "severity", "what", "remedy"}]}`; `what` is what was seen.'
    " Its exit code is 1 if any finding is an error, else 0."
)


def page() -> str:
    """The page."""
    rows = [(markdown.code(one.code), one.severity, one.when, one.remedy) for one in AILMENTS]
    return markdown.page(
        "Findings of the doctor",
        "waystage/ground/ailments.py",
        OPENING,
        markdown.table(("Code", "Severity", "When", "What to do"), rows),
    )
