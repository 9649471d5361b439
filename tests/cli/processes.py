"""The command in a process of its own, as a shell would start it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class Process:
    """One running command with its output as pipes, so no terminal; use it as a context."""

    def __init__(self, *arguments: str, **settings: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "waystage", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(settings),
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def line(self, pattern: str) -> re.Match[str]:
        """The next line of standard output that holds the pattern; fails if the process ends without it."""
        for text in self._output:
            if found := re.search(pattern, text):
                return found
        raise AssertionError(f"no line with {pattern!r}: {self._process.communicate()[1]}")

    def end(self, by: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; gives the exit code and what was still written to standard output and error."""
        self._process.send_signal(by)
        return self.wait()

    def wait(self) -> tuple[int, str, str]:
        """Let it end by itself; gives the same."""
        rest, errors = self._process.communicate()
        return self._process.returncode, rest, errors


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WAYSTAGE_")}
    return kept | dict(settings)
