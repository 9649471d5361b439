"""Prints the size report at the end of a run that measured it."""

import pytest

from tests.architecture.sizes import SIZES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the sizes, if the run measured them."""
    lines = terminalreporter.config.stash.get(SIZES, None)
    if lines:
        terminalreporter.section("sizes")
        for line in lines:
            terminalreporter.write_line(line)
