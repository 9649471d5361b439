"""A small file system in memory that can be filled to the last byte: only root may make one, and not everywhere."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: The database, its log of up to 64 MiB, and some room to grow.
_SIZE = "192m"
_BALLAST = "ballast"
_CHUNK = 65_536


@contextmanager
def small_disk(home: Path) -> Iterator[Path | None]:
    """A folder on such a file system inside `home`, None where there can be none; in the end it is copied."""
    place = home / "small"
    place.mkdir()
    if not _mounted(place):
        yield None
        return
    try:
        yield place
    finally:
        free(place)
        shutil.copytree(place, home / "copy", dirs_exist_ok=True)
        subprocess.run(["umount", "-l", str(place)], check=False)


def _mounted(place: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(place)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def fill(place: Path, room: int) -> None:
    """Take all but so many bytes."""
    status = os.statvfs(place)
    left = status.f_bavail * status.f_frsize - room
    with suppress(OSError), (place / _BALLAST).open("wb") as ballast:  # the product was faster
        while left > 0:
            left -= ballast.write(bytes(min(left, _CHUNK)))
            ballast.flush()


def free(place: Path) -> None:
    """Give everything back."""
    (place / _BALLAST).unlink(missing_ok=True)
