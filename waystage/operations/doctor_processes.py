"""Who lives, who has died, and whose the lanes are (see operations.doctor)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from waystage.ground import ailments
from waystage.ground.ailments import Finding
from waystage.ground.identity import is_gone
from waystage.operations.doctor_patient import Check, Patient, many, seconds, some
from waystage.store import leases, processes
from waystage.store.sql import Tx


def _living(tx: Tx, patient: Patient) -> Iterator[Finding]:
    everybody = processes.everybody(tx)
    patient.living = [one for one in everybody if one.until > patient.real and not is_gone(one.process.name)]
    for one in everybody:
        if one not in patient.living:
            age = seconds(max(0, patient.real - one.until))
            about = f"{one.process.role} {one.process.version}, process {one.process.pid} of {one.process.host}"
            yield Finding(ailments.PROCESS_DIED, f"{about} had {many(one.lanes, 'lane')}; its time ran out {age} ago.")
    if not any(one.process.moves for one in patient.living):
        said = ", ".join(sorted({one.process.role for one in patient.living}))
        yield Finding(ailments.NOBODY_RUNS, f"Only {said} lives." if said else "No process lives.")
    versions = sorted({one.process.version for one in patient.living})
    if len(versions) > 1:
        yield Finding(ailments.VERSIONS_DIFFER, f"There are processes of {' and '.join(versions)}.")


def _lanes(tx: Tx, patient: Patient) -> Iterator[Finding]:
    """What nobody has while nobody runs is no further finding; what somebody had is."""
    free, ran_out = list[int](), defaultdict[tuple[str, int], list[int]](list)
    for one in leases.holders(tx):
        if not one.owner:
            free.append(one.lane)
        elif one.until <= patient.real or is_gone(one.owner):
            ran_out[one.owner, one.until].append(one.lane)
    if free and any(living.process.moves for living in patient.living):
        yield Finding(ailments.LANES_WITHOUT_OWNER, f"{many(len(free), 'lane')}: {some(free)}.")
    for (owner, until), lanes in sorted(ran_out.items()):
        age = f"whose time ran out {seconds(patient.real - until)} ago" if until <= patient.real else "which is gone"
        yield Finding(ailments.LEASES_RAN_OUT, f"{many(len(lanes), 'lane')} ({some(lanes)}) of {_shown(owner)}, {age}.")


def _shown(owner: str) -> str:
    host, pid, *_ = [*owner.split(":"), "?"]
    return f"process {pid} of {host}"


CHECKS: tuple[Check, ...] = (_living, _lanes)
