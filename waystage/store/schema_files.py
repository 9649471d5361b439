"""The numbered schema files: what a database is made from, statement by statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One schema file; tokens in its text such as `{json}` stand for words of the database."""

    number: int
    name: str
    text: str

    def statements(self, words: Mapping[str, str] | None = None) -> list[str]:
        """Its statements, in a database's words where they are given."""
        text = self.text
        for token, word in (words or {}).items():
            text = text.replace("{" + token + "}", word)
        lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
        pieces = (piece.strip().rstrip(";").strip() for piece in lines.split(";\n"))
        return [piece for piece in pieces if piece]


def known_files() -> list[SchemaFile]:
    """Every schema file of this program, in order."""
    return _read(resources.files("waystage.store") / "schema")


def files_of(folder: Path) -> list[SchemaFile]:
    """The schema files of another folder, in order."""
    return _read(folder)


def _read(folder: Traversable) -> list[SchemaFile]:
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return [SchemaFile(int(entry.name[:4]), entry.name, entry.read_text(encoding="utf-8")) for entry in found]
