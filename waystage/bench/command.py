"""`waystage bench`: which parts, which stores, how large; prints a table of gates and can keep a report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from waystage.bench import measures, scaling_gates, simulation_gates
from waystage.bench.asked import QUICK, Asked
from waystage.bench.page import page
from waystage.bench.report import Report, show, write
from waystage.bench.scene import WrongOutcomeError
from waystage.bench.servers import NoServerError
from waystage.bench.stores import Store, opened
from waystage.ground import log


class Part(StrEnum):
    """What can be measured."""

    ALL = "all"
    CALLING = "calling"
    ENGINE = "engine"
    EVENTS = "events"
    GROWTH = "growth"
    IMPORTS = "imports"
    MEMORY = "memory"
    READS = "reads"
    RIVALS = "rivals"
    SENDING = "sending"
    SIMULATION = "simulation"
    TIMERS = "timers"
    WORKERS = "workers"


class Which(StrEnum):
    """On which store."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    BOTH = "both"


#: In the order of the report.
_PARTS = {
    Part.ENGINE: measures.measure_engine,
    Part.GROWTH: scaling_gates.measure_growth,
    Part.RIVALS: scaling_gates.measure_rivals,
    Part.WORKERS: scaling_gates.measure_workers,
    Part.EVENTS: measures.measure_events,
    Part.TIMERS: measures.measure_timers,
    Part.MEMORY: measures.measure_memory,
    Part.READS: measures.measure_reads,
    Part.IMPORTS: measures.measure_imports,
    Part.SENDING: measures.measure_sending,
    Part.CALLING: measures.measure_calling,
    Part.SIMULATION: simulation_gates.measure_simulation,
}
_USUAL = Asked()
#: Columns of the table where no terminal says how many there are.
_WIDE = 160
#: The exit code of whoever ends by Ctrl-C, as of every command.
_INTERRUPTED = 130
#: The exit code when the product did something wrong, or there is nothing to measure on.
_WRONG = 1


def bench(
    part: Annotated[Part, typer.Argument(help="what to measure")] = Part.ALL,
    store: Annotated[Which, typer.Option(help="on which store")] = Which.BOTH,
    quick: Annotated[bool, typer.Option("--quick", help="small and rough: a few minutes in all")] = False,
    full: Annotated[bool, typer.Option("--full", help="5 million contacts on PostgreSQL too")] = False,
    report: Annotated[Path | None, typer.Option(help="write report.html and report.json into this folder")] = None,
    json: Annotated[Path | None, typer.Option(help="keep every figure in this file")] = None,
    dsn: Annotated[str | None, typer.Option(help="a server to use instead of one started for the run")] = None,
    folder: Annotated[Path | None, typer.Option(help="where databases are made; default: the temporary folder")] = None,
    contacts: Annotated[
        list[int] | None, typer.Option(help="contacts per run, in every part; may be given again")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="interleaved runs of each measurement; usually 3")] = None,
    few: Annotated[int | None, typer.Option(min=1, help="contacts that are moved one by one; usually 2,000")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="length of each run under load; usually 3")] = None,
    journeys: Annotated[int | None, typer.Option(min=100, help="journeys of the lists; usually 100,000")] = None,
    hops: Annotated[int | None, typer.Option(min=100, help="hops of the history; usually 1,000,000")] = None,
    lanes: Annotated[int | None, typer.Option(min=1, help="lanes of the databases; default: the product's")] = None,
    profile: Annotated[bool, typer.Option("--profile", help="also show where the engine's time goes")] = False,
) -> None:
    """Measure the gates of the design as ratios in one run; exit code 1 only if the product did something wrong."""
    console = _console()
    log.set_up("WARNING")
    sizes = QUICK if quick else _USUAL
    sizes = sizes.full() if full else sizes
    sizes = sizes.of(tuple(contacts)) if contacts else sizes
    given = {"rounds": rounds, "few": few, "seconds": seconds, "journeys": journeys, "hops": hops, "lanes": lanes}
    named = {name: value for name, value in given.items() if value is not None}
    asked = replace(sizes, profiled=profile, **named)  # type: ignore[arg-type]  # typer has read each by its type
    measured = Report(shlex.join(["waystage", "bench", *sys.argv[_own(sys.argv) :]]))
    code = 0
    try:
        with opened(store.value, dsn, folder) as stores:
            measured.stores = {one.name: one.settings for one in stores}
            for wanted in _PARTS if part is Part.ALL else [part]:
                code = code if _measure(wanted, stores, asked, measured, console) else _WRONG
    except NoServerError as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(_WRONG) from error
    except KeyboardInterrupt:
        console.print("[yellow]Interrupted: what was measured until then follows.[/]")
        code = _INTERRUPTED
    show(measured, console)
    body = measured.body()
    if json is not None:
        write(body, json)
    if report is not None:
        _keep(body, report, console)
    if code:
        raise typer.Exit(code)


def _console() -> Console:
    """A pipe or a file has no width of its own, and the narrow one that is assumed tears the table to pieces."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def _measure(part: Part, stores: Sequence[Store], asked: Asked, report: Report, console: Console) -> bool:
    """One part; False if the product did something wrong, and the others are measured all the same."""
    try:
        _PARTS[part](stores, asked, report, console)
    except WrongOutcomeError as error:
        console.print(f"[red]{part.value}: {error}[/]")
        report.skipped.append(f"{part.value}, because of a wrong outcome: {error}")
        return False
    return True


def _own(arguments: Sequence[str]) -> int:
    """Where the arguments of the benchmark begin, by whichever name it was called."""
    return 2 if arguments[1:2] == ["bench"] else 1


def _keep(body: Mapping[str, Any], folder: Path, console: Console) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write(body, folder / "report.json")
    (folder / "report.html").write_text(page(body), encoding="utf-8")
    console.print(f"The report is {folder / 'report.html'}.")
