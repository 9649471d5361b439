"""The processes of one database: who they are, and until when each is taken to be alive."""

from __future__ import annotations

from dataclasses import dataclass

from waystage.store.sql import Tx

#: Roles whose processes move contacts.
SERVE, API, WORKER = "serve", "api", "worker"


@dataclass(frozen=True, slots=True)
class Process:
    """One process; `started` in real ms. `name` is the owner of what it holds (ground.identity)."""

    name: str
    role: str
    host: str
    pid: int
    version: str
    started: int

    @property
    def moves(self) -> bool:
        """Whether it moves contacts."""
        return self.role != API


@dataclass(frozen=True, slots=True)
class Living:
    """A process as it has told of itself last; `lag` in real ms."""

    process: Process
    until: int
    lanes: int
    lag: int


def tell(tx: Tx, process: Process, until: int, lanes: int = 0, lag: int = 0) -> None:
    """The process is alive until then, unless it tells again."""
    tx.run(
        "INSERT INTO process (name, role, host, pid, version, started, until, lanes, lag)"
        " VALUES (:name, :role, :host, :pid, :version, :started, :until, :lanes, :lag)"
        " ON CONFLICT (name) DO UPDATE SET until = excluded.until, lanes = excluded.lanes, lag = excluded.lag",
        name=process.name, role=process.role, host=process.host, pid=process.pid, version=process.version,
        started=process.started, until=until, lanes=lanes, lag=lag,
    )  # fmt: skip


def everybody(tx: Tx) -> list[Living]:
    """Every process that has not ended in an orderly way, the oldest first."""
    rows = tx.rows(
        "SELECT name, role, host, pid, version, started, until, lanes, lag FROM process ORDER BY started, name"
    )
    return [Living(Process(*row[:6]), *row[6:]) for row in rows]


def leave(tx: Tx, name: str) -> None:
    """The process ends."""
    tx.run("DELETE FROM process WHERE name = :name", name=name)


def forget(tx: Tx, before: int) -> None:
    """Drop processes that were last alive before a real instant."""
    tx.run("DELETE FROM process WHERE until < :before", before=before)
