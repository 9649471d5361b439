"""Files with a JSON object in each line (NDJSON) as they arrive: a faulty line is refused, the others are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from waystage.ground.errors import ValueNotAllowed, WaystageError, WrongFormat
from waystage.operations.import_slices import MOST_COLUMNS, SLICE_ROWS, Pull, Slice
from waystage.spec.columns import ABSENT, Column

_LONGEST_LINE = 2**20
#: Stands for a line that is too long; it is no JSON.
_TOO_LONG = b"\0"
_BOM = b"\xef\xbb\xbf"
_NO_OBJECT = f"The line is no JSON object, or longer than {_LONGEST_LINE} bytes."

_decode = msgspec.json.Decoder().decode


class JsonLinesReader:
    """Reads objects whose members are columns; not every row need have all of them."""

    blanks = False

    def __init__(self, pull: Pull) -> None:
        self._pull = pull

    def header(self) -> None:
        """See `FileReader.header`: each row has names of its own."""
        return

    def close(self) -> None:
        """See `FileReader.close`; nothing is."""

    def slices(self, skipped: int) -> Iterator[Slice]:
        """See `FileReader.slices`; WrongFormat where none of the first rows is an object."""
        read = 0
        for lines in _portions(_lines(self._pull), skipped):
            read += len(lines)
            if read <= skipped:
                yield Slice(len(lines), (), [], [])
                continue
            rows, faults = _decoded(lines)
            if len(faults) == len(lines) and read == len(lines):
                raise WrongFormat(f"The file is no NDJSON: none of its first {read} lines is a JSON object.")
            yield _slice(read - len(lines), rows, faults)


def _portions(blocks: Iterator[list[bytes]], skipped: int) -> Iterator[list[bytes]]:
    """Lines, as many as a slice has rows; no portion reaches over the end of what is skipped."""
    waiting: list[bytes] = []
    left = skipped
    for block in blocks:
        waiting += block
        while len(waiting) >= (most := min(SLICE_ROWS, left) if left else SLICE_ROWS):
            yield waiting[:most]
            waiting = waiting[most:]
            left -= min(left, most)
    if waiting:
        yield waiting


def _decoded(lines: list[bytes]) -> tuple[list[Any], dict[int, WaystageError]]:
    """The objects of the lines, `{}` for those that have none, and what is wrong with these by position."""
    try:
        rows = list(map(_decode, lines))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        rows = [_one(line) for line in lines]
    if set(map(type, rows)) == {dict}:
        return rows, {}
    faults: dict[int, WaystageError] = {
        position: WrongFormat(_NO_OBJECT) for position, row in enumerate(rows) if not isinstance(row, dict)
    }
    return [{} if position in faults else row for position, row in enumerate(rows)], faults


def _one(line: bytes) -> object:
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _slice(first: int, rows: list[dict[str, Any]], faults: dict[int, WaystageError]) -> Slice:
    names, columns = _columns(rows, faults)
    slice_ = Slice(len(rows), names, columns, range(first + 1, first + 1 + len(rows)))
    slice_.refuse(faults)
    return slice_


def _columns(rows: Sequence[dict[str, Any]], faults: dict[int, WaystageError]) -> tuple[tuple[str, ...], list[Column]]:
    if len(set(map(tuple, rows))) == 1:
        return tuple(rows[0]), list(zip(*map(dict.values, rows), strict=True))
    names: dict[str, None] = {}
    for position, row in enumerate(rows):
        if len(names) + len(row) > MOST_COLUMNS and len(names.keys() | row.keys()) > MOST_COLUMNS:
            faults[position] = ValueNotAllowed(f"The rows around it have more than {MOST_COLUMNS} names.")
        else:
            names.update(dict.fromkeys(row))
    return tuple(names), [[row.get(name, ABSENT) for row in rows] for name in names]


def _lines(pull: Pull) -> Iterator[list[bytes]]:
    """The lines of a file that are not blank, some each time."""
    rest, is_cut, is_first = b"", False, True
    while True:
        piece = pull()
        block = rest + piece
        end = block.rfind(b"\n") + 1 if piece else len(block)
        complete, rest = block[:end], block[end:]
        if is_first and complete:
            complete, is_first = complete.removeprefix(_BOM), False
        if is_cut and complete:
            complete, is_cut = complete[complete.find(b"\n") + 1 :] if b"\n" in complete else b"", False
        yield [
            line if len(line) <= _LONGEST_LINE else _TOO_LONG for line in complete.split(b"\n") if line and line.strip()
        ]
        if not piece:
            return
        if len(rest) > _LONGEST_LINE or is_cut:
            if not is_cut:
                yield [_TOO_LONG]
            rest, is_cut = b"", True
