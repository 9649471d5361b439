"""Reads along with every test: each statement that the product issues is held against the rules once in a run.

What a test itself asks the database, to look at the outcome, is its own affair.
"""

import sys
from collections.abc import Iterable, Mapping
from functools import wraps
from types import FrameType
from typing import Any

from tests.statements.exceptions import EXCEPTIONS, WHOLE_DATABASES
from tests.statements.rules import Finding, lint
from waystage.store.dialects.postgresql import PostgresqlTx
from waystage.store.dialects.sqlite import SqliteTx
from waystage.store.sql import Row, SqlValue

#: Modules that hand on the statements of others.
_MESSENGERS = ("/waystage/store/dialects/", "/tests/engine/recording.py", "/waystage/bench/profile.py")


class Watch:
    """The statements of this process: those seen, and those not yet held against the rules."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self._fresh: list[tuple[str, str, str]] = []

    def note(self, text: str, dialect: str) -> None:
        """A statement is about to be issued, on any thread."""
        if (text, dialect) not in self._seen and (site := _site(sys._getframe(2))) is not None:
            self._seen.add((text, dialect))
            self._fresh.append((text, dialect, site))

    def verdict(self) -> str:
        """What is against the rules in the statements since the last time; empty if nothing is."""
        found = []
        while self._fresh:
            text, dialect, site = self._fresh.pop()
            found += [
                f"{site}, «{one.rule}»: {one.said} ({dialect})\n    {text}"
                for one in lint(text, dialect)
                if not _is_excepted(site, one)
            ]
        return "\n".join(["Statements against the rules of design 3, see tests/statements:", *found] if found else [])


def _is_excepted(site: str, finding: Finding) -> bool:
    if site.partition(":")[0] in WHOLE_DATABASES:
        return True
    excepted = EXCEPTIONS.get(finding.rule, {})
    return site in excepted or site.partition(":")[0] in excepted


def _site(frame: FrameType | None) -> str | None:
    """The module and function that issue a statement, as store/inbox.py:append; None if a test does."""
    while frame is not None:
        code = frame.f_code
        if not any(part in code.co_filename for part in _MESSENGERS):
            _, package, module = code.co_filename.rpartition("/waystage/")
            if not package or module.startswith("bench/"):
                return None
            return f"{module}:{code.co_qualname.partition('.<locals>')[0]}"
        frame = frame.f_back
    return None


def watched() -> Watch:
    """Begin to read along."""
    watch = Watch()
    for name in ("rows", "one", "run", "many"):
        _listen(watch, SqliteTx, name, "sqlite")
    for name in ("_execute", "many"):
        _listen(watch, PostgresqlTx, name, "postgresql")
    return watch


def _listen(watch: Watch, kind: type, name: str, dialect: str) -> None:
    issue = getattr(kind, name)

    @wraps(issue)
    def noted(self: Any, text: str, *rest: Mapping[str, SqlValue] | Iterable[Any], **values: SqlValue) -> list[Row]:
        watch.note(text, dialect)
        rows: list[Row] = issue(self, text, *rest, **values)
        return rows

    setattr(kind, name, noted)
