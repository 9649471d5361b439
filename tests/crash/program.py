"""The product as a process of its own, for tests that kill it: `waystage serve`, with everything imported already."""

import faulthandler
import importlib
import os
import sys
from collections.abc import Mapping

from waystage import cli
from waystage.ground import crashpoints


def run(environment: Mapping[str, str], log: str) -> None:
    """Serve until a signal ends it; everything that is written goes to the file `log`."""
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(told, 1)
    os.dup2(told, 2)
    faulthandler.enable()
    os.environ.update(environment)
    importlib.reload(crashpoints)  # it has read an environment that was another's
    sys.exit(cli.run(["serve"]))
