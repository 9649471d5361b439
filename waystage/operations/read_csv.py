"""Comma- and tab-separated files as they arrive (RFC 4180): a faulty row is refused, and reading goes on behind it."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from io import StringIO
from itertools import chain, islice

from waystage.ground.errors import ValueNotAllowed, WaystageError, WrongFormat
from waystage.operations.import_slices import MOST_COLUMNS, SLICE_ROWS, Pull, Slice

#: Longer lines are cut in such a way that their row is refused; no more of a file is kept in memory.
_LONGEST_LINE = 2**20


class CsvReader:
    """Reads text in `charset` with `delimiter`; bytes that are no characters spoil only what they stand in."""

    blanks = True

    def __init__(self, pull: Pull, charset: str = "utf-8", delimiter: str = ",") -> None:
        decoder = codecs.getincrementaldecoder("utf-8-sig" if charset == "utf-8" else charset)("surrogateescape")
        self._reader = csv.reader(chain.from_iterable(_lines(pull, decoder)), delimiter=delimiter, strict=True)
        self._rows = filter(None, self._reader)
        self._names: tuple[str, ...] | None = None

    def header(self) -> tuple[str, ...]:
        """See `FileReader.header`; WrongFormat where the first row cannot be one."""
        if self._names is None:
            try:
                first = next(self._rows, [])
            except csv.Error as error:
                raise WrongFormat(f"The first row is no header: {error}.") from error
            self._names = tuple(name.strip() for name in first)
            _check_header(self._names)
        return self._names

    def close(self) -> None:
        """See `FileReader.close`; nothing is."""

    def slices(self, skipped: int) -> Iterator[Slice]:
        """See `FileReader.slices`."""
        names, read = self.header(), 0
        while True:
            rows, faults = self._next(min(SLICE_ROWS, skipped - read) if read < skipped else SLICE_ROWS)
            if not rows:
                return
            read += len(rows)
            yield Slice(len(rows), (), [], []) if read <= skipped else _slice(names, read - len(rows), rows, faults)

    def _next(self, most: int) -> tuple[list[list[str]], dict[int, WaystageError]]:
        """Up to `most` rows, with nothing in those that could not be read, and why not, by position."""
        rows: list[list[str]] = []
        faults: dict[int, WaystageError] = {}
        while len(rows) < most:
            before = len(rows)
            try:
                rows.extend(islice(self._rows, most - before))
            except csv.Error as error:  # what was read before it stays
                faults[len(rows)] = WrongFormat(f"The row is not well formed: {error}.")
                rows.append([])
            if len(rows) == before:
                break
        return rows, faults


def _slice(names: tuple[str, ...], first: int, rows: list[list[str]], faults: dict[int, WaystageError]) -> Slice:
    width = len(names)
    if set(map(len, rows)) != {width}:
        for position, row in enumerate(rows):
            if len(row) != width:
                faults.setdefault(position, WrongFormat(f"The row has {len(row)} columns, the header {width}."))
                rows[position] = [""] * width
    slice_ = Slice(len(rows), names, list(zip(*rows, strict=True)), range(first + 1, first + 1 + len(rows)))
    slice_.refuse(faults)
    return slice_


def _check_header(names: tuple[str, ...]) -> None:
    if not names:
        raise WrongFormat("The file is empty: it must begin with a row of column names.")
    if not all(name.isprintable() for name in names):
        raise WrongFormat("The file is no text: its first row must have the names of the columns.")
    if len(names) > MOST_COLUMNS:
        raise ValueNotAllowed(f"The file must have at most {MOST_COLUMNS} columns, not {len(names)}.")
    if not all(names):
        raise WrongFormat("The first row must give each column a name.")


def _lines(pull: Pull, decoder: codecs.IncrementalDecoder) -> Iterator[list[str]]:
    """The lines of a file with their ends, some each time."""
    rest, is_cut = "", False
    while True:
        piece = pull()
        text = rest + decoder.decode(piece, final=not piece)
        end = _end_of_lines(text) if piece else len(text)
        complete, rest = text[:end], text[end:]
        if is_cut and complete:
            complete, is_cut = complete[_end_of_first(complete) :], False
        if complete:
            yield StringIO(complete, newline="").readlines()
        if not piece:
            return
        if len(rest) > _LONGEST_LINE or is_cut:
            if not is_cut:
                yield [rest[:_LONGEST_LINE] + "x" * (csv.field_size_limit() + 1) + "\n"]
            rest, is_cut = "", True


def _end_of_lines(text: str) -> int:
    """Where the last complete line ends; a carriage return at the very end may be half of a line end."""
    return (text.rfind("\n") + 1) or (text.rfind("\r", 0, max(0, len(text) - 1)) + 1)


def _end_of_first(text: str) -> int:
    ends = [place + 1 for place in (text.find("\n"), text.find("\r")) if place >= 0]
    return min(ends, default=len(text))
