"""The columns of a history file, and rows as lines of it (api.md 9.2, D-55, RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from functools import lru_cache

from waystage.api.replies import iso_z
from waystage.ground.errors import ValueNotAllowed
from waystage.operations.history_rows import HistoryRow

#: What separates the fields of each format.
FORMATS = {"csv": ",", "tsv": "\t"}
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8"}
DEFAULT = (
    "TransactionTime", "ContactKey", "Status", "DefinitionId", "DefinitionName", "ActivityId", "ActivityName",
    "ActivityType",
)  # fmt: skip

Cell = Callable[[HistoryRow], object]

#: Neighbours share their instants more often than not.
_date = lru_cache(maxsize=256)(iso_z)

_CELLS: dict[str, Cell] = {
    "TransactionTime": lambda row: _date(row.at),
    "ContactKey": lambda row: row.contact_key,
    "Status": lambda row: row.status,
    "DefinitionId": lambda row: row.origin.texts.definition_id,
    "DefinitionName": lambda row: row.origin.name,
    "ActivityId": lambda row: row.place.id,
    "ActivityName": lambda row: row.place.name,
    "ActivityType": lambda row: row.place.type,
    "ClientStatus": lambda row: row.client_status,
    "CreatedDate": lambda row: _date(row.at),
    "DefinitionInstanceId": lambda row: row.instance_id,
    "EndDate": lambda row: None if row.end is None else _date(row.end),
    "EntrySource": lambda row: row.origin.texts.event_key,
    "EpochTimeInMilliseconds": lambda row: row.at,
    "EventId": lambda row: row.origin.texts.event_id,
    "EventName": lambda row: row.origin.texts.event_name,
    "Id": lambda row: row.id,
    "Message": lambda row: row.message,
    "OutcomeActivityId": lambda row: row.outcome_activity,
    "SourceType": lambda row: row.origin.entry_source,
    "StartDate": lambda row: _date(row.at),
    "Result.Status": lambda row: row.client_status,
    "Result.Tags": lambda row: ";".join(row.origin.tags),
    "Result.Messages": lambda row: ";".join(one.text for one in row.messages),
    "Result.Outcome": lambda row: row.outcome,
}
COLUMNS = tuple(_CELLS)


def read_columns(asked: Sequence[str]) -> tuple[str, ...]:
    """The columns in the order asked for, each once, in any letter case; the default ones if none are asked for."""
    spelling = {name.lower(): name for name in COLUMNS}
    unknown = next((word for word in asked if word.lower() not in spelling), None)
    if unknown is not None:
        raise ValueNotAllowed(f"columns: {unknown[:60]!r} is none of {', '.join(COLUMNS)}.")
    return tuple(dict.fromkeys(spelling[word.lower()] for word in asked)) or DEFAULT


def read_format(asked: str | None) -> str:
    """`csv`, which is the default, or `tsv`; ValueNotAllowed."""
    word = (asked or "csv").strip().lower()
    if word not in FORMATS:
        raise ValueNotAllowed(f"format must be one of {', '.join(FORMATS)}.")
    return word


class Lines:
    """A stretch of a file: values stay as they are, quoted where the format needs it. `size` counts characters."""

    def __init__(self, form: str, columns: Sequence[str]) -> None:
        """Begin an empty stretch."""
        self._cells = [_CELLS[name] for name in columns]
        self._text = io.StringIO(newline="")
        self._write = csv.writer(self._text, delimiter=FORMATS[form], lineterminator="\r\n").writerow
        self.size = 0
        self.rows = 0

    def head(self, columns: Sequence[str]) -> None:
        """Write the line with the names."""
        self._write(columns)

    def add(self, row: HistoryRow) -> None:
        """Write a row, unless downloads leave it out: complete, and at no place with a name."""
        if row.place.name or row.status != "Complete":
            self.size += self._write([cell(row) for cell in self._cells])
            self.rows += 1

    def content(self) -> bytes:
        """All of it in UTF-8."""
        return self._text.getvalue().encode()
