"""Bodies that no client means well with, and what a database holds, to see that they leave nothing behind."""

import json
import re
from importlib import resources
from typing import Any

from waystage.store.sql import Tx

LARGEST = 5 * 2**20

#: Bodies that no route may take, by what is wrong with them.
BODIES: dict[str, bytes] = {
    "cut off": b'{"key": "a", "name": ',
    "with something behind": b'{"key": "a"} {}',
    "no JSON at all": b"key=a&name=b",
    "too large": b'{"key": "%s"}' % (b"x" * LARGEST),
    "lists nested too deeply": b"[" * 10_000 + b"]" * 10_000,
    "objects nested too deeply": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a list": b"[1, 2]",
    "a number": b"42",
    "a text": b'"text"',
    "nothing": b"null",
    "a property twice": b'{"key": "a", "name": "b", "key": "c"}',
    "a property twice deep inside": b'{"activities": [{"key": "a", "key": "b"}], "Data": {"a": 1, "a": 2}}',
    "not UTF-8": b'{"key": "\xff\xfe", "name": "\xc3\x28"}',
    "UTF-16": '{"key": "a"}'.encode("utf-16"),
    "a raw NUL": b'{"key": "a\0b"}',
    "a number that is none": b'{"by": NaN, "key": Infinity}',
    "a number beyond all bounds": b'{"key": 1e999}',
    "half a character": b'{"key": "\\ud800", "name": "\\ud800"}',
}

#: Well-formed objects whose members have types, sizes or characters that nobody expects.
_SENT = ("key", "name", "type", "eventDefinitionKey", "ContactKey", "EventDefinitionKey", "contactKey", "by", "to")
_ODD: dict[str, Any] = {
    "numbers": 42,
    "lists": [[]],
    "objects": {"a": {}},
    "NUL characters": "a\0b",
    "truth": True,
}
ODD: dict[str, bytes] = {what: json.dumps(dict.fromkeys(_SENT, value)).encode() for what, value in _ODD.items()}


def tables() -> list[str]:
    """Every table of the schema."""
    folder = resources.files("waystage.store") / "schema"
    texts = [entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted(re.findall(r"CREATE TABLE (\w+)", "\n".join(texts)))


def contents(tx: Tx) -> dict[str, list[str]]:
    """Every row of every table, as text, but for what an idle engine does by itself: leases, the merge of the trace."""
    kept = [table for table in tables() if table not in {"lease", "process", "hop", "mark"}]
    return {table: sorted(map(repr, tx.rows(f"SELECT * FROM {table}"))) for table in kept}
