"""`waystage api`: answers requests, and leaves the contacts to `waystage worker`."""

from __future__ import annotations

from waystage.cli.serve import LogJson, LogLevel, answer, begin_log
from waystage.store.processes import API

HELP = """Answer requests only, until Ctrl-C: waystage worker moves the contacts.

Any number of both share one PostgreSQL database. Settings are those of waystage serve.

\b
Examples:
  WAYSTAGE_DATABASE_URL=postgresql://... waystage api
  WAYSTAGE_PORT=8081 waystage api --log-json
"""


def api(log_level: LogLevel = "info", log_json: LogJson = False) -> None:
    """See HELP."""
    begin_log(log_level, as_json=log_json)
    answer(API)
