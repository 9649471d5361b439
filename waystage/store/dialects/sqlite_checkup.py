"""See `store.dialects.checkups`: a file, its log and the disk that they lie on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from waystage.ground import ailments
from waystage.ground.ailments import Finding
from waystage.store.sql import Tx

_MIB = 1024 * 1024
#: Bytes of the log that tell of a reader without an end: it is written back at a quarter of this.
_LONG_LOG = 256 * _MIB
_FULL = 256 * _MIB


class SqliteCheckup:
    """See `checkups.Checkup`."""

    def __init__(self, url: str) -> None:
        self.address = url
        self._file = Path(url.removeprefix("sqlite:///"))

    def absent(self) -> str | None:
        """See `Checkup.absent`."""
        return None if self._file.exists() else f"{self._file} does not exist."

    def findings(self, tx: Tx) -> Iterator[Finding]:
        """See `Checkup.findings`."""
        size, log = _size(self._file), _size(Path(f"{self._file}-wal"))
        free = shutil.disk_usage(self._file.resolve().parent).free
        if free < _FULL:
            yield Finding(ailments.DISK_FULL, f"{_mib(free)} are left beside {self._file}.")
        elif free < size:
            yield Finding(ailments.DISK_TIGHT, f"{_mib(free)} are left beside {self._file}, which holds {_mib(size)}.")
        if log > _LONG_LOG:
            yield Finding(ailments.LOG_LARGE, f"{self._file}-wal holds {_mib(log)}.")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _mib(size: int) -> str:
    return f"{size / _MIB:,.0f} MiB"
