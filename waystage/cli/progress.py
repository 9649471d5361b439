"""How far a long command has come: a bar on a terminal if it takes longer than two seconds, nothing anywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from waystage.ground import clock
from waystage.store.copying import Told

_AFTER_SECONDS = 2.0


@contextmanager
def shown_by_table() -> Iterator[Told]:
    """Is told of tables and rows, and shows both."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]:,} rows"), TimeElapsedColumn(),
        console=console, transient=True,
    )  # fmt: skip
    begun, task = clock.monotonic(), bar.add_task("copying", total=None, rows=0)

    def tell(table: str, rows: int) -> None:
        if console.is_terminal and clock.monotonic() - begun > _AFTER_SECONDS:
            bar.start()
        bar.update(task, description=table, rows=rows)

    try:
        yield tell
    finally:
        bar.stop()
