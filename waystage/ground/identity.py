"""What this process is called among those of one database, and whether another of the same machine still lives.

A name is `host:pid:place-start-n`: the place is one boot and one namespace of process numbers, the start tells a number
that was given again, n is drawn. Only a process of the very same place can be said to be gone before its lease ends.
"""

from __future__ import annotations

import hashlib
import os
import socket
from functools import cache
from pathlib import Path

from waystage.ground.ids import new_bytes

_FIELD_OF_START = 19
"""Of /proc/<pid>/stat, counted behind the name of the program."""


def process_name() -> str:
    """A new name for this process."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_place()}-{_start_of(pid)}-{new_bytes(3).hex()}"


def is_gone(name: str) -> bool:
    """Whether the process of this name has certainly ended; False where nobody here can know."""
    where, _, rest = name.rpartition(":")
    _, _, pid = where.rpartition(":")
    place, start, _ = [*rest.split("-"), "", ""][:3]
    if place != _place() or not pid.isdecimal():
        return False
    return _start_of(int(pid)) != start


@cache
def _place() -> str:
    """This boot of this machine and its namespace of process numbers; the host's name where it tells neither."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        boot, namespace = socket.gethostname(), ""
    return hashlib.blake2b(f"{boot} {namespace}".encode(), digest_size=4).hexdigest()


def _start_of(pid: int) -> str:
    """When a process was started; empty if there is none (any more)."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else _is_there(pid)
    except OSError:
        return ""
    return "" if told[0] in {"Z", "X"} else told[_FIELD_OF_START]


def _is_there(pid: int) -> str:
    """As `_start_of` where the system tells no more than whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "there"
