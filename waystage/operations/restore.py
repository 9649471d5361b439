"""`waystage restore`: a backup into an empty place, after everything about it has been checked."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from waystage.ground import ids
from waystage.operations.backup import CannotBackUp, discard, settle
from waystage.operations.copy_database import CannotCopy, check_counts
from waystage.store import copying, manifests, migrate, transfer
from waystage.store.copying import Told
from waystage.store.database import Database
from waystage.store.dialects import files
from waystage.store.manifests import Manifest
from waystage.store.sql import Tx


def check(file: Path) -> Manifest:
    """What a backup says of itself, if it is whole; CannotBackUp."""
    if not file.is_file():
        raise CannotBackUp(f"There is no file {file}.")
    if not files.is_database(file):
        raise CannotBackUp(f"{file} is no backup of Waystage.")
    if not files.is_whole(file):
        raise CannotBackUp(f"{file} is damaged: its checksum differs. Take another backup.")
    with transfer.snapshot(files.url_of(file)) as tx:
        manifest = manifests.read(tx)
        if manifest is None:
            raise CannotBackUp(f"{file} is no backup of Waystage.")
        if manifest.schema > migrate.known_number():
            raise CannotBackUp(
                f"{file} has schema {manifest.schema:04}; it was made by Waystage {manifest.version}, which is newer"
                " than this program. Restore it with that version."
            )
        found = copying.count(tx, list(manifest.rows))
    if wrong := sorted(name for name, rows in manifest.rows.items() if found[name] != rows):
        raise CannotBackUp(f"{file} is damaged: rows are missing in {', '.join(wrong)}. Take another backup.")
    return manifest


def restore(file: Path, url: str, told: Told, *, force: bool) -> Manifest:
    """Check a backup and make a database of it; `force` replaces what is there. CannotBackUp: nothing was changed."""
    manifest = check(file)
    target = files.file_of(url)
    try:
        if target is not None:
            _to_file(file, url, target, force=force)
        else:
            _to_server(file, url, manifest, told, force=force)
    except CannotCopy as error:
        raise CannotBackUp(str(error)) from error
    return manifest


def _prepare(file: Path, draft: Path) -> None:
    """Make a draft that is a database of the present schema."""
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    shutil.copyfile(file, draft)
    with transfer.filling(files.url_of(draft)) as tx:
        manifests.take_out(tx)
    database = Database(files.url_of(draft))
    try:
        migrate.migrate(database)
    finally:
        database.close()
    files.make_single(draft)


def _to_file(file: Path, url: str, target: Path, *, force: bool) -> None:
    """A file that is replaced is kept beside the new one."""
    if target.exists():
        with transfer.snapshot(url) as tx:
            is_empty = _may_replace(tx, force=force)
    draft = target.with_name(f".{target.name}.{ids.new_guid()[:8]}")
    try:
        _prepare(file, draft)
        settle(draft)
        if target.exists():
            files.make_single(target)
            if not is_empty:
                target.replace(target.with_name(f"{target.name}.before-restore"))
        draft.replace(target)
        settle(target.parent)
    except OSError as error:
        raise CannotBackUp(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        discard(draft)


def _to_server(file: Path, url: str, manifest: Manifest, told: Told, *, force: bool) -> None:
    database = Database(url)
    try:
        migrate.migrate(database, manifest.lanes)
    finally:
        database.close()
    with tempfile.TemporaryDirectory(prefix="waystage-restore-") as folder:
        draft = Path(folder) / "database"
        _prepare(file, draft)
        with transfer.snapshot(files.url_of(draft)) as source, transfer.filling(url) as target:
            _may_replace(target, force=force)
            if target.lanes != manifest.lanes:
                raise CannotBackUp(
                    f"The backup has {manifest.lanes} lanes, the database {target.lanes}. Make a new database, and for"
                    f" another number of lanes run `waystage migrate --copy-from {files.url_of(file)}`."
                )
            check_counts(target, copying.copy_all(source, target, told))


def _may_replace(tx: Tx, *, force: bool) -> bool:
    """Whether the database is empty; CannotBackUp if it is in use, or is not empty and must not be replaced."""
    if names := transfer.living(tx):
        raise CannotBackUp(f"The database is in use by {', '.join(names)}. Stop every process that works with it.")
    is_empty = copying.is_empty(tx)
    if not force and not is_empty:
        raise CannotBackUp("The database is not empty. Restore into a new one, or replace everything in it by --force.")
    return is_empty
