"""What callers wrote to rows stands there: the last answered value, or that of a write whose answer was lost."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.invariants.base import AtRest, few


@dataclass
class RowLedger:
    """By contact, the numbers that may stand in a field of the contact's row. 0: there may be no row."""

    allowed: dict[str, set[int]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Contacts about whom a caller was left without an answer; nobody writes to them any more."""

    def sent(self, contact: str, value: int) -> None:
        """A value is on its way."""
        self.allowed.setdefault(contact, {0}).add(value)

    def answered(self, contact: str, value: int) -> None:
        """The value is stored."""
        self.allowed[contact] = {value}


def rows_stand(base: AtRest, ledger: RowLedger, extension: str, name: str) -> Iterator[str]:
    """`extension` is a data extension with a row for each contact, `name` its field."""
    found = {
        contact: json.loads(data).get(name) or 0
        for contact, data in base.rows(
            f"SELECT c.key, {base.dialect.json_out('r.data')} FROM row r"
            " JOIN contact c ON c.lane = r.lane AND c.contact = r.contact"
            " JOIN data_extension e ON e.number = r.extension WHERE e.key = :extension", extension=extension,
        )
    }  # fmt: skip
    wrong = [
        (one, found.get(one, 0), allowed) for one, allowed in ledger.allowed.items() if found.get(one, 0) not in allowed
    ]
    if wrong:
        yield f"rows of {extension} hold what nobody wrote last (contact, value, allowed): {few(wrong)}"
