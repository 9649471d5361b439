"""`python -m waystage.simulator`: one simulation; a task on standard input, its outcome on standard output, both JSON.

Started by the server (`operations.simulation_runs`) and by nobody else.
"""

from __future__ import annotations

import gc
import os
import sys

import msgspec

from waystage.ground import log
from waystage.installed import installed_kinds
from waystage.operations import simulate

#: Objects made before the collector looks for circles; there are few here, and looking costs a third of the time.
_BETWEEN_COLLECTIONS = 500_000
#: How far it steps back behind the server, which has callers waiting.
_NICENESS = 10


def main() -> int:
    """Run one task."""
    os.nice(_NICENESS)
    log.set_up("error", as_json=False)  # standard output is for the outcome
    task = simulate.read_task(sys.stdin.buffer.read())
    gc.freeze()
    gc.set_threshold(_BETWEEN_COLLECTIONS, 50, 50)
    outcome = simulate.run(task, installed_kinds(task.test_wait_seconds))
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
