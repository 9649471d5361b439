"""The gate of simulations: a year of ten thousand contacts in ten seconds (issue D, 5)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console

from waystage.bench import simulation
from waystage.bench.asked import Asked
from waystage.bench.report import Gate, Report
from waystage.bench.stores import Store

_CONTACTS, _YEAR, _MONTH = 10_000, 365, 30


def measure_simulation(stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> None:
    """A year of made contacts, of contacts that come at minutes of their own; a month of so many as are asked for.

    A simulation has a store of its own, so it is measured once.
    """
    runs = [simulation.made(_CONTACTS, _YEAR) for _ in range(asked.rounds)]
    seconds = median(one.seconds for one in runs)
    detail = f"{runs[0].messages:,} messages, {runs[0].ended:,} ended; its process included"
    report.gates.append(Gate("a simulated year, 10,000 contacts", "scratch", seconds, 10, "at most", "s", detail))
    scattered = simulation.scattered(_CONTACTS // 10, _YEAR)
    months = [simulation.made(contacts, _MONTH) for contacts in asked.contacts if asked.months]
    for one in (scattered, *months):
        console.log(f"simulation: {one.contacts:,} contacts, {one.days} days: {one.seconds:.1f} s")
    report.figures["simulation"] = {"made": runs, "scattered": scattered, "months": months}
