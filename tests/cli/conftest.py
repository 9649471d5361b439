"""Commands in this process, each with settings of its own."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from waystage.cli import run


@dataclass(frozen=True)
class Done:
    """How a command ended and what it wrote."""

    code: int
    output: str
    errors: str


Command = Callable[..., Done]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command line; settings are given by name. What was written before it is not its own."""

    def carry_out(*arguments: str, **settings: str) -> Done:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, value)
            code = run(arguments)
        written = capsys.readouterr()
        return Done(code, written.out, written.err)

    return carry_out
