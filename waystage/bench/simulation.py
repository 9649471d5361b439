"""A simulated year, in a process of its own as the server runs it (contract 21; design 8.22)."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

import msgspec

from waystage.bench import simulation_documents as documents
from waystage.bench.scene import ACCOUNT, USER, expect
from waystage.bootstrap import SIMULATOR
from waystage.ground import clock, ids
from waystage.operations import define_event, definitions_copy, simulate
from waystage.operations.definitions_copy import Definitions
from waystage.operations.simulate import Given, Task
from waystage.operations.simulation_report import Outcome
from waystage.spec.document import complete
from waystage.store.scratch import scratch_database
from waystage.store.sql import Tx
from waystage.store.versions import Version

_START, _DAY, _MINUTE = 1_767_225_600_000, 86_400_000, 60_000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Simulated:
    """One run: seconds from the start of its process to its end, passages that ended, messages."""

    contacts: int
    days: int
    seconds: float
    ended: int
    messages: int


def made(contacts: int, days: int) -> Simulated:
    """Contacts are made and enter together; their own dates are days."""
    return _run(_task(contacts, [], days), days)


def scattered(contacts: int, days: int) -> Simulated:
    """Each contact comes at a minute of its own, so that nearly every batch holds one: the worst case."""
    minutes = days * _DAY // _MINUTE
    given = [
        Given(f"contact-{number}", {}, _START + number * 2_654_435_761 % minutes * _MINUTE)
        for number in range(1, contacts + 1)
    ]
    return _run(_task(0, given, days), days)


def _task(count: int, given: list[Given], days: int) -> Task:
    until = _START + days * _DAY
    return Task(
        _definitions(), documents.EVENT, _SEED, _START, until, count, given, documents.ENGAGEMENT,
        offset=0, test_wait_seconds=10,
    )  # fmt: skip


def _definitions() -> Definitions:
    with scratch_database() as database:
        return database.step(_defined)


def _defined(tx: Tx) -> Definitions:
    for key in (documents.EVENT, documents.AWAITED):
        define_event.create(tx, ACCOUNT, USER, documents.event_definition(key), now=0)
    document = complete(documents.journey(), lambda: ids.NIL_GUID)
    version = Version(0, ACCOUNT, 0, ids.NIL_GUID, "bench", ids.NIL_GUID, 1, "Draft", document, 0, 0, 0, 0, None)
    return definitions_copy.read(tx, version, ())


def _run(task: Task, days: int) -> Simulated:
    text = simulate.encoded(task).encode()
    started = clock.stopwatch()
    done = subprocess.run(SIMULATOR, input=text, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own program
    seconds = clock.stopwatch() - started
    outcome = msgspec.json.decode(done.stdout, type=Outcome)
    expect("how the simulation ended", outcome.status, "completed")
    expect("contacts that entered", outcome.entered, task.contacts)
    messages = sum(int(one["count"]) for one in outcome.messages)
    return Simulated(task.contacts, days, seconds, sum(outcome.ended.values()), messages)
