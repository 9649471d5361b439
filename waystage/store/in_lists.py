"""Lists of values as parameters, in pieces whose number of parameters takes few different sizes.

The text of a statement depends on the size only, so its preparation is reused; the last value fills a piece up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T", int, str)

#: Well below the parameters that either database takes in one statement (32,766 and 65,535).
_PIECE = 512


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in pieces of at most 512, in order; nothing for an empty list."""
    for start in range(0, len(values), _PIECE):
        yield values[start : start + _PIECE]


def in_list(values: Sequence[T], name: str = "in") -> tuple[str, dict[str, T]]:
    """`(:in0, :in1, …)` and its values, padded to a power of two; `values` is one piece of `chunks`."""
    padded = list(values)
    padded += [values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values))
    named = {f"{name}{place}": value for place, value in enumerate(padded)}
    return "(" + ", ".join(f":{parameter}" for parameter in named) + ")", named
