"""Remarks: refusals, warnings and failures, written only when they happen (design 8.5)."""

from __future__ import annotations

from waystage.store.sql import Row, Tx


def note_failed(tx: Tx, lane: int, version: int, activity: int, base: int, now: int, message: str) -> None:
    """Everybody in the working set failed at an activity (journey-spec 8.9)."""
    tx.run(
        "INSERT INTO remark (lane, seq, at, version, contact, instance, activity, status, message)"
        " SELECT :lane, :base + w.n, :now, :version, w.contact, w.instance, :activity, 'Failed', :message"
        " FROM work w WHERE w.lane = :lane",
        lane=lane, base=base, now=now, version=version, activity=activity, message=message[:500],
    )  # fmt: skip


def note_lost_event(tx: Tx, lane: int, seq: int, now: int, contact: int, message: str) -> None:
    """An event that could not be taken in; version 0, because no journey has judged it."""
    tx.run(
        "INSERT INTO remark (lane, seq, at, version, contact, instance, activity, status, message)"
        " VALUES (:lane, :seq, :now, 0, :contact, 0, 0, 'ErrorOccuredInProcessing', :message)",
        lane=lane, seq=seq, now=now, contact=contact, message=message[:500],
    )  # fmt: skip


def of_version(tx: Tx, version: int, limit: int) -> list[Row]:
    """The newest remarks of a version: (at, lane, contact, instance, activity, status, message)."""
    return tx.rows(
        "SELECT at, lane, contact, instance, activity, status, message FROM remark WHERE version = :version"
        " ORDER BY at DESC, lane, seq DESC LIMIT :limit",
        version=version,
        limit=limit,
    )
