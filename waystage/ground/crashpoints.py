"""Named points where a test may kill the program; they cost a dictionary look-up when nobody asked.

`WAYSTAGE_CRASH_AT=name` or `name:3` ends the process with SIGKILL the first (third) time the point is reached.
The names are listed in POINTS so that a crash test can walk them all.
"""

from __future__ import annotations

import os
import signal

POINTS = {
    "api.before-commit": "a group of requests is written but not committed",
    "api.after-commit": "a group of requests is committed but nobody was answered",
    "engine.before-admit": "a slice of the inbox is about to be admitted",
    "engine.after-work": "a batch has its working set, nothing else",
    "engine.before-commit": "a batch is written but not committed",
    "engine.after-commit": "a batch is committed, the agenda in memory is not yet told",
    "engine.before-merge": "the hop log is about to be merged",
    "deliver.before-send": "effects are read, none is sent",
    "deliver.after-send": "effects are sent, no receipt is written",
    "deliver.before-commit": "receipts are written but not committed",
    "call.before-send": "a custom activity is about to be called",
    "call.after-answer": "a custom activity has answered, nothing is stored",
    "call.before-commit": "answers of custom activities are written but not committed",
    "clock.before-move": "a virtual clock is about to move to the next instant",
    "publish.before-switch": "a version has its plan, its status is not yet changed",
}

_asked, _, _times = os.environ.get("WAYSTAGE_CRASH_AT", "").partition(":")
_left = {_asked: int(_times or "1")} if _asked else {}


def reach(name: str) -> None:
    """Tell that the program is at this point; the process ends here if a test asked for it."""
    if name not in _left:
        return
    _left[name] -= 1
    if _left[name] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
