"""Imports over HTTP (contract, our resources; 20, 40): the file is the body, worked on while it arrives."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Collection, Sequence
from email.message import Message
from io import StringIO

from waystage.api.bodies import ClientGone
from waystage.api.replies import Reply, collection, iso_z
from waystage.api.requests import Request
from waystage.ground import clock
from waystage.ground.errors import (
    Forbidden,
    NotValidNow,
    TooLarge,
    UnsupportedMediaType,
    ValueNotAllowed,
    WrongFormat,
)
from waystage.ground.ids import new_guid
from waystage.operations import imports
from waystage.operations.body_check import is_guid
from waystage.operations.import_slices import FileBroken, FileReader, Pull
from waystage.operations.imports import Named
from waystage.operations.inflate import Inflated
from waystage.operations.read_csv import CsvReader
from waystage.operations.read_json_lines import JsonLinesReader
from waystage.operations.read_parquet import ParquetReader, load_library
from waystage.operations.run_import import MOST_REFUSED, ImportRun, Target
from waystage.store.claims import IMPORT
from waystage.store.imports import Import, RefusedRow
from waystage.store.sql import Tx

CREATED = 201
CSV, TSV, NDJSON = "text/csv", "text/tab-separated-values", "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
ACCEPTED = (CSV, TSV, NDJSON, PARQUET)
_CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1", "windows-1252": "cp1252"}
_WRITE = {imports.CONTACTS: "list_and_subscribers_write", imports.ROWS: "data_extensions_write"}
_READ = {imports.CONTACTS: "list_and_subscribers_read", imports.ROWS: "data_extensions_read"}
_JOURNEYS, _SUBSCRIBERS = "journeys_read", "list_and_subscribers_read"
#: Scopes of which any lets a caller in; which imports it may run or see is told by their target (contract 40).
WRITE_SCOPES = frozenset({_JOURNEYS, *_WRITE.values()})
READ_SCOPES = frozenset({_JOURNEYS, *_READ.values()})


async def load(request: Request) -> Reply:
    """POST imports: 201 when the file is read to its end; what is in its way after that is told row by row."""
    name = imports.read_name(request.query.text("target"))
    _check_scope(request, name)
    guid = _guid(request)
    form, reader = _reader(request)
    key = (request.caller.account, guid)
    world, thing = request.world, _thing(*key)
    world.imports.claim(*key)

    def begin(tx: Tx) -> tuple[Import, Target]:
        if not world.claims.take(tx, IMPORT, thing):
            raise NotValidNow(f"The import {guid} is running: its file is being sent.")
        return imports.begin(tx, *key, name, form, request.now, world.settings.utc_offset, clock.real_now())

    try:
        one, goal = await request.write(begin)
        run = ImportRun(world.database, one, reader, goal, world.numbers, world.engine.notify)
        done = await asyncio.wrap_future(world.imports.threads.submit(run.run))
    except FileBroken as error:
        raise ClientGone from error
    finally:
        if request.stream is not None:
            request.stream.close()
        world.imports.release(*key)
        world.claims.end(IMPORT, thing)
    return Reply(CREATED, _shown(done))


async def read(request: Request) -> Reply:
    """GET imports/{id}: how far it has come."""
    one = await _find(request)
    return Reply(body=_shown(one, await _lost([one], request)))


async def collect(request: Request) -> Reply:
    """GET imports: those of the targets that the token may see, the newest first."""
    paging, scopes = request.paging(), request.caller.scopes
    kinds = [kind for kind in (imports.CONTACTS, imports.ROWS, imports.EVENTS) if _may_see(kind, scopes)]
    account = request.caller.account
    count, found = await request.read(imports.collect, account, kinds, paging.size, paging.offset)
    lost = await _lost(found, request)
    return Reply(body=collection([_shown(one, lost) for one in found], count, paging.page, paging.size))


async def refused(request: Request) -> Reply:
    """GET imports/{id}/refused: row, errorcode and message of the refused rows that are kept; also as CSV."""
    one, paging = await _find(request), request.paging()
    account, guid = request.caller.account, one.guid
    if (request.query.text("format") or "").lower() == "csv" or request.header("accept").startswith(CSV):
        _, found = await request.read(imports.refused, account, guid, MOST_REFUSED, 0)
        return Reply(body=_table(found), content_type=f"{CSV}; charset=utf-8")
    count, found = await request.read(imports.refused, account, guid, paging.size, paging.offset)
    items = [{"row": row.place, "errorcode": row.errorcode, "message": row.message} for row in found]
    return Reply(body=collection(items, count, paging.page, paging.size, rowsRefused=one.rows_refused))


def _table(rows: Sequence[RefusedRow]) -> str:
    text = StringIO()
    table = csv.writer(text)
    table.writerow(("row", "errorcode", "message"))
    table.writerows((row.place, row.errorcode, row.message) for row in rows)
    return text.getvalue()


async def _find(request: Request) -> Import:
    """The import that the path names; Forbidden where the token may not see its kind."""
    one = await request.read(imports.read, request.caller.account, request.path["id"].lower())
    if not _may_see(one.kind, request.caller.scopes):
        raise Forbidden
    return one


def _may_see(kind: str, scopes: frozenset[str]) -> bool:
    return _JOURNEYS in scopes or _READ.get(kind, _JOURNEYS) in scopes


def _check_scope(request: Request, name: Named) -> None:
    """Forbidden, before anything is read or looked up (D-07)."""
    scopes = request.caller.scopes
    if _WRITE.get(name.kind, _JOURNEYS) not in scopes:
        raise Forbidden
    if name.kind == imports.EVENTS and request.world.settings.fine_scopes and _SUBSCRIBERS not in scopes:
        raise Forbidden


def _guid(request: Request) -> str:
    given = request.query.text("id")
    if given is None:
        return new_guid()
    if not is_guid(given):
        raise WrongFormat("id must be a GUID.")
    return given.lower()


def _reader(request: Request) -> tuple[str, FileReader]:
    """The media type and the reader of the body; UnsupportedMediaType, TooLarge, ValueNotAllowed."""
    declared = Message()
    declared["content-type"] = request.header("content-type") or "application/octet-stream"
    media = declared.get_content_type()
    if media not in ACCEPTED:
        raise UnsupportedMediaType(f"Send the file as one of {', '.join(ACCEPTED)}.")
    pull = _body(request)
    if media == PARQUET:
        load_library()
        return media, ParquetReader(pull)
    if media == NDJSON:
        return media, JsonLinesReader(pull)
    delimiter = str(declared.get_param("delimiter") or ("\t" if media == TSV else ","))
    if len(delimiter) != 1 or delimiter in '"\r\n\0' or not delimiter.isascii():
        raise ValueNotAllowed("delimiter must be one character, such as a semicolon in quotes.")
    return media, CsvReader(pull, _charset(declared), delimiter)


def _charset(declared: Message) -> str:
    named = str(declared.get_param("charset") or "utf-8").lower()
    if named not in _CHARSETS:
        raise UnsupportedMediaType(f"charset must be one of {', '.join(_CHARSETS)}.")
    return _CHARSETS[named]


def _body(request: Request) -> Pull:
    """The bytes of the file, unpacked if they come compressed."""
    limit = request.world.settings.max_import_bytes
    length = request.header("content-length")
    if length.isdecimal() and len(length) < 19 and int(length) > limit:
        raise TooLarge(f"The file is larger than {limit} bytes.")
    coding = request.header("content-encoding").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise UnsupportedMediaType("A file may be compressed with gzip, and with nothing else.")
    if request.stream is None:
        raise RuntimeError("the route does not stream")
    pull = request.stream.open(limit).pull
    return Inflated(pull, limit) if coding.endswith("gzip") else pull


def _thing(account: int, guid: str) -> str:
    return f"{account}:{guid}"


async def _lost(found: Sequence[Import], request: Request) -> set[str]:
    """Ids of the imports that are said to run, but by no process that lives."""
    world = request.world
    running = [one for one in found if one.status == imports.RUNNING and not world.imports.runs(one.account, one.guid)]
    if not running:
        return set()
    held = await request.read(world.claims.others, IMPORT, [_thing(one.account, one.guid) for one in running])
    return {one.guid for one in running if _thing(one.account, one.guid) not in held}


def _shown(one: Import, lost: Collection[str] = ()) -> dict[str, object]:
    """An import on the wire; dates in UTC, by the real clock."""
    return {
        "id": one.guid,
        "target": str(Named(one.kind, one.target)),
        "format": one.format,
        "status": imports.INTERRUPTED if one.guid in lost else one.status,
        "message": one.message,
        "rowsRead": one.rows_read,
        "rowsStored": one.rows_read - one.rows_refused,
        "rowsRefused": one.rows_refused,
        "startedDate": iso_z(one.started),
        "modifiedDate": iso_z(one.changed),
        "completedDate": None if one.completed is None else iso_z(one.completed),
    }
