"""The named differences between the databases; every other statement is the same on both (anchors A.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Dialect(Protocol):
    """What a database module must say of itself. Methods that return `str` return a piece of SQL."""

    @property
    def name(self) -> str:
        """For messages and metrics only; no decision may hang on it."""
        ...

    @property
    def default_lanes(self) -> int:
        """Lanes of a new database when the setting is silent (design 3.1)."""
        ...

    @property
    def separate_stepper(self) -> bool:
        """Whether batches may run on a connection of their own beside the requests' writer (design 2)."""
        ...

    @property
    def many_processes(self) -> bool:
        """Whether several processes may move contacts, each in lanes of its own (design 3)."""
        ...

    @property
    def schema_words(self) -> dict[str, str]:
        """What the tokens `{serial}`, `{json}`, `{clustered}` and the tables of work become in schema files."""
        ...

    @property
    def drops_later_arrivals(self) -> bool:
        """Whether `arriving` itself keeps only the first event of a contact, by a unique index."""
        ...

    def json_in(self, text: str) -> str:
        """A JSON text parameter as the stored form."""
        ...

    def json_out(self, stored: str) -> str:
        """The stored form as JSON text."""
        ...

    def json_text(self, stored: str, name: str) -> str:
        """The text member `name` (a parameter) of a stored object; NULL if absent or null."""
        ...

    def json_integer(self, stored: str, name: str) -> str:
        """The integer member `name` (a parameter) of a stored object; NULL if absent or null."""
        ...

    def member(self, name: str) -> str:
        """The value of the parameter by which `json_text` and `json_integer` find the member `name`."""
        ...

    def json_merge(self, base: str, change: str) -> str:
        """Two stored objects merged, the members of `change` winning; a null there reads as null afterwards."""
        ...

    def json_array(self, items: Sequence[str]) -> str:
        """A stored array of the given values."""
        ...

    def json_object(self, members: Sequence[tuple[str, str]]) -> str:
        """A stored object of (name parameter, value) pairs."""
        ...

    def fold(self, text: str) -> str:
        """Text with the letters A-Z made small and all others left alone (design 8.7)."""
        ...

    def contains(self, text: str, part: str) -> str:
        """True when `part` stands somewhere in `text`."""
        ...

    def position(self) -> str:
        """The number of a row in the working set: 1, 2, 3 … in the order of insertion."""
        ...

    def clear(self, working_set: str) -> str:
        """The statement that empties `arriving` or `work` for `:lane`."""
        ...

    def json_of(self, value: str) -> str:
        """An integer or text as the JSON text of that value."""
        ...

    def look_up(self, table: str, alias: str, condition: str, *, optional: bool = False, across: bool = False) -> str:
        """A join that finds rows of `table` by key for each row before it, and can never be turned round.

        A planner that knows nothing of a fresh table may else scan it once for every row of a batch. `across`: the rows
        before it are of several lanes.
        """
        ...

    def delete_keys(self, table: str, key: Sequence[tuple[str, str]], source: str) -> str:
        """The statement that deletes the rows of `:lane` whose key is (column, value) for some row of `source`.

        `source` is FROM and WHERE of the rows that the values speak of; the rows to delete are found by their key.
        """
        ...

    def numbers_of(self, text: str) -> str:
        """Rows (name, number) of a parameter that is the JSON text of an object whose members are integers."""
        ...

    def texts_of(self, text: str) -> str:
        """Rows (one) of a parameter that is the JSON text of an array of texts."""
        ...

    def hexadecimal(self, number: str, width: int) -> str:
        """An integer from 0 as hexadecimal text, lower case, filled up with zeros."""
        ...

    def touch(self) -> str:
        """What makes a transaction one that is written out, together with all that were committed before it."""
        ...

    def text_of(self, number: str) -> str:
        """An integer as decimal text."""
        ...

    def real_time(self) -> str | None:
        """The real time of the server in ms; None where the database lives by the clock of this machine."""
        ...

    def go_on_numbering(self, table: str, column: str) -> str | None:
        """The statement after which rows get numbers above all that are there; None where that needs none."""
        ...

    def learn_sizes(self) -> str | None:
        """The statement by which a planner learns of what has just been loaded; None where it need not know."""
        ...

    def tables(self) -> str:
        """The query that gives the `name` of every table."""
        ...

    def wait_briefly(self) -> str | None:
        """The statement after which this transaction waits only briefly for locks; None where nobody else holds any."""
        ...
