"""The product as a process of its own, for tests that kill it: one command, with everything imported already."""

import faulthandler
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

from tests.crash import doors
from waystage import cli
from waystage.channels import registry as channels
from waystage.ground import crashpoints
from waystage.installed import installed_kinds

# What the product imports only when it starts; whoever is forked finds it imported.
installed_kinds()
channels.load()


def run(command: str, environment: Mapping[str, str], log: str, opened: Mapping[str, Any]) -> None:
    """Run a command until a signal ends it; everything that is written goes to the file `log`."""
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(told, 1)
    os.dup2(told, 2)
    faulthandler.enable()
    os.environ.update(environment)
    importlib.reload(crashpoints)  # it has read an environment that was another's
    doors.open_doors(opened)
    sys.exit(cli.run([command]))
