"""Publish and validate jobs: asked for, run, read (api.md 4.1 to 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from waystage.store import oldest
from waystage.store.sql import Tx


@dataclass(frozen=True, slots=True)
class Job:
    """One job; `findings` are errors and warnings as they go over the wire, `ended` is real ms or None.

    `actor` and `client` asked for it.
    """

    id: str
    account: int
    version: int
    kind: str
    status: str
    findings: list[dict[str, Any]]
    ended: int | None
    actor: int = 0
    client: str = ""


def add(tx: Tx, job: Job, owner: str, created: int) -> None:
    """Store a job that is to be run."""
    tx.run(
        "INSERT INTO job (id, account, version, kind, status, owner, findings, created, actor, client)"
        " VALUES (:id, :account, :version, :kind, :status, :owner, '[]', :created, :actor, :client)",
        id=job.id, account=job.account, version=job.version, kind=job.kind, status=job.status, owner=owner,
        created=created, actor=job.actor, client=job.client,
    )  # fmt: skip


def find(tx: Tx, job_id: str) -> Job | None:
    """The job with this id."""
    row = tx.one(
        "SELECT id, account, version, kind, status, findings, ended, actor, client FROM job WHERE id = :id", id=job_id
    )
    if row is None:
        return None
    return Job(row[0], row[1], row[2], row[3], row[4], msgspec.json.decode(row[5]), *row[6:])


def end(tx: Tx, job_id: str, status: str, findings: Sequence[dict[str, Any]], ended: int) -> None:
    """Store how a job ended."""
    tx.run(
        "UPDATE job SET status = :status, findings = :findings, ended = :ended WHERE id = :id",
        id=job_id, status=status, findings=msgspec.json.encode(list(findings)).decode(), ended=ended,
    )  # fmt: skip


def unfinished(tx: Tx) -> list[str]:
    """Jobs that were asked for and never ended: their process is gone."""
    return [row[0] for row in tx.rows("SELECT id FROM job WHERE ended IS NULL ORDER BY created, id")]


def forget_old(tx: Tx, before: int, limit: int) -> int:
    """Delete the oldest that ended before a real instant, `limit` at most; returns how many."""
    find = "SELECT id FROM job WHERE ended < :before ORDER BY ended LIMIT :limit"
    return oldest.forget(tx, find, ("id",), ("DELETE FROM job WHERE id = :id",), before, limit)
