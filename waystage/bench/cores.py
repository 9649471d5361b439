"""On which core a process of the benchmark runs."""

from __future__ import annotations

import os


def pin(core: int | None) -> None:
    """Keep this process on one core, where the system can."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def two() -> tuple[int | None, int | None]:
    """One core for the server and one for the load; None where there are not two."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)
