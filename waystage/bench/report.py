"""Gates and figures: a table for the terminal, JSON for keeping."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table

_PACKAGES = ("waystage", "apsw", "psycopg", "msgspec", "uvicorn", "uvloop", "httptools")


@dataclass(frozen=True, slots=True)
class Gate:
    """One promise of the design: `figure` must be at least, or at most, `bound`."""

    name: str
    store: str
    figure: float
    bound: float
    direction: Literal["at least", "at most"]
    unit: str
    detail: str = ""

    @property
    def passes(self) -> bool:
        """Whether the promise is kept."""
        return self.figure >= self.bound if self.direction == "at least" else self.figure <= self.bound

    @property
    def verdict(self) -> str:
        """In words."""
        return "pass" if self.passes else "falls short"


@dataclass(slots=True)
class Report:
    """Everything that was measured."""

    command: str
    gates: list[Gate] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    """Every single figure, by part of the benchmark."""
    stores: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "command": self.command,
            "machine": machine(),
            "stores": self.stores,
            "gates": [{**msgspec.to_builtins(gate), "verdict": gate.verdict} for gate in self.gates],
            "figures": msgspec.to_builtins(self.figures),
        }

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self.body()), indent=1) + b"\n")


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
    table = Table("gate", "store", "figure", "asked", "verdict", "how it comes about", title="Waystage benchmark")
    for gate in report.gates:
        colour = "green" if gate.passes else "red"
        table.add_row(
            gate.name, gate.store, f"{gate.figure:.3g} {gate.unit}", f"{gate.direction} {gate.bound:g}",
            f"[{colour}]{gate.verdict}[/]", gate.detail,
        )  # fmt: skip
    console.print(table)


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
