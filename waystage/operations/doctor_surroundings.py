"""Settings that do not fit what the database holds (see operations.doctor)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from waystage.engine.sending.signing_keys import place_of
from waystage.ground import ailments
from waystage.ground.ailments import Finding
from waystage.ground.sealing import Sealer, SealError
from waystage.operations.doctor_patient import Check, Patient
from waystage.store import checkups
from waystage.store.sql import Tx

#: Hops from which history that is kept for ever is worth a thought: some gigabytes.
_MANY_HOPS: Final = 10_000_000
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _keys(tx: Tx, patient: Patient) -> Iterator[Finding]:
    stored = checkups.some_keys(tx)
    if not stored:
        return
    file = patient.key_file
    if patient.settings.secret_key is None and (file is None or not file.exists()):
        where = "WAYSTAGE_SECRET_KEY is not set" + (f", and {file} does not exist." if file is not None else ".")
        yield Finding(ailments.SECRET_KEY_MISSING, where)
        return
    sealer = Sealer(patient.settings.secret_key, file)
    closed = list[str]()
    for one in stored:
        try:
            sealer.open(one.sealed, place_of(one.account, one.key))
        except SealError as error:
            closed.append(f"{one.key!r} of business unit {one.account}: {error}")
    if closed:
        yield Finding(ailments.SECRET_KEY_WRONG, f"The signing key {closed[0]}.")


def _links(tx: Tx, patient: Patient) -> Iterator[Finding]:
    address = patient.settings.public_url
    if patient.channels and urlsplit(address).hostname in _LOOPBACK:
        ways = ", ".join(sorted(patient.channels))
        yield Finding(ailments.LINKS_TO_LOOPBACK, f"Messages leave by {ways}, and their links begin with {address}.")


def _history(tx: Tx, patient: Patient) -> Iterator[Finding]:
    hops = checkups.hops(tx)
    if patient.settings.history_days is None and hops > _MANY_HOPS:
        yield Finding(ailments.HISTORY_GROWS, f"{hops:,} hops were written, and WAYSTAGE_HISTORY_DAYS is not set.")


CHECKS: tuple[Check, ...] = (_keys, _links, _history)
