"""Conditions that nobody can fulfil, as far as that can be told from the conditions alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from waystage.plan.expressions import (
    Absent,
    AllOf,
    Always,
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

#: Alternatives of one part that are tried one by one.
_MOST_ALTERNATIVES = 50
_OPPOSITES = {
    Comparison.LESS: Comparison.AT_LEAST,
    Comparison.AT_MOST: Comparison.MORE,
    Comparison.MORE: Comparison.AT_MOST,
    Comparison.AT_LEAST: Comparison.LESS,
}


def is_never(condition: Condition) -> bool:
    """Whether the condition is false for everybody; False where that cannot be told."""
    match condition:
        case Never():
            return True
        case Not(Always()):
            return True
        case AllOf():
            parts = list(_flat(condition))
            return any(map(is_never, parts)) or _contradict(parts) or _no_alternative(parts)
        case AnyOf(parts):
            return all(map(is_never, parts))
        case Related(_, part):
            return is_never(part)
        case _:
            return False


def leaves_nobody(earlier: Sequence[Condition], condition: Condition) -> bool:
    """Whether everybody who fulfils a condition fulfils one of the earlier ones; False where that cannot be told."""
    return is_never(AllOf((condition, *(denied(one) for one in earlier))))


def denied(condition: Condition) -> Condition:
    """The opposite, with the denial as far inside as it goes; conditions are two-valued."""
    match condition:
        case AllOf(parts):
            return AnyOf(tuple(map(denied, parts))) if len(parts) != 1 else denied(parts[0])
        case AnyOf(parts):
            return AllOf(tuple(map(denied, parts)))
        case Not(part):
            return part
        case Always():
            return Never()
        case Never():
            return Always()
        case _:
            return Not(condition)


def _no_alternative(parts: list[Condition]) -> bool:
    """Whether some part has only alternatives that contradict the others."""
    for place, part in enumerate(parts):
        if isinstance(part, AnyOf) and len(part.parts) <= _MOST_ALTERNATIVES:
            others = [one for one in parts[:place] + parts[place + 1 :] if not isinstance(one, AnyOf)]
            if all(_contradict([*others, *_flat(one)]) or is_never(one) for one in part.parts):
                return True
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
    looked_at |= {part.part.value for part in parts if isinstance(part, Not) and isinstance(part.part, Absent)}
    if absent & looked_at:
        return True
    compared: defaultdict[Value, list[Condition]] = defaultdict(list)
    for part in parts:
        inner = part.part if isinstance(part, Not) else part
        if isinstance(inner, Compare) and isinstance(inner.right, Literal):
            compared[inner.left].append(part)
    return any(_no_room(tests) for value, tests in compared.items() if value in looked_at)


def _no_room(parts: list[Condition]) -> bool:
    """Whether comparisons of one value, which is there, with constants leave nothing that it could be."""
    lows, highs, texts = [-(2**63)], [2**63 - 1], set[str]()
    excluded = set[int | str]()
    for part in parts:
        compared = part.part if isinstance(part, Not) else part
        if not isinstance(compared, Compare) or not isinstance(compared.right, Literal):
            continue
        constant, comparison = compared.right.value, compared.comparison
        plain = _folded(constant) if isinstance(constant, str) else constant
        if isinstance(part, Not) and comparison is Comparison.EQUAL and plain is not None:
            excluded.add(plain)
        elif isinstance(plain, int):
            _bound(_OPPOSITES[comparison] if isinstance(part, Not) else comparison, plain, lows, highs)
        elif isinstance(plain, str) and comparison is Comparison.EQUAL:
            texts.add(plain)
    low, high = max(lows), min(highs)
    return low > high or (low == high and low in excluded) or len(texts) > 1 or bool(texts & excluded)


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
