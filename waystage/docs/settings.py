"""docs/reference/settings.md from the table of settings."""

from __future__ import annotations

from waystage.docs import markdown
from waystage.ground.settings import SETTINGS

OPENING = (
    "Read once when the program starts: from the environment, then from the TOML file named by `WAYSTAGE_CONFIG`"
    ' (there in lower case and without the prefix, for example `utc_offset = "-06:00"`), then the default.'
    " `waystage serve --help` shows the same table."
)


def page() -> str:
    """The page."""
    rows = [(markdown.code(one.name), markdown.code(one.default) or "none", one.help) for one in SETTINGS]
    return markdown.page(
        "Settings", "waystage/ground/settings.py", OPENING, markdown.table(("Variable", "Default", "Meaning"), rows)
    )
