"""The imports that this process runs, and the threads that work on them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from waystage.ground.errors import NotValidNow, Overloaded

#: Imports of one process that run at once.
MOST = 8


@dataclass(slots=True)
class RunningImports:
    """Imports by account and id; used by one thread, the server's."""

    running: set[tuple[int, str]] = field(default_factory=set)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(MOST, thread_name_prefix="import"))

    def claim(self, account: int, guid: str) -> None:
        """Note that an import runs; NotValidNow where it does already, Overloaded where too many do."""
        if (account, guid) in self.running:
            raise NotValidNow(f"The import {guid} is running: its file is being sent.")
        if len(self.running) >= MOST:
            raise Overloaded(f"{MOST} imports are running. Try again later.")
        self.running.add((account, guid))

    def release(self, account: int, guid: str) -> None:
        """Note that it has ended, in whatever way."""
        self.running.discard((account, guid))

    def runs(self, account: int, guid: str) -> bool:
        """Tell whether it runs."""
        return (account, guid) in self.running

    def close(self) -> None:
        """Wait for those that are ending."""
        self.threads.shutdown()
