"""`waystage doctor`: look at a system, whether or not it runs, and say in words what is wrong.

Each check is a read snapshot of its own: one that cannot be made spoils no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from waystage.ground import ailments, clock
from waystage.ground.ailments import Ailment, Finding
from waystage.ground.log import without_values
from waystage.ground.settings import Settings
from waystage.operations import doctor_processes, doctor_reachable, doctor_surroundings, doctor_work
from waystage.operations.doctor_patient import Check, Patient
from waystage.plan.compile import Kinds
from waystage.store import checkups, journey_clock
from waystage.store.database import Database
from waystage.store.dialects.checkups import Checkup, checkup_of
from waystage.store.schema_files import known_files
from waystage.store.sql import Tx

#: ms by which clocks may differ.
_TOLERANCE: Final = 500

_CHECKS: Final[tuple[Check, ...]] = (
    *doctor_processes.CHECKS,
    *doctor_work.CHECKS,
    *doctor_surroundings.CHECKS,
)


def examine(settings: Settings, kinds: Kinds, channels: frozenset[str]) -> list[Finding]:
    """Everything that is wrong; `channels` are those that have a way out. Nothing is changed, and nothing made."""
    checkup = checkup_of(settings.database_url)
    if (absent := checkup.absent()) is not None:
        return [Finding(ailments.DATABASE_MISSING, absent)]
    database = Database(checkup.address)
    try:
        return list(_look(database, checkup, settings, kinds, channels))
    finally:
        database.close()


def _look(
    database: Database, checkup: Checkup, settings: Settings, kinds: Kinds, channels: frozenset[str]
) -> Iterator[Finding]:
    try:
        applied = database.read(checkups.applied).result()
    except Exception as error:  # noqa: BLE001 - whatever it is, the database cannot be used
        yield Finding(ailments.DATABASE_UNREACHABLE, _reason(error))
        return
    yield from _made(database, checkup.findings)
    schema = list(_schema(applied))
    yield from schema
    if any(one.ailment is ailments.SCHEMA_BEHIND for one in schema):
        return
    yield from _clock(database)
    patient = database.read(partial(_patient, settings, kinds, channels, database.key_file)).result()
    for check in _CHECKS:
        yield from _made(database, lambda tx, check=check: check(tx, patient))  # type: ignore[misc]  # mypy cannot type a lambda's default
    yield from doctor_reachable.ask(patient)


def _made(database: Database, check: Callable[[Tx], Iterator[Finding]]) -> list[Finding]:
    """What one check has found, or that it could not be made."""
    try:
        return database.read(lambda tx: list(check(tx))).result()
    except Exception as error:  # noqa: BLE001 - a right that is missing, a table that is locked: the others go on
        return [Finding(ailments.CHECK_FAILED, _reason(error))]


def _schema(applied: dict[int, str]) -> Iterator[Finding]:
    known = {one.number: one.name for one in known_files()}
    if missing := [name for number, name in known.items() if number not in applied]:
        yield _listed(ailments.SCHEMA_BEHIND, "Not applied", missing)
    if more := [name for number, name in sorted(applied.items()) if number > max(known)]:
        yield _listed(ailments.SCHEMA_AHEAD, "Applied, but not known here", more)


def _clock(database: Database) -> Iterator[Finding]:
    """Half of the time that the question took is the best guess of the answer's age, and may be wrong by as much."""
    before = clock.machine_now()
    theirs = database.server_time()
    if theirs is None:
        return
    after = clock.machine_now()
    off, error = theirs - (before + after) // 2, (after - before + 1) // 2
    clock.correct(off, error)
    if abs(off) > max(_TOLERANCE, error):
        word = "ahead of" if off > 0 else "behind"
        yield Finding(ailments.CLOCK_OFF, f"The database's clock is {abs(off) / 1000:.1f} s {word} this machine's.")


def _patient(settings: Settings, kinds: Kinds, channels: frozenset[str], key_file: Path | None, tx: Tx) -> Patient:
    stored, real = journey_clock.read(tx), clock.real_now()
    journey = real
    if stored is not None:
        journey = stored.journey_start + (real - stored.real_start) * stored.rate // 1000
    return Patient(settings, kinds, channels, real, journey, key_file)


def _listed(ailment: Ailment, title: str, names: list[str]) -> Finding:
    return Finding(ailment, f"{title}: {', '.join(names)}.")


def _reason(error: Exception) -> str:
    text = without_values(str(error)).strip().rstrip(".").replace("\n", "; ")
    return f"{text or type(error).__name__}."
