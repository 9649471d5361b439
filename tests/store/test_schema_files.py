"""From 0030 on schema files only add, so that old and new processes work side by side (docs/how-to/operate.md)."""

import re
from pathlib import Path

import pytest

from waystage.store.copying import PASSING
from waystage.store.relocate import BY_THEMSELVES
from waystage.store.relocation import RULES
from waystage.store.schema_files import SchemaFile, files_of, known_files
from waystage.store.tables import all_tables

SINCE = 30
_MADE = re.compile(r"CREATE TABLE (\w+) ")
_ALLOWED = (
    re.compile(r"CREATE TABLE \w+ \(.*", re.DOTALL),
    re.compile(r"ALTER TABLE \w+ ADD COLUMN \w+ (?!.*NOT NULL(?!.*DEFAULT)).*"),
    re.compile(r"CREATE INDEX \w+ ON .*", re.DOTALL),
)
#: These may be in a file for tables that the same file makes: nobody works with them yet.
_ON_NEW = re.compile(r"(?:CREATE UNIQUE INDEX \w+ ON|INSERT INTO) (\w+)\b.*", re.DOTALL)


def narrowing(file: SchemaFile) -> list[str]:
    """Statements of a file that older processes might not survive."""
    statements = file.statements()
    made = {found[1] for one in statements if (found := _MADE.match(one))}
    return [
        one
        for one in statements
        if not any(allowed.fullmatch(one) for allowed in _ALLOWED)
        and not ((on := _ON_NEW.fullmatch(one)) and on[1] in made)
    ]


@pytest.mark.parametrize("file", [one for one in known_files() if one.number >= SINCE], ids=lambda one: str(one.name))
def test_a_schema_file_only_adds(file: SchemaFile) -> None:
    assert narrowing(file) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE version",
        "ALTER TABLE version DROP COLUMN guid",
        "ALTER TABLE version RENAME COLUMN guid TO name",
        "ALTER TABLE version ADD COLUMN more TEXT NOT NULL",
        "ALTER TABLE version ALTER COLUMN guid SET NOT NULL",
        "CREATE UNIQUE INDEX one ON version (guid)",
        "UPDATE version SET guid = ''",
        "INSERT INTO version (number) VALUES (1)",
    ],
)
def test_the_rule_sees_what_narrows(statement: str, tmp_path: Path) -> None:
    (tmp_path / "9000_narrow.sql").write_text(f"{statement};\n")
    assert narrowing(*files_of(tmp_path)) == [statement]


def test_every_table_has_a_way_into_another_number_of_lanes() -> None:
    """A new table whose rows belong to lanes must be named in store.relocation or store.relocate."""
    named = set(RULES) | BY_THEMSELVES | PASSING
    assert {table.name for table in all_tables().values() if table.has_lanes} - named == set()
