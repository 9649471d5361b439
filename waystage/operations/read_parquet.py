"""Parquet files: kept in a temporary file until they are there whole, since what they hold stands at their end."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from waystage.ground.errors import UnsupportedMediaType, WrongFormat
from waystage.operations.import_slices import SLICE_ROWS, Pull, Slice
from waystage.spec.columns import Column


def load_library() -> tuple[Any, Any]:
    """The library and its part for Parquet; UnsupportedMediaType names the extra that brings them."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise UnsupportedMediaType(
            "Parquet needs a library that is not installed here: pip install 'waystage[parquet]'."
        ) from error


class ParquetReader:
    """Reads the columns of a Parquet file; what is nested is no value that a column would take."""

    blanks = False

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self._arrow, self._parquet = load_library()
        self._file: Any = None
        self._spool: IO[bytes] | None = None

    def header(self) -> tuple[str, ...]:
        """See `FileReader.header`; takes the whole file in."""
        if self._file is None:
            self._spool = tempfile.TemporaryFile(prefix="waystage-")  # noqa: SIM115 - lives as long as the reader
            while piece := self._pull():
                self._spool.write(piece)
            self._spool.seek(0)
            try:
                self._file = self._parquet.ParquetFile(self._spool)
            except (self._arrow.ArrowException, OSError) as error:
                raise WrongFormat("The file is no Parquet file.") from error
        return tuple(self._file.schema_arrow.names)

    def close(self) -> None:
        """See `FileReader.close`."""
        if self._file is not None:
            self._file.close()
        if self._spool is not None:
            self._spool.close()

    def slices(self, skipped: int) -> Iterator[Slice]:
        """See `FileReader.slices`."""
        names, read = self.header(), 0
        try:
            for batch in self._file.iter_batches(batch_size=SLICE_ROWS):
                passed = min(batch.num_rows, max(0, skipped - read))
                read += batch.num_rows
                if passed:
                    yield Slice(passed, (), [], [])
                if passed < batch.num_rows:
                    left = batch.slice(passed)
                    columns = [self._values(column) for column in left.columns]
                    yield Slice(left.num_rows, names, columns, range(read - left.num_rows + 1, read + 1))
        except (self._arrow.ArrowException, OSError) as error:
            raise WrongFormat("The Parquet file is damaged.") from error

    def _values(self, column: Any) -> Column:
        """The values as JSON would have them: dates and decimals are texts."""
        kinds = self._arrow.types
        if kinds.is_timestamp(column.type):
            column = column.cast(self._arrow.timestamp("us", tz=column.type.tz), safe=False)
        values: list[Any] = column.to_pylist()
        if kinds.is_temporal(column.type) and not kinds.is_duration(column.type):
            return [value if value is None else value.isoformat() for value in values]
        if kinds.is_decimal(column.type):
            return [value if value is None else str(value) for value in values]
        return values
