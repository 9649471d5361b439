"""`waystage backup`: one file with everything, as it was at one instant, while the processes go on.

The file is an SQLite database whatever it was made from, so it can be looked into; it bears a checksum.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from waystage import __version__
from waystage.ground import clock, ids
from waystage.store import manifests, migrate, transfer
from waystage.store.copying import Told, copy_all, count, lasting_tables
from waystage.store.database import Database
from waystage.store.dialects import files
from waystage.store.manifests import Manifest

#: What a backup was made from.
FILE, SERVER = "file", "server"


class CannotBackUp(Exception):
    """No backup can be made or restored; the text says why, and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup, and the key file beside the database that is not in it, if there is one."""

    manifest: Manifest
    size: int
    key_file: Path | None


def back_up(url: str, file: Path, told: Told) -> Made:
    """Write a backup to `file`, which appears when it is whole; CannotBackUp."""
    if file.exists():
        raise CannotBackUp(f"{file} exists already. Give another name: a backup never replaces another.")
    draft = file.with_name(f".{file.name}.{ids.new_guid()[:8]}")
    try:
        manifest = _from_file(url, draft, told) if files.file_of(url) else _from_server(url, draft, told)
        files.make_single(draft)
        files.seal(draft)
        settle(draft)
        _name(draft, file)
        settle(file.parent)
    except FileExistsError as error:
        raise CannotBackUp(f"{file} has appeared meanwhile; it was left alone.") from error
    except OSError as error:
        raise CannotBackUp(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        discard(draft)
    key_file = transfer.key_file_of(url)
    return Made(manifest, file.stat().st_size, key_file if key_file is not None and key_file.exists() else None)


def _from_file(url: str, draft: Path, told: Told) -> Manifest:
    source = files.file_of(url)
    if source is None or not source.is_file():
        raise CannotBackUp(f"There is no database {source}.")
    _make_private(draft)
    files.copy_file(source, draft, lambda done, pages: told("pages", done))
    with transfer.filling(files.url_of(draft)) as tx:
        tables = [name for name in lasting_tables() if name in migrate.tables_of(tx)]
        made = Manifest(
            FILE, clock.real_now(), __version__, tx.lanes, migrate.number_of(tx), count(tx, tables)
        )  # fmt: skip
        manifests.write(tx, made)
    return made


def _from_server(url: str, draft: Path, told: Told) -> Manifest:
    with transfer.snapshot(url) as source:
        known = migrate.known_number()
        if (number := migrate.number_of(source)) != known:
            raise CannotBackUp(
                f"The database has schema {number:04}, this program knows {known:04}. Use the program of its version."
            )
        _make_private(draft)
        lanes = source.lanes
        database = Database(files.url_of(draft))
        try:
            migrate.migrate(database, lanes)
        finally:
            database.close()
        with transfer.filling(files.url_of(draft)) as target:
            made = Manifest(
                SERVER, clock.real_now(), __version__, lanes, number, copy_all(source, target, told)
            )  # fmt: skip
            manifests.write(target, made)
    return made


def _name(draft: Path, file: Path) -> None:
    """Give a draft its name; FileExistsError where somebody else was quicker."""
    try:
        os.link(draft, file)
    except FileExistsError:
        raise
    except OSError:  # some network folders have no links
        if file.exists():
            raise FileExistsError(file) from None
        draft.rename(file)


def _make_private(draft: Path) -> None:
    """Whoever may read a backup may read everything: only its owner may."""
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def settle(path: Path) -> None:
    """A file, or what a folder names, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def discard(draft: Path) -> None:
    """Remove a draft with what SQLite puts beside it."""
    for name in (draft.name, f"{draft.name}-wal", f"{draft.name}-shm", f"{draft.name}-journal"):
        draft.with_name(name).unlink(missing_ok=True)
