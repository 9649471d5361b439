"""How the driver runs a client: as a program of its own, whose output is shown when it fails."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.clients.installing import HERE, Installed


class ClientFailure(Exception):
    """A client ended otherwise than it had to, or said something else; carries what it wrote."""


def told(what: str) -> None:
    """One line of progress."""
    sys.stdout.write(f"  {what}\n")
    sys.stdout.flush()


def run(command: list[str | Path], cwd: Path, settings: Mapping[str, str], code: int = 0) -> str:
    """Run to the end; gives standard output and error together, which are the error's text at another exit code."""
    ended = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    if ended.returncode != code:
        shown = " ".join(map(str, command))
        raise ClientFailure(f"{shown}\nended with {ended.returncode} in place of {code} and wrote:\n{ended.stdout}")
    return ended.stdout


def node(installed: Installed, script: Path | str, *arguments: str) -> list[str | Path]:
    """A Node program whose token request goes to the server."""
    return [installed.node, "--require", HERE / "redirect.cjs", script, *arguments]
