"""On which core a process of the benchmark runs, and how much of it processes use."""

from __future__ import annotations

import os
from pathlib import Path


def pin(core: int | None) -> None:
    """Keep this process on one core, where the system can."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def two() -> tuple[int | None, int | None]:
    """One core for the server and one for the load; None where there are not two."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


def spent() -> float:
    """Seconds of processor time that this process has used, which neighbours on the machine do not change."""
    times = os.times()
    return times.user + times.system


def spent_by_family(parent: int) -> float:
    """The same of another process and all its children, the ended ones included; 0 where the system does not tell."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold blanks; what follows it are state, parent, …
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        is_parent = path.parent.name == str(parent)
        if is_parent or fields[1] == str(parent):
            # utime and stime, and for the parent those of its ended children.
            ticks += sum(map(int, fields[11 : 15 if is_parent else 13]))
    return ticks / float(os.sysconf("SC_CLK_TCK"))
