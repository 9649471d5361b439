"""Files of the embedded database as backups: copied while others write, sealed with a checksum, checked."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import apsw

from waystage.store.dialects.connection import Connection
from waystage.store.dialects.sqlite import SqliteConnection, SqliteDialect

#: Where SQLite keeps a number in its files that the program may choose (`user_version`), big-endian: the checksum.
_CHECKSUM_AT, _CHECKSUM_BYTES = 60, 4
_CHUNK = 1 << 20
_PAGES = 500

_SCHEME = "sqlite:///"
#: Is told how many pages of how many have been copied.
Copied = Callable[[int, int], None]


def file_of(url: str) -> Path | None:
    """The file of an embedded database; None if a server has it."""
    return Path(url.removeprefix(_SCHEME)) if url.startswith(_SCHEME) else None


def url_of(file: Path) -> str:
    """The address of an embedded database."""
    return f"{_SCHEME}{file}"


def reading(file: Path) -> Connection:
    """A connection that only reads, and leaves a file at rest as it is to the byte."""
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(10_000)
    connection.pragma("query_only", "on")
    return SqliteConnection(connection, SqliteDialect())


def copy_file(source: Path, target: Path, told: Copied) -> None:
    """Copy a database that others may be writing to, as it is at one instant.

    The snapshot is held by a transaction: writers go on, and the copy does not begin anew when they commit.
    """
    reading = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
    writing = apsw.Connection(str(target))
    try:
        reading.set_busy_timeout(10_000)
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchall()
        with writing.backup("main", reading, "main") as backup:
            while not backup.done:
                backup.step(_PAGES)
                told(backup.page_count - backup.remaining, backup.page_count)
    finally:
        writing.close()
        reading.close()


def make_single(file: Path) -> None:
    """Everything in the one file, no log beside it."""
    connection = apsw.Connection(str(file))
    try:
        connection.pragma("journal_mode", "delete")
        connection.execute("PRAGMA user_version = 0")
    finally:
        connection.close()


def seal(file: Path) -> None:
    """Write the checksum of a file into it; nobody has it open."""
    with file.open("r+b") as stream:
        stream.seek(_CHECKSUM_AT)
        stream.write(_checksum(file).to_bytes(_CHECKSUM_BYTES, "big"))


def is_whole(file: Path) -> bool:
    """Whether a file is what was sealed, byte for byte."""
    with file.open("rb") as stream:
        stream.seek(_CHECKSUM_AT)
        noted = int.from_bytes(stream.read(_CHECKSUM_BYTES), "big")
    return noted == _checksum(file)


def is_database(file: Path) -> bool:
    """Whether a file looks like one of SQLite's."""
    with file.open("rb") as stream:
        return stream.read(16) == b"SQLite format 3\x00"


def _checksum(file: Path) -> int:
    """CRC-32 of the file with the checksum's own place empty."""
    with file.open("rb") as stream:
        first = bytearray(stream.read(_CHUNK))
        first[_CHECKSUM_AT : _CHECKSUM_AT + _CHECKSUM_BYTES] = bytes(_CHECKSUM_BYTES)
        checksum = zlib.crc32(first)
        while chunk := stream.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
    return checksum
