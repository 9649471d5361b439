"""Imports of a file against parsing it and inserting its rows, in one run: at least half as fast as the slower."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from io import StringIO
from statistics import median
from typing import Any

import msgspec

from waystage.bench.engine import Say
from waystage.bench.processes import ServerProcess
from waystage.bench.scene import expect
from waystage.bench.stores import Store, fresh
from waystage.ground import clock
from waystage.ground.ids import lane_of
from waystage.store.database import Database
from waystage.store.migrate import migrate
from waystage.store.sql import Loaded, SqlValue, Tx

_ACCOUNT, _SLICE, _PIECE = 1, 5_000, 2**18
_NAMES = ("ContactKey", "EmailAddress", "FirstName", "Tier", "Score", "Total")
_CONTACT_NAMES = ("ContactKey", "Email Addresses.Email Address", "Email Demographics.First Name")
_FIELDS = [
    {"name": "ContactKey", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
    {"name": "EmailAddress", "type": "EmailAddress", "length": 254},
    {"name": "FirstName", "type": "Text", "length": 50},
    {"name": "Tier", "type": "Text", "length": 20},
    {"name": "Score", "type": "Number"},
    {"name": "Total", "type": "Decimal", "length": 18, "scale": 2},
]


@dataclass(frozen=True, slots=True)
class Imported:
    """Rows a second, round by round: the file parsed, its rows inserted, the file imported."""

    store: str
    target: str
    rows: int
    parsed: list[float]
    inserted: list[float]
    imported: list[float]

    @property
    def ratio(self) -> float:
        """The import as a part of the slower of the two."""
        rounds = zip(self.parsed, self.inserted, self.imported, strict=True)
        return median(whole / min(parsed, inserted) for parsed, inserted, whole in rounds)


def compare(store: Store, target: str, many: int, rounds: int, say: Say, *, lanes: int | None) -> Imported:
    """Interleaved runs, each on an empty database."""
    rows = list(_rows(many, target))
    text = _written(_CONTACT_NAMES if target == "contacts" else _NAMES, rows)
    found = Imported(store.name, target, many, [], [], [])
    for number in range(1, rounds + 1):
        found.parsed.append(many / _timed(lambda: expect("rows", _parse(text), many + 1)))
        with fresh(store) as url:
            found.inserted.append(many / _insert(url, target, rows, lanes))
        with fresh(store) as url, ServerProcess(url, lanes=lanes) as server:
            found.imported.append(many / _import(server, target, text, many))
        last = [f"{series[-1]:,.0f}" for series in (found.parsed, found.inserted, found.imported)]
        say(f"{store.name} import of {target}, round {number}: parse, insert, import {' · '.join(last)} rows/s")
    return found


def _rows(many: int, target: str) -> Iterator[tuple[str, ...]]:
    """Made-up people in no order of their keys, the same each time: a prime's multiples scatter them."""
    for place in range(many):
        number = place * 48_271 % many
        score = place * 69_621 % 1_000_000
        person = (f"person-{number:08}", f"person{number}@example.org", f"Name {number % 977}")
        yield person if target == "contacts" else (*person, f"tier {score % 4}", str(score), f"{score / 100:.2f}")


