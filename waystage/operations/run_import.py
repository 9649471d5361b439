"""Carrying out an import: slices of the file become transactions, each with its rows and the progress (contract 20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from waystage.ground import clock
from waystage.ground.errors import NotValidNow, ValidationErrors, ValueNotAllowed, WaystageError
from waystage.ground.ids import InboxNumbers
from waystage.operations.import_slices import FileReader, Slice, named
from waystage.operations.row_events import RowEvents
from waystage.store import imports
from waystage.store.database import Database
from waystage.store.imports import Import, RefusedRow
from waystage.store.sql import Tx

#: Refused rows of an import that are kept; all are counted.
MOST_REFUSED = 1_000
_MOST_FINDINGS = 50


class Work(Protocol):
    """Rows ready to be written in one transaction."""

    def anew(self) -> Work:
        """The same work for one more try of a transaction."""
        ...

    def check(self, tx: Tx) -> list[RefusedRow]:
        """What only the store can tell to be wrong; those rows will not be written."""
        ...

    def write(self, tx: Tx, events: RowEvents) -> None:
        """Write all others."""
        ...


class Target(Protocol):
    """What an import loads."""

    @property
    def ignores_others(self) -> bool:
        """Whether columns that it does not know are passed over."""
        ...

    def known(self, name: str) -> str | None:
        """The declared spelling of a column's name, None for a column that it does not know."""
        ...

    def demand(self, names: Sequence[str]) -> None:
        """MissingValue unless these columns can make rows."""
        ...

    def prepare(self, slice_: Slice, *, blanks: bool) -> Any:
        """Type the values of a slice and make work of it; rows that cannot be stored are refused in the slice."""
        ...


@dataclass(slots=True)
class ImportRun:
    """One attempt of an import; `one` is what is committed of it.

    Slices need not be on disk when their commits return (docs/decisions/0014), and each counts on those before it:
    after a lost connection nothing more is stored, and the next attempt goes on from what the database knows.
    """

    database: Database
    one: Import
    reader: FileReader
    target: Target
    numbers: InboxNumbers
    notify: Callable[[], None]
    losses: int = field(init=False)

    def __post_init__(self) -> None:
        self.losses = self.database.losses

    def run(self) -> Import:
        """Read the file to its end; gives the import as it is then. FileBroken, WaystageError where it cannot go on."""
        try:
            self._read_file()
        except WaystageError as error:
            self._end("Failed", error.message)
            raise
        except BaseException:
            with suppress(Exception):  # the store itself may be what fails; reading shows the same without it
                self._end("Interrupted")
            raise
        finally:
            self.reader.close()
        self._end("CompleteWithErrors" if self.one.rows_refused else "Complete")
        return self.one

    def _end(self, status: str, message: str = "") -> None:
        now = clock.real_now()
        completed = None if status == "Interrupted" else now
        self.one = replace(self.one, status=status, message=message, changed=now, completed=completed)

        def save(tx: Tx) -> None:
            self.database.check(self.losses)
            imports.save(tx, self.one)

        self.database.write(save).result()

    def _read_file(self) -> None:
        header = self.reader.header()
        if header is not None:
            self._check_header(header)
        read, before = 0, self.one.rows_read
        pending: Future[tuple[Import, RowEvents]] | None = None
        try:
            for slice_ in self.reader.slices(before):
                read += slice_.count
                if read > before:
                    work = self._prepared(slice_)
                    self._settle(pending)
                    pending = self._submit(slice_, work)
        finally:
            self._settle(pending)
        if read < before:
            raise NotValidNow(f"The file has {read} rows, but {before} of this import are stored: it is another file.")

    def _check_header(self, names: Sequence[str]) -> None:
        """ValidationErrors names every column that is not known or stands twice."""
        known = [self.target.known(name) for name in names]
        found = [name for name in known if name is not None]
        if not self.target.ignores_others and None in known:
            strays = [name for name, declared in zip(names, known, strict=True) if declared is None]
            raise ValidationErrors(
                [ValueNotAllowed(f"There is no column {name[:100]!r}.") for name in strays[:_MOST_FINDINGS]]
            )
        twice = sorted({name for name in found if found.count(name) > 1})
        if twice:
            raise ValidationErrors([ValueNotAllowed(f"The column {name!r} stands twice.") for name in twice])
        self.target.demand(found)

    def _prepared(self, slice_: Slice) -> Work:
        named(slice_, self.target.known, ignores_others=self.target.ignores_others)
        work: Work = self.target.prepare(slice_, blanks=self.reader.blanks)
        return work

    def _submit(self, slice_: Slice, work: Work) -> Future[tuple[Import, RowEvents]]:
        return self.database.in_turn(lambda tx: self._store(tx, slice_, work.anew()))

    def _store(self, tx: Tx, slice_: Slice, work: Work) -> tuple[Import, RowEvents]:
        """Rows and progress, both or none; an attempt that another one has followed stores nothing more."""
        self.database.check(self.losses)
        events, before = RowEvents(self.numbers), self.one
        refused = sorted([*slice_.refused, *work.check(tx)], key=lambda row: row.place)
        one = replace(
            before,
            rows_read=before.rows_read + slice_.count,
            rows_refused=before.rows_refused + len(refused),
            changed=clock.real_now(),
        )
        if not imports.save(tx, one):
            raise NotValidNow("The file of this import is being sent anew.")
        work.write(tx, events)
        room = MOST_REFUSED - min(before.rows_refused, MOST_REFUSED)
        if refused[:room]:
            imports.add_refused(tx, one, refused[:room])
        return one, events

    def _settle(self, pending: Future[tuple[Import, RowEvents]] | None) -> None:
        """Wait for a slice to be committed; the next one counts from there."""
        if pending is not None:
            self.one, events = pending.result()
            if events.fired:
                self.notify()
