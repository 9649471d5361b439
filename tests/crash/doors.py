"""Doors into a forked program that no operator has: a wall clock that is off, a disk that is full, shorter patience."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from waystage.engine.sending import line
from waystage.store.dialects.sqlite import SqliteConnection
from waystage.store.sql import Tx

_real_ns = time.time_ns  # noqa: TID251 - the wall clock itself is put wrong here
_real_begin = SqliteConnection.begin
#: More pages than any test fills; what SQLite allows by default.
_ENDLESS = 4_294_967_294


def open_doors(opened: Mapping[str, Any]) -> None:
    """`clock_off`: seconds; `retry_pauses`: seconds; `pages`: a file that says how many pages the database may have."""
    if "clock_off" in opened:
        _shift_clock(float(opened["clock_off"]))
    if "retry_pauses" in opened:
        _shorten_retries(tuple(opened["retry_pauses"]))
    if "pages" in opened:
        _limit_pages(Path(opened["pages"]))


def _shift_clock(seconds: float) -> None:
    off = round(seconds * 1_000_000_000)
    time.time_ns = lambda: _real_ns() + off  # noqa: TID251
    time.time = lambda: (_real_ns() + off) / 1_000_000_000  # noqa: TID251


def _shorten_retries(pauses: tuple[float, ...]) -> None:
    from waystage.engine.sending.deliver import Deliverer  # noqa: PLC0415 - only where it is changed

    line.PAUSES = pauses  # type: ignore[assignment, misc]
    Deliverer.__init__.__defaults__ = tuple(
        pauses if isinstance(one, tuple) and one and all(isinstance(n, float) for n in one) else one
        for one in Deliverer.__init__.__defaults__ or ()
    )


def _limit_pages(told: Path) -> None:
    """Before each transaction of a writer the file is looked at, so that the disk can become free again meanwhile."""

    def begin(self: SqliteConnection, *, write: bool) -> Tx:
        if write:
            pages = int(told.read_text()) if told.exists() else _ENDLESS
            self._connection.execute(f"PRAGMA max_page_count = {pages}")
        return _real_begin(self, write=write)

    SqliteConnection.begin = begin  # type: ignore[method-assign]