def _written(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = StringIO()
    table = csv.writer(text)
    table.writerow(names)
    table.writerows(rows)
    return text.getvalue().encode()


def _timed(work: Callable[[], object]) -> float:
    started = clock.stopwatch()
    work()
    return clock.stopwatch() - started


def _parse(text: bytes) -> int:
    """Read the file row by row and keep nothing."""
    return sum(1 for _ in csv.reader(StringIO(text.decode(), newline="")))


def _insert(url: str, target: str, rows: Sequence[tuple[str, ...]], lanes: int | None) -> float:
    """Seconds for the rows of the tables, ready made: no checks, no look-ups, a commit for each slice."""
    database = Database(url)
    try:
        migrate(database, lanes)
        count = database.read(lambda tx: tx.lanes).result()
        slices = [_tables(target, rows[start : start + _SLICE], start, count) for start in range(0, len(rows), _SLICE)]
        return _timed(lambda: [database.step(partial(_load, tables=one)) for one in slices])
    finally:
        database.close()


def _load(tx: Tx, tables: dict[str, dict[str, Loaded]]) -> None:
    for table, columns in tables.items():
        tx.load(table, columns)


def _tables(target: str, rows: Sequence[tuple[str, ...]], start: int, lanes: int) -> dict[str, dict[str, Loaded]]:
    lane: list[SqlValue] = [lane_of(_ACCOUNT, row[0], lanes) for row in rows]
    numbers: list[SqlValue] = list(range(start + 1, start + 1 + len(rows)))
    same: list[SqlValue] = [1] * len(rows)
    keys: list[SqlValue] = [row[0] for row in rows]
    row_keys: list[SqlValue] = [f'["{row[0]}"]' for row in rows]
    data: list[SqlValue] = [_json(target, row) for row in rows]
    contact: dict[str, Loaded] = {
        "lane": ("INTEGER", lane), "contact": ("BIGINT", numbers), "account": ("BIGINT", same), "key": ("TEXT", keys),
        "created": ("BIGINT", same), "data": ("JSON", data if target == "contacts" else ["{}"] * len(rows)),
    }  # fmt: skip
    if target == "contacts":
        return {"contact": contact}
    if target == "event":
        return {"inbox": {
            "lane": ("INTEGER", lane), "id": ("BIGINT", numbers), "kind": ("SMALLINT", [0] * len(rows)),
            "account": ("BIGINT", same), "definition": ("BIGINT", same), "contact_key": ("TEXT", keys),
            "row_key": ("TEXT", row_keys), "data": ("JSON", data),
        }}  # fmt: skip
    return {"contact": contact, "row": {
        "lane": ("INTEGER", lane), "extension": ("BIGINT", same), "contact": ("BIGINT", numbers),
        "key": ("TEXT", row_keys), "data": ("JSON", data), "seq": ("BIGINT", numbers),
    }}  # fmt: skip


def _json(target: str, row: tuple[str, ...]) -> str:
    if target == "contacts":
        sets = {"Email Addresses": {"Email Address": row[1]}, "Email Demographics": {"First Name": row[2]}}
        return msgspec.json.encode(sets).decode()
    values = (*row[:4], int(row[4]), round(100 * float(row[5])))
    return msgspec.json.encode(dict(zip(_NAMES, values, strict=True))).decode()


def _import(server: ServerProcess, target: str, text: bytes, many: int) -> float:
    """Seconds from the first byte of the file to the answer."""
    headers = {"authorization": f"Bearer {server.token()}", "content-type": "application/json"}
    extension = {"name": "people", "key": "people", "sendableCustomObjectField": "ContactKey", "fields": _FIELDS}
    made = _post(server, "/data/v1/customobjects", msgspec.json.encode(extension), headers)
    definition = {"type": "APIEvent", "name": "people", "eventDefinitionKey": "people", "dataExtensionId": made["id"]}
    _post(server, "/interaction/v1/eventDefinitions", msgspec.json.encode(definition), headers)
    name = target if target == "contacts" else f"{target}:people"
    headers["content-type"] = "text/csv"
    started = clock.stopwatch()
    done = _post(server, f"/waystage/v1/imports?target={name}", text, headers)
    seconds = clock.stopwatch() - started
    expect("rows of the import", (done.get("status"), done.get("rowsStored")), ("Complete", many))
    return seconds


def _post(server: ServerProcess, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=600)
    pieces = (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
    connection.request("POST", path, pieces, {**headers, "content-length": str(len(body))})
    answer: dict[str, Any] = msgspec.json.decode(connection.getresponse().read())
    connection.close()
    return answer
