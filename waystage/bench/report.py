"""Gates, figures and what is to be drawn of them: a table for the terminal, JSON for keeping; `page` draws it."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
from rich.console import Console
from rich.table import Table

from waystage import __version__
from waystage.ground import clock
from waystage.spec.moments import wire_date

_PACKAGES = ("apsw", "psycopg", "msgspec", "uvicorn", "uvloop", "httptools")


Direction: TypeAlias = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Gate:
    """One promise of the design: `figure` must be at least, or at most, `bound`; `stretch` is what is aimed at."""

    name: str
    store: str
    figure: float
    bound: float
    direction: Direction
    unit: str
    detail: str = ""
    stretch: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the promise is kept, in words."""
        return self._against(self.bound)

    @property
    def stretch_verdict(self) -> str | None:
        """The same of what is aimed at; None where that is no more than the promise."""
        return self._against(self.stretch) if self.stretch is not None else None

    def _against(self, bound: float) -> str:
        kept = self.figure >= bound if self.direction == "at least" else self.figure <= bound
        return "pass" if kept else "falls short"


class Bar(NamedTuple):
    """One bar of a plot; `kind` is what is drawn alike, mostly the store."""

    label: str
    value: float
    kind: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A bar chart; of `logarithmic` ones the lengths tell orders of magnitude."""

    name: str
    unit: str
    bars: list[Bar]
    logarithmic: bool = False
    note: str = ""


@dataclass(slots=True)
class Report:
    """Everything that was measured."""

    command: str
    gates: list[Gate] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    """Every single figure, by part of the benchmark."""
    stores: dict[str, Mapping[str, str]] = field(default_factory=dict)
    plots: list[Plot] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """What was not measured, and how it could be."""

    def body(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "command": self.command,
            "at": wire_date(clock.real_now(), 0),
            "machine": machine(),
            "stores": self.stores,
            "gates": [
                {**msgspec.to_builtins(gate), "verdict": gate.verdict, "stretch_verdict": gate.stretch_verdict}
                for gate in self.gates
            ],
            "skipped": self.skipped,
            "plots": [
                {**msgspec.to_builtins(plot), "bars": [bar._asdict() for bar in plot.bars]} for plot in self.plots
            ],
            "figures": msgspec.to_builtins(self.figures),
        }


def write(body: Mapping[str, Any], path: Path) -> None:
    """Keep the body of a report in a file."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n")


def machine() -> dict[str, Any]:
    """On what this was measured, and with which versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        "load_at_the_end": list(os.getloadavg()),
        "system": platform.platform(),
        "python": sys.version.split()[0],
        "waystage": __version__,
        **{name: metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def show(report: Report, console: Console) -> None:
    """The gates as a table."""
    heads = ("gate", "store", "figure", "asked", "verdict", "aimed at", "how it comes about")
    table = Table(*heads, title="Waystage benchmark")
    for gate in report.gates:
        aim = f"{gate.stretch:g} {_coloured(gate.stretch_verdict)}" if gate.stretch_verdict else ""
        table.add_row(
            gate.name, gate.store, f"{gate.figure:.3g} {gate.unit}", f"{gate.direction} {gate.bound:g}",
            _coloured(gate.verdict), aim, gate.detail,
        )  # fmt: skip
    console.print(table)
    for one in report.skipped:
        console.print(f"[yellow]not measured:[/] {one}")


def _coloured(verdict: str) -> str:
    return f"[{'green' if verdict == 'pass' else 'red'}]{verdict}[/]"


def show_profile(title: str, statements: Mapping[str, Mapping[str, float]], console: Console) -> None:
    """Where the time of one run went."""
    table = Table("statement", "seconds", "share", "calls", title=title)
    whole = sum(one["seconds"] for one in statements.values()) or 1.0
    for kind, one in statements.items():
        table.add_row(kind, f"{one['seconds']:.3f}", f"{one['seconds'] / whole:.1%}", f"{one['calls']:.0f}")
    console.print(table)


def show_parts(title: str, rows: Sequence[tuple[str, Mapping[str, float]]], console: Console) -> None:
    """Seconds of the parts of several runs, a column each."""
    names = list(dict.fromkeys(name for _, parts in rows for name in parts))
    table = Table("seconds", *[head for head, _ in rows], title=title)
    for name in names:
        table.add_row(name, *[f"{parts.get(name, 0):.3f}" for _, parts in rows])
    console.print(table)
