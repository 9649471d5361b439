"""`migrate --copy-from`: a grown database into an empty one, perhaps with another number of lanes (decisions/0017)."""

from __future__ import annotations

from waystage.engine.sending.signing_keys import place_of
from waystage.ground.errors import SecretKeyUnusable
from waystage.ground.sealing import Sealer, SealError
from waystage.store import keys, migrate, transfer
from waystage.store.copying import Told, copy_all, count, is_empty
from waystage.store.relocate import relocate
from waystage.store.relocation import NotAtRest
from waystage.store.sql import Tx


class CannotCopy(Exception):
    """One database cannot be copied into the other; the text says why, and what to do. Nothing was changed."""


def copy_database(source_url: str, target_url: str, sealers: tuple[Sealer, Sealer], told: Told) -> dict[str, int]:
    """Copy everything in one transaction; returns how many rows each table of the copy has.

    The target has its tables and nothing in them. `sealers`: those of source and target.
    """
    if source_url == target_url:
        raise CannotCopy("The source and WAYSTAGE_DATABASE_URL are the same database.")
    try:
        with transfer.snapshot(source_url) as source, transfer.filling(target_url) as target:
            _check(source, target)
            copied = copy_all(source, target, told) if source.lanes == target.lanes else relocate(source, target, told)
            _seal_anew(target, *sealers)
            check_counts(target, copied)
            with transfer.snapshot(source_url) as afterwards:
                _nobody_works(afterwards, "source")
    except FileNotFoundError as error:
        raise CannotCopy(f"The source cannot be read: {error}.") from error
    except NotAtRest as error:
        raise CannotCopy(
            f"The source is not at rest: {error}. Start it once more, wait until POST /waystage/v1/engine/settle"
            " answers 200, stop it, and try again."
        ) from error
    return copied


def _check(source: Tx, target: Tx) -> None:
    _nobody_works(source, "source")
    _nobody_works(target, "target")
    old, new = migrate.number_of(source), migrate.number_of(target)
    if old != new:
        raise CannotCopy(
            f"The source has schema {old:04}, this program makes {new:04}. Bring the source up to date first:"
            " run `waystage migrate` of this version with WAYSTAGE_DATABASE_URL set to it."
        )
    if not is_empty(target):
        raise CannotCopy("The target is not empty. Give a new database; nothing is ever merged or overwritten.")


def _nobody_works(tx: Tx, what: str) -> None:
    if names := transfer.living(tx):
        raise CannotCopy(f"The {what} is in use by {', '.join(names)}. Stop every process that works with it.")


def check_counts(target: Tx, copied: dict[str, int]) -> None:
    """Every row that was copied is there; CannotCopy."""
    found = count(target, list(copied))
    wrong = sorted(name for name, rows in copied.items() if found[name] < rows)
    if wrong:
        raise CannotCopy(f"The copy is not complete: rows are missing in {', '.join(wrong)}. Nothing was kept.")


def _seal_anew(target: Tx, source: Sealer, own: Sealer) -> None:
    """Signing keys are encrypted with a key that the target may not have."""
    for one in keys.everything(target):
        place = place_of(one.account, one.key)
        try:
            plain = source.open(one.sealed, place)
        except SealError as error:
            raise CannotCopy(
                f"The stored signing keys cannot be opened: {error}. Put the key file beside the source, or set"
                " WAYSTAGE_SECRET_KEY to the key that the source was run with."
            ) from error
        try:
            sealed = own.seal(plain, place)
        except SealError as error:
            raise CannotCopy(f"{SecretKeyUnusable.message} Set WAYSTAGE_SECRET_KEY for the target.") from error
        keys.save(target, keys.SigningKey(one.account, one.key, sealed, one.created, one.modified))
