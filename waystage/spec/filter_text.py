"""Filters as they stand in a query string: `Points gt 5 and (Name like 'A%' or Mail is null)` (api.md 11.5).

A field may be quoted (`"First Name"`, `[First Name]`), a value stands in single or double quotes or alone. Values are
read by the declared type of their field, later.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from waystage.spec.criteria_tree import All, Any, AttributeField, Condition, Literal, Node, Operator

#: Comparisons that one filter may have, how deep its parentheses may go, and how many values a list may have.
MOST_TERMS: Final = 200
MOST_DEPTH: Final = 20
MOST_VALUES: Final = 500

_TOKEN: Final = re.compile(
    r"""(?P<open>\() | (?P<close>\)) | (?P<comma>,) | (?P<sign><=|>=|<>|!=|==|=|<|>)
    | '(?P<text>(?:[^']|'')*)' | "(?P<quoted>(?:[^"]|"")*)" | \[(?P<bracketed>[^\]]+)\]
    | (?P<word>[^\s()=<>!,'"\[\]]+)""",
    re.VERBOSE,
)
_OPERATORS: Final = {
    "eq": Operator.EQUAL,
    "=": Operator.EQUAL,
    "==": Operator.EQUAL,
    "ne": Operator.NOT_EQUAL,
    "neq": Operator.NOT_EQUAL,
    "<>": Operator.NOT_EQUAL,
    "!=": Operator.NOT_EQUAL,
    "gt": Operator.GREATER_THAN,
    ">": Operator.GREATER_THAN,
    "ge": Operator.GREATER_THAN_OR_EQUAL,
    "gte": Operator.GREATER_THAN_OR_EQUAL,
    ">=": Operator.GREATER_THAN_OR_EQUAL,
    "lt": Operator.LESS_THAN,
    "<": Operator.LESS_THAN,
    "le": Operator.LESS_THAN_OR_EQUAL,
    "lte": Operator.LESS_THAN_OR_EQUAL,
    "<=": Operator.LESS_THAN_OR_EQUAL,
}
_NULLS: Final = {Operator.EQUAL: Operator.IS_NULL, Operator.NOT_EQUAL: Operator.IS_NOT_NULL}
_NAMES: Final = frozenset({"word", "quoted", "bracketed"})
_VALUES: Final = frozenset({"word", "quoted", "text"})

Join: TypeAlias = type[All] | type[Any]


class FilterError(ValueError):
    """A filter that cannot be read; the message names the place and what was expected there."""


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def parse(text: str) -> Node:
    """The tree of a filter; an empty text lets everything through. FilterError."""
    tokens = _tokens(text)
    if not tokens:
        return All(())
    reader = _Reader(tokens, len(text))
    tree = reader.alternatives(0)
    if reader.token.kind != "end":
        raise reader.wrong("and, or, or the end")
    return tree


def like(field: AttributeField, pattern: str) -> Condition:
    """A text that begins (`A%`), ends (`%A`) or has within it (`%A%`, `A`) what stands beside the `%`; FilterError."""
    core = pattern.strip("%")
    if "%" in core:
        raise FilterError(f'the pattern "{pattern[:60]}" may have % at its begin and its end only.')
    starts, ends = pattern.startswith("%"), pattern.endswith("%")
    operator = Operator.CONTAINS
    if starts != ends:
        operator = Operator.ENDS_WITH if starts else Operator.BEGINS_WITH
    return Condition(field, operator, (Literal(core),))


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        if text[place].isspace():
            place += 1
            continue
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            raise FilterError(f'character {place + 1}: "{text[place : place + 20]}" cannot be read.')
        value, kind = token.group(token.lastgroup), token.lastgroup
        quote = {"text": "'", "quoted": '"'}.get(kind)
        found.append(_Token(kind, value.replace(quote * 2, quote) if quote else value, place))
        place = token.end()
    return found


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = [*tokens, _Token("end", "", length)]
        self._place = 0
        self._terms = 0

    @property
    def token(self) -> _Token:
        """The token to be read next."""
        return self._tokens[self._place]

    def wrong(self, expected: str) -> FilterError:
        """What to say where something else was expected."""
        got = f'"{self.token.text[:40]}"' if self.token.kind != "end" else "the end"
        return FilterError(f"character {self.token.place + 1}: {expected} was expected, not {got}.")

    def alternatives(self, depth: int) -> Node:
        """Parts joined by `or`, each of them joined by `and`."""
        return self._joined("or", Any, lambda: self._joined("and", All, lambda: self._one(depth)))

    def _joined(self, word: str, join: Join, part: Callable[[], Node]) -> Node:
        parts = [part()]
        while self._is_word(word):
            self._place += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _one(self, depth: int) -> Node:
        if self.token.kind != "open":
            return self._comparison()
        if depth >= MOST_DEPTH:
            raise FilterError(f"the filter is nested more than {MOST_DEPTH} levels deep.")
        self._place += 1
        inner = self.alternatives(depth + 1)
        self._expect("close", "a closing parenthesis")
        return inner

    def _comparison(self) -> Condition:
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise FilterError(f"the filter has more than {MOST_TERMS} comparisons.")
        if self.token.kind not in _NAMES:
            raise self.wrong("a field")
        name = self._take().text
        field = AttributeField("", name, name)
        word, known = self.token.text.lower(), self.token.kind in {"word", "sign"}
        if known and word in _OPERATORS:
            self._place += 1
            return self._compared(field, _OPERATORS[word])
        if known and word in {"like", "in", "is", "not"}:
            return self._worded(field)
        raise self.wrong("an operator such as eq, ne, gt, ge, lt, le, like or in")

    def _compared(self, field: AttributeField, operator: Operator) -> Condition:
        if self._is_word("null"):
            if operator not in _NULLS:
                raise self.wrong("a value")
            self._place += 1
            return Condition(field, _NULLS[operator])
        return Condition(field, operator, (self._value(),))

    def _worded(self, field: AttributeField) -> Condition:
        """`like`, `in`, `not in`, `is null` and `is not null`."""
        if self._skip("like"):
            place, pattern = self.token.place, self._value().text
            try:
                return like(field, pattern)
            except FilterError as error:
                raise FilterError(f"character {place + 1}: {error}") from error
        if self._skip("is"):
            operator = Operator.IS_NOT_NULL if self._skip("not") else Operator.IS_NULL
            if not self._skip("null"):
                raise self.wrong("null")
            return Condition(field, operator)
        operator = Operator.NOT_IN if self._skip("not") else Operator.IN
        if not self._skip("in"):
            raise self.wrong("in")
        return Condition(field, operator, self._list())

    def _list(self) -> tuple[Literal, ...]:
        self._expect("open", "a list in parentheses")
        values = [self._value()]
        while self.token.kind == "comma":
            self._place += 1
            values.append(self._value())
        self._expect("close", "a comma or a closing parenthesis")
        if len(values) > MOST_VALUES:
            raise FilterError(f"a list has more than {MOST_VALUES} values.")
        return tuple(values)

    def _value(self) -> Literal:
        if self.token.kind not in _VALUES:
            raise self.wrong("a value")
        return Literal(self._take().text)

    def _is_word(self, word: str) -> bool:
        return self.token.kind == "word" and self.token.text.lower() == word

    def _skip(self, word: str) -> bool:
        found = self._is_word(word)
        self._place += found
        return found

    def _take(self) -> _Token:
        token = self.token
        self._place += 1
        return token

    def _expect(self, kind: str, expected: str) -> None:
        if self.token.kind != kind:
            raise self.wrong(expected)
        self._place += 1
