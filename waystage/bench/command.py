"""`waystage bench`: which parts, which stores, how large; prints a table of gates and can keep all figures as JSON."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from waystage.bench import measures, simulation_gates
from waystage.bench.report import Report, show
from waystage.bench.scene import WrongOutcomeError
from waystage.bench.servers import NoServerError
from waystage.bench.stores import opened
from waystage.ground import log


class Part(StrEnum):
    """What can be measured."""

    ALL = "all"
    CALLING = "calling"
    ENGINE = "engine"
    EVENTS = "events"
    IMPORTS = "imports"
    MEMORY = "memory"
    READS = "reads"
    SENDING = "sending"
    SIMULATION = "simulation"
    TIMERS = "timers"


class Which(StrEnum):
    """On which store."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    BOTH = "both"


_PARTS = {
    Part.CALLING: measures.measure_calling,
    Part.ENGINE: measures.measure_engine,
    Part.EVENTS: measures.measure_events,
    Part.IMPORTS: measures.measure_imports,
    Part.MEMORY: measures.measure_memory,
    Part.READS: measures.measure_reads,
    Part.SENDING: measures.measure_sending,
    Part.SIMULATION: simulation_gates.measure_simulation,
    Part.TIMERS: measures.measure_timers,
}


def bench(
    part: Annotated[Part, typer.Argument(help="what to measure")] = Part.ALL,
    store: Annotated[Which, typer.Option(help="on which store")] = Which.BOTH,
    contacts: Annotated[list[int] | None, typer.Option(help="contacts per run; may be given again")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="interleaved runs of each measurement")] = 3,
    json: Annotated[Path | None, typer.Option(help="keep every figure in this file")] = None,
    dsn: Annotated[str | None, typer.Option(help="a server to use instead of one started for the run")] = None,
    few: Annotated[int, typer.Option(min=1, help="contacts that are moved one by one")] = 2_000,
    seconds: Annotated[float, typer.Option(min=0.1, help="length of each run under load")] = 3.0,
    journeys: Annotated[int, typer.Option(min=100, help="journeys of the lists that are read")] = 100_000,
    hops: Annotated[int, typer.Option(min=100, help="hops of the history that is read")] = 1_000_000,
    lanes: Annotated[int | None, typer.Option(min=1, help="lanes of the databases; default: the product's")] = None,
    folder: Annotated[Path | None, typer.Option(help="where databases are made; default: the temporary folder")] = None,
    profile: Annotated[bool, typer.Option(help="also show where the engine's time goes")] = False,
) -> None:
    """Measure the gates of the design as ratios in one run; exit code 1 only if the product did something wrong."""
    console = Console()
    log.set_up("WARNING")
    report = Report(shlex.join(["waystage", "bench", *sys.argv[1:]]))
    sizes = tuple(contacts) if contacts else measures.SIZES
    asked = measures.Asked(
        contacts=sizes,
        rounds=rounds,
        few=few,
        seconds=seconds,
        lanes=lanes,
        profiled=profile,
        journeys=journeys,
        hops=hops,
    )
    try:
        with opened(store.value, dsn, folder) as stores:
            report.stores = {one.name: one.settings for one in stores}
            for wanted in _PARTS if part is Part.ALL else [part]:
                _PARTS[wanted](stores, asked, report, console)
    except (WrongOutcomeError, NoServerError) as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from error
    show(report, console)
    if json is not None:
        report.write(json)
