"""Who has met the goal of a version, each passage once (journey-spec 7.1, design 8.8)."""

from __future__ import annotations

from waystage.plan.expressions import Condition
from waystage.store import expressions
from waystage.store.expressions import Setting
from waystage.store.sql import SqlValue, Tx


def note_leaf(tx: Tx, lane: int, version: int, leaf: int, now: int) -> int:
    """Those of the working set who leave because they have met it; returns how many had not been counted before."""
    return _note(tx, lane, version, now, "w.leaf = :leaf", {"leaf": leaf})


def note_condition(setting: Setting, version: int, condition: Condition) -> int:
    """Those of the working set `w` who meet it; returns how many had not been counted before."""
    test = expressions.condition(setting, condition)
    return _note(setting.tx, setting.lane, version, setting.now, test, setting.binder.values)


def _note(tx: Tx, lane: int, version: int, now: int, test: str, values: dict[str, SqlValue]) -> int:
    return tx.run(
        "INSERT INTO goal_met (lane, version, instance, at) SELECT :lane, :version, w.instance, :now FROM work w"
        f" WHERE w.lane = :lane AND {test} ON CONFLICT DO NOTHING",
        lane=lane, version=version, now=now, **values,
    )  # fmt: skip
