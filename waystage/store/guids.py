"""The laws of `ids.guid_of` and `ids.born` as SQL, for what a statement numbers or draws by itself (design 8.20)."""

from __future__ import annotations

from collections.abc import Callable

from waystage.ground import ids
from waystage.store.dialects.base import Dialect


def guid_of(dialect: Dialect, kind: str, lane: int, number: str) -> str:
    """The GUID of (kind, lane, number) as text; `number` is SQL for an integer below 2^63, named several times."""
    high, middle, low = ids.guid_masks(kind, lane)
    last = 48
    groups = [
        (12, _xor(f"({number} >> 34)", high)),
        (3, _xor(f"(({number} >> 22) & {0xFFF})", middle)),
        # The variant (RFC 9562) is the top of this group, so no bit of it needs a sign.
        (4, f"({0x8000} | {_xor(f'(({number} >> 8) & {0x3FFF})', low >> last)})"),
        (12, _xor(f"(({number} & {0xFF}) << 40)", low & ((1 << last) - 1))),
    ]
    first, second, third, fourth = (dialect.hexadecimal(text, width) for width, text in groups)
    return (
        f"(substr({first}, 1, 8) || '-' || substr({first}, 9) || '-8' || {second} || '-' || {third} || '-' || {fourth})"
    )


def _xor(number: str, mask: int) -> str:
    """No two databases share an operator for it."""
    return f"(({number} | {mask}) - ({number} & {mask}))"


def is_moved(bind: Callable[[int], str], number: str) -> str:
    """Whether a number was given out in another lane."""
    return f"({number} & {bind(ids.MOVED)} <> 0)"


def lane_of_birth(bind: Callable[[int], str], number: str) -> str:
    """In which lane a number that was moved was given out."""
    return f"({number} & {bind((1 << ids.BIRTH) - 1)})"


def number_at_birth(bind: Callable[[int], str], number: str) -> str:
    """What a number was when it was given out, whether it was moved or not."""
    kept = f"(({number} >> {ids.GENERATION}) << {ids.GENERATION})"
    before = f"({kept} | (({number} & {bind(ids.MOVED - 1)}) >> {ids.BIRTH}))"
    return f"(CASE WHEN {is_moved(bind, number)} THEN {before} ELSE {number} END)"
