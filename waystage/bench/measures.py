"""Each part of the benchmark as a function that adds its gates and figures to the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from rich.console import Console

from waystage.bench import documents, engine
from waystage.bench.report import Gate, Report, show_parts, show_profile
from waystage.bench.stores import Store


#: Contacts of a run, unless the command line says otherwise.
SIZES = (300_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    contacts: Sequence[int] = SIZES
    rounds: int = 3
    few: int = 2_000
    """Contacts that are moved one by one."""
    lanes: int | None = None
    profiled: bool = False


def measure_engine(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Engine against raw, and against batches of one, on each store."""
    for store in stores:
        fastest = 0.0
        for mode in engine.MODES:
            for contacts in asked.contacts:
                stage = engine.Stage(store, mode, asked.lanes)
                compared = engine.compare(stage, contacts, asked.rounds, console.log)
                _add_compared(compared, report, console)
                fastest = max(fastest, compared.steps_per_second[1])
        _against_one(store, asked, fastest, report, console)
        if asked.profiled:
            _profile(store, asked, report, console)


def _add_compared(compared: engine.Compared, report: Report, console: Console) -> None:
    raw_rate, rate = compared.steps_per_second
    name = f"engine / raw, {compared.contacts:,} contacts, {compared.mode}"
    detail = f"{rate / 1000:,.0f} k of {raw_rate / 1000:,.0f} k steps/s"
    report.gates.append(Gate(name, compared.store, compared.ratio, 0.5, "at least", "", detail))
    key = f"{compared.store} {compared.mode} {compared.contacts}"
    report.figures.setdefault("engine", {})[key] = asdict(compared)
    for side, runs in (("raw", compared.raw), ("engine", compared.engine)):
        heads = [(f"{side} {number}", run.parts) for number, run in enumerate(runs, start=1)]
        show_parts(f"{key}: {side}", heads, console)


def _against_one(store: Store, asked: Asked, rate: float, report: Report, console: Console) -> None:
    few = min(asked.few, *asked.contacts)
    stage = engine.Stage(store, engine.MODES[0], asked.lanes)
    singles = [engine.engine_passage(stage, few, batch=1) for _ in range(min(2, asked.rounds))]
    single = documents.STEPS * few / median(one.seconds for one in singles)
    console.log(f"{store.name} batch of one: {single:,.0f} steps/s")
    detail = f"{rate / 1000:,.0f} k against {single / 1000:,.1f} k steps/s one by one"
    report.gates.append(Gate("set-based / batch of one", store.name, rate / single, 50, "at least", "×", detail))
    report.figures.setdefault("engine", {})[f"{store.name} batch of one"] = {
        "contacts": few,
        "runs": [asdict(one) for one in singles],
    }


def _profile(store: Store, asked: Asked, report: Report, console: Console) -> None:
    """One more run with the time of every statement kept; not among the measured ones."""
    contacts = min(asked.contacts)
    stage = engine.Stage(store, engine.MODES[0], asked.lanes, profiled=True)
    passage = engine.engine_passage(stage, contacts)
    title = f"{store.name}, {contacts:,} contacts: {passage.seconds:.2f} s"
    show_profile(title, passage.statements, console)
    report.figures.setdefault("profile", {})[f"{store.name} {contacts}"] = asdict(passage)
