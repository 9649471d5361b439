"""The choice tree of a stride as one SQL expression: for each instance the number of the leaf it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from waystage.plan import expressions as e
from waystage.plan.strides import Branch, Node, Stride, chooses_by_event
from waystage.store import expressions
from waystage.store.expressions import Setting
from waystage.store.sql import SqlValue, Tx

Bind: TypeAlias = Callable[[SqlValue], str]


def leaf_of(setting: Setting, stride: Stride) -> str:
    """The leaf number of the row `setting.alias`."""
    return expressions.with_event(setting, chooses_by_event(stride.tree), lambda: _node(setting, stride.tree))


def _node(setting: Setting, node: Node | None) -> str:
    if node is None:
        return "-1"
    if not isinstance(node, Branch):
        return setting.binder.bind(node.number)
    if all(isinstance(condition, e.ShareBelow) for condition, _ in node.arms):
        return _draw(setting, node)
    arms = " ".join(
        f"WHEN {expressions.condition(setting, condition)} THEN {_node(setting, inner)}"
        for condition, inner in node.arms
    )
    return f"CASE {arms} ELSE {_node(setting, node.otherwise)} END"


def _draw(setting: Setting, node: Branch) -> str:
    """A random split draws once per instance, whatever the number of its paths."""
    drawn = f"draw{node.activity}"
    arms = " ".join(
        f"WHEN {drawn}.n < {setting.binder.bind(condition.bound)} THEN {_node(setting, inner)}"
        for condition, inner in node.arms
        if isinstance(condition, e.ShareBelow)
    )
    source = f"(SELECT {expressions.share(setting, node.activity)} AS n) {drawn}"
    return f"(SELECT CASE {arms} ELSE {_node(setting, node.otherwise)} END FROM {source})"


def choose(tx: Tx, lane: int, place: int, leaf: str, values: dict[str, SqlValue]) -> None:
    """Choose the way of every instance that stands at `place`."""
    tx.run(f"UPDATE work SET leaf = {leaf} WHERE lane = :lane AND place = :place", lane=lane, place=place, **values)


def counts(tx: Tx, lane: int, place: int) -> list[tuple[int, int, int]]:
    """(trail, leaf, how many) of the instances at `place`."""
    rows = tx.rows(
        "SELECT trail, leaf, count(*) FROM work WHERE lane = :lane AND place = :place GROUP BY trail, leaf",
        lane=lane, place=place,
    )  # fmt: skip
    return [(row[0], row[1], row[2]) for row in rows]


def by_leaf(bind: Bind, options: Sequence[tuple[int, SqlValue]], alias: str = "w") -> str:
    """A value that depends on the leaf: one parameter if all are alike, else a CASE."""
    if len({value for _, value in options}) == 1:
        return bind(options[0][1])
    arms = " ".join(f"WHEN {bind(leaf)} THEN {bind(value)}" for leaf, value in options)
    return f"CASE {alias}.leaf {arms} END"


def by_leaf_text(options: Sequence[tuple[int, str]], bind: Bind, alias: str = "w") -> str:
    """The same for pieces of SQL."""
    if len(options) == 1:
        return options[0][1]
    arms = " ".join(f"WHEN {bind(leaf)} THEN {text}" for leaf, text in options)
    return f"CASE {alias}.leaf {arms} END"


def among(bind: Bind, leaves: Sequence[int], stride: Stride, alias: str = "w") -> str:
    """The instances that take one of these leaves; no condition if they are all there are."""
    if len(leaves) == len(stride.leaves):
        return ""
    return f" AND {alias}.leaf IN ({', '.join(bind(leaf) for leaf in leaves)})"
