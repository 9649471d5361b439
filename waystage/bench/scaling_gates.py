"""The gates of size: many contacts against few, two workers against one, and other programs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console

from waystage.bench import documents, engine, rivals, workers
from waystage.bench.asked import Asked
from waystage.bench.report import Bar, Gate, Plot, Report
from waystage.bench.stores import POSTGRESQL, Store


def measure_growth(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Steps a second with many contacts as a part of those with few."""
    bars = []
    for store in stores:
        small, large = asked.growth[store.name]
        if small >= large:
            report.skipped.append(f"growth on {store.name}: it takes two sizes (--contacts twice)")
            continue
        stage = engine.Stage(store, documents.PLAIN, asked.lanes)
        runs: dict[int, list[engine.Passage]] = {small: [], large: []}
        for size in (small, large, small):
            runs[size].append(engine.engine_passage(stage, size))
            console.log(f"{store.name} {size:,} contacts: {runs[size][-1].seconds:.1f} s")
        rates = {size: documents.STEPS * size / median(one.seconds for one in found) for size, found in runs.items()}
        by_processor = [size / median(one.cpu for one in found) for size, found in runs.items()]
        detail = (
            f"{rates[large] / 1000:,.0f} k against {rates[small] / 1000:,.0f} k steps/s;"
            f" by processor time {by_processor[1] / by_processor[0]:.2f}"
        )
        name = f"{large:,} contacts / {small:,}"
        report.gates.append(Gate(name, store.name, rates[large] / rates[small], 0.8, "at least", "", detail))
        report.figures.setdefault("growth", {})[store.name] = runs
        bars += [Bar(f"{store.name}, {size:,} contacts", rate, store.name) for size, rate in rates.items()]
    if bars:
        report.plots.append(Plot("The engine with few and many contacts", "steps/s", bars))


def measure_workers(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """Two workers against one on one PostgreSQL."""
    for store in stores:
        if store.name != POSTGRESQL:
            continue
        one, two = workers.compare(store, asked.shared, asked.rounds, console.log, lanes=asked.lanes)
        detail = f"{two.rate:,.0f} against {one.rate:,.0f} contacts/s, {asked.shared:,} contacts wake up"
        report.gates.append(Gate("two workers / one", store.name, two.rate / one.rate, 1.3, "at least", "×", detail))
        report.figures.setdefault("workers", {})[store.name] = [one, two]
        bars = [Bar(f"{found.workers} of waystage worker", found.rate, store.name) for found in (one, two)]
        report.plots.append(Plot("Workers on one PostgreSQL", "contacts/s", bars))


def measure_rivals(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """The same five steps by Waystage and by others."""
    bars = []
    for store in stores:
        stage = engine.Stage(store, documents.PLAIN, asked.lanes)
        contacts = min(asked.contacts)
        ours = documents.STEPS * contacts / engine.engine_passage(stage, contacts).seconds
        bars.append(Bar(f"Waystage, {store.name}", ours, store.name))
        for rival in rivals.RIVALS:
            if store.name in rival.stores:
                bars += _against(rival, store, ours, asked, report, console)
    note = "Each contact: entry, wait, split, e-mail, exit; durable, on this machine, as each program's manual advises."
    report.plots.append(Plot("Side by side", "steps/s", bars, logarithmic=True, note=note))


def _against(
    rival: rivals.Rival, store: Store, ours: float, asked: Asked, report: Report, console: Console
) -> list[Bar]:  # fmt: skip
    if not rivals.is_here(rival):
        report.skipped.append(f"{rival.name} on {store.name}: make bench installs it (uv sync --group bench)")
        return []
    run = rivals.measure(rival, store, asked.rivals)
    console.log(f"{rival.name} on {store.name}: {run.rate:,.0f} steps/s, {run.contacts} contacts")
    detail = f"{ours:,.0f} against {run.rate:,.0f} steps/s ({run.contacts} contacts, {run.cpu:.1f} s of processor time)"
    if rival.least:
        name = f"Waystage / {rival.name}"
        report.gates.append(Gate(name, store.name, ours / run.rate, rival.least, "at least", "×", detail))
    report.figures.setdefault("rivals", {})[f"{rival.name} {store.name}"] = run
    return [Bar(f"{rival.name}, {store.name}", run.rate, store.name)]
