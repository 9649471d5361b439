"""Where a test run keeps its databases: in memory, where there is plenty of it.

A run makes and removes some thousand databases of hundreds of files each. A file system without a journal, as many
virtual machines have, looks through all that was removed in the last minutes for each new file, which took longer than
the tests. Nothing is tested less: a killed process loses nothing that lies in memory, and what a power cut does to a
disk no test here can show. `make soak` stays on the disk.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 8 * 2**30


def use_quick_disk() -> None:
    """Temporary files of this process and its children are made there; TMPDIR says otherwise."""
    if "TMPDIR" not in os.environ and _is_usable():
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _is_usable() -> bool:
    """There is room, also beside whatever else needs memory, and programs may be run from it."""
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
