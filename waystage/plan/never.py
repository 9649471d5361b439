"""Conditions that nobody can fulfil, as far as that can be told from the conditions alone."""

from __future__ import annotations

from collections.abc import Iterable

from waystage.plan.expressions import (
    Absent,
    AllOf,
    AnyOf,
    Compare,
    Comparison,
    Condition,
    Holds,
    Literal,
    Never,
    Not,
    Related,
    Value,
)


def is_never(condition: Condition) -> bool:
    """Whether the condition is false for everybody; False where that cannot be told."""
    match condition:
        case Never():
            return True
        case AllOf():
            parts = list(_flat(condition))
            return any(map(is_never, parts)) or _contradict(parts)
        case AnyOf(parts):
            return all(map(is_never, parts))
        case Related(_, part):
            return is_never(part)
        case _:
            return False


def _flat(condition: Condition) -> Iterable[Condition]:
    """The parts of conjunctions within conjunctions."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _flat(part)
    else:
        yield condition


def _contradict(parts: list[Condition]) -> bool:
    """Whether two parts exclude each other: a part and its denial, or bounds on one value with nothing between."""
    denied = {part.part for part in parts if isinstance(part, Not)}
    if any(part in denied for part in parts):
        return True
    absent = {part.value for part in parts if isinstance(part, Absent)}
    looked_at = {part.left for part in parts if isinstance(part, Compare)}
    looked_at |= {part.text for part in parts if isinstance(part, Holds)}
    return bool(absent & looked_at) or any(_no_room(value, parts) for value in looked_at)


def _no_room(value: Value, parts: list[Condition]) -> bool:
    """Whether the comparisons of one value with constants leave nothing that it could be."""
    lows, highs, texts = [-(2**63)], [2**63 - 1], set[str]()
    for part in parts:
        if not isinstance(part, Compare) or part.left != value or not isinstance(part.right, Literal):
            continue
        constant = part.right.value
        if isinstance(constant, int):
            _bound(part.comparison, constant, lows, highs)
        elif isinstance(constant, str) and part.comparison is Comparison.EQUAL:
            texts.add(_folded(constant))
    return max(lows) > min(highs) or len(texts) > 1


def _bound(comparison: Comparison, constant: int, lows: list[int], highs: list[int]) -> None:
    if comparison in {Comparison.EQUAL, Comparison.AT_LEAST}:
        lows.append(constant)
    if comparison in {Comparison.EQUAL, Comparison.AT_MOST}:
        highs.append(constant)
    if comparison is Comparison.MORE:
        lows.append(constant + 1)
    if comparison is Comparison.LESS:
        highs.append(constant - 1)


def _folded(text: str) -> str:
    """As texts are compared: the letters A to Z without regard to case (contract 37)."""
    return "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in text)
