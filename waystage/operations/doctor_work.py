"""What waits for too long, what has failed, what was left behind (see operations.doctor)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from waystage.engine import examined
from waystage.engine.examined import ExaminedPlans
from waystage.ground import ailments
from waystage.ground.ailments import Ailment, Finding
from waystage.ground.meters import MOST_COUNTED
from waystage.operations import figures as measured
from waystage.operations.doctor_patient import Check, Patient, many, seconds, some
from waystage.spec.problems import Problem
from waystage.store import checkups, figures
from waystage.store.sql import Tx

#: Real ms, or ms of journey time, from which waiting is worth a word.
_BEHIND: Final = 60_000
_UNSENT: Final = 300_000
_LEFT: Final = 600_000
_DAY: Final = 86_400_000
#: Rows of the outbox that are looked at: nobody waits for a doctor as often as for a scrape.
_ROWS: Final = 2_000_000


def _versions(tx: Tx, patient: Patient) -> Iterator[Finding]:
    """Versions that cannot run, and lanes that are behind with those that can."""
    plans = ExaminedPlans(patient.kinds, patient.settings.utc_offset, patient.channels)
    plans.refresh(tx, anew=True)
    yield from _ailing(ailments.VERSION_BROKEN, plans.broken)
    yield from _ailing(ailments.VERSION_FLAWED, plans.flawed)
    late = [one for one in examined.lanes(tx, plans, patient.journey) if one.behind > _BEHIND]
    if late:
        waiting = figures.due(tx, (seat for one in late for seat in one.due), MOST_COUNTED)
        worst = max(late, key=lambda one: one.behind)
        where = f"{many(len(late), 'lane')} ({some([one.lane for one in late])})"
        shown = many(waiting, "contact", MOST_COUNTED)
        yield Finding(ailments.ENGINE_BEHIND, f"{shown} in {where}, the first of them for {seconds(worst.behind)}.")


def _ailing(ailment: Ailment, versions: Mapping[int, Sequence[Problem]]) -> Iterator[Finding]:
    for number, problems in sorted(versions.items()):
        yield Finding(ailment, f"Version number {number}: {some([one.message for one in problems], 3)}")


def _inbox(tx: Tx, patient: Patient) -> Iterator[Finding]:
    waiting = figures.inbox(tx, MOST_COUNTED)
    age = round(measured.inbox_age(waiting.oldest, patient.real) * 1000)
    if age > _BEHIND:
        shown = many(waiting.count, "event or command", MOST_COUNTED).replace("event or commands", "events or commands")
        yield Finding(ailments.INBOX_OLD, f"{shown}, the first of them for {seconds(age)}.")


def _outbox(tx: Tx, patient: Patient) -> Iterator[Finding]:
    for channel, waiting in figures.outbox(tx, sorted(patient.channels), {}, _ROWS).items():
        age = 0 if waiting.oldest is None else patient.journey - waiting.oldest
        if age > _UNSENT:
            shown = many(waiting.count, "message")
            yield Finding(ailments.OUTBOX_OLD, f"{channel}: {shown}, the first of them for {seconds(age)}.")
    if overdue := checkups.retries_before(tx, patient.real - _UNSENT):
        yield Finding(ailments.RETRIES_OVERDUE, f"{many(overdue, 'message', checkups.MOST)}.")
    if failed := checkups.failed_sends(tx, patient.journey - _DAY):
        yield Finding(ailments.SENDS_FAILED, f"{many(failed, 'message', checkups.MOST)}.")


def _left(tx: Tx, patient: Patient) -> Iterator[Finding]:
    asked = {
        "publish or validate": checkups.jobs_before(tx, max(patient.real, patient.journey) - _LEFT),
        "rows": checkups.row_requests_before(tx, patient.journey - _LEFT),
        "simulation": checkups.simulations_before(tx, patient.journey - _LEFT),
    }
    for word, names in asked.items():
        if names:
            yield Finding(ailments.JOBS_LEFT, f"{many(len(names), 'job')} ({word}): {some(names)}.")
    if names := checkups.imports_before(tx, patient.real - _LEFT):
        yield Finding(ailments.IMPORTS_LEFT, f"{many(len(names), 'import')}: {some(names)}.")


CHECKS: tuple[Check, ...] = (_versions, _inbox, _outbox, _left)
