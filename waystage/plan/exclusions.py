"""Exclusion filters of e-mails: a small, safe part of the script language of the hosted product (journey-spec 8.8).

Comparisons of a name with a constant (`==`, `!=`, `<`, `<=`, `>`, `>=`), `Empty(name)`, `AND`, `OR`, `NOT` and
parentheses. A name is written `Tier`, `[First Name]`, `%%First Name%%`, `AttributeValue("First Name")` or as a binding;
`Domain(name)` is what follows the @ of an address. Everything else is refused, as to ignore it would write to people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from waystage.plan import expressions as e
from waystage.plan.criteria import Compiler
from waystage.plan.values import Bound, Resolver, UnknownName
from waystage.spec import bindings
from waystage.spec import criteria_tree as c

LONGEST: Final = 4_000
_DEEPEST: Final = 20
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>-?[0-9]+(?:\.[0-9]+)?)
    |(?P<name>\[[^\[\]]+\]|%%[^%\n]+%%|\{\{[^{}]+\}\}|[A-Za-z_]\w*)|(?P<sign>==|!=|<>|<=|>=|<|>|\(|\)))""",
    re.VERBOSE,
)
_OPERATORS: Final = {
    "==": c.Operator.EQUAL,
    "!=": c.Operator.NOT_EQUAL,
    "<>": c.Operator.NOT_EQUAL,
    "<": c.Operator.LESS_THAN,
    "<=": c.Operator.LESS_THAN_OR_EQUAL,
    ">": c.Operator.GREATER_THAN,
    ">=": c.Operator.GREATER_THAN_OR_EQUAL,
}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class ExclusionError(ValueError):
    """A filter that cannot be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class _Operand:
    """One side of a comparison: a value with its field, or a constant."""

    bound: Bound | None
    text: str
    is_domain: bool = False


def condition(text: object, resolver: Resolver) -> e.Condition:
    """Whom the filter keeps a message from; ExclusionError."""
    if not isinstance(text, str):
        raise ExclusionError("it must be text.")
    if len(text) > LONGEST:
        raise ExclusionError(f"it has {len(text)} characters; {LONGEST} at most.")
    reader = _Reader(_words(text), resolver)
    found = reader.alternatives(0)
    if reader.ahead is not None:
        raise ExclusionError(f"{reader.ahead!r} stands where AND, OR or the end was expected.")
    return found


def _words(text: str) -> list[str]:
    words: list[str] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise ExclusionError(f"{text[place : place + 40].strip()!r} cannot be read.")
        words.append(found.group().strip())
        place = found.end()
    return words


@dataclass(slots=True)
class _Reader:
    """Reads words from left to right; AND binds closer than OR, NOT closest."""

    words: list[str]
    resolver: Resolver
    place: int = 0

    @property
    def ahead(self) -> str | None:
        """The next word."""
        return self.words[self.place] if self.place < len(self.words) else None

    def take(self, expected: str = "") -> str:
        """Go over the next word, which must be the expected one if one is."""
        word = self.ahead
        if word is None or (expected and word != expected):
            raise ExclusionError(f"{expected or 'a name or constant'} was expected, not {word or 'the end'}.")
        self.place += 1
        return word

    def is_word(self, word: str) -> bool:
        """Whether the next word is this word, and then go over it."""
        is_next = (self.ahead or "").casefold() == word
        self.place += is_next
        return is_next

    def alternatives(self, depth: int) -> e.Condition:
        """Parts with OR between them."""
        parts = [self.conjunction(depth)]
        while self.is_word("or"):
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else e.AnyOf(tuple(parts))

    def conjunction(self, depth: int) -> e.Condition:
        """Parts with AND between them."""
        parts = [self.part(depth)]
        while self.is_word("and"):
            parts.append(self.part(depth))
        return parts[0] if len(parts) == 1 else e.AllOf(tuple(parts))

    def part(self, depth: int) -> e.Condition:
        """A denial, something in parentheses, a question whether there is a value, or a comparison."""
        if depth > _DEEPEST:
            raise ExclusionError(f"it is nested more than {_DEEPEST} levels deep.")
        if self.is_word("not"):
            return e.Not(self.part(depth + 1))
        if self.is_word("("):
            inner = self.alternatives(depth + 1)
            self.take(")")
            return inner
        if self.is_word("empty"):
            return self.tested(self.in_parentheses(), c.Operator.IS_EMPTY, "")
        return self.comparison()

    def in_parentheses(self) -> _Operand:
        """The one name that a function is asked about."""
        self.take("(")
        operand = self.operand()
        self.take(")")
        return operand

    def comparison(self) -> e.Condition:
        """A name and a constant, in either order."""
        left, sign, right = self.operand(), self.take(), self.operand()
        if sign not in _OPERATORS:
            raise ExclusionError(f"{sign!r} is no comparison; {', '.join(_OPERATORS)} are.")
        if left.bound is None:
            left, sign, right = right, _TURNED.get(sign, sign), left
        if left.bound is None or right.bound is not None:
            raise ExclusionError("a comparison needs a name on one side and a constant on the other.")
        return self.tested(left, _OPERATORS[sign], right.text)

    def operand(self) -> _Operand:
        """A name, `AttributeValue("name")`, `Domain(name)`, or a constant."""
        word = self.take()
        if word.casefold() == "domain" and self.ahead == "(":
            return replace(self.in_parentheses(), is_domain=True)
        if word.casefold() == "attributevalue" and self.ahead == "(":
            named = self.in_parentheses()
            return named if named.bound is not None else _Operand(self.bound(f"[{named.text}]"), "")
        if word[0] in "\"'":
            return _Operand(None, word[1:-1])
        if word[0] in "[%{" or _is_name(word):
            return _Operand(self.bound(word), "")
        if word in _OPERATORS or word in "()":
            raise ExclusionError(f"{word!r} stands where a name or constant was expected.")
        return _Operand(None, word)

    def bound(self, word: str) -> Bound:
        """The value that a name stands for."""
        try:
            if word.startswith("{{"):
                return self.resolver.template(bindings.parse(word))
            return self.resolver.personal(word.strip("%[] "))
        except (UnknownName, bindings.BindingError) as error:
            raise ExclusionError(str(error)) from error

    def tested(self, operand: _Operand, operator: c.Operator, constant: str) -> e.Condition:
        """A comparison as criteria make it, by the declared type of the field."""
        if operand.bound is None:
            raise ExclusionError("a comparison needs a name on one side and a constant on the other.")
        if operand.is_domain:
            return _of_domain(operand.bound, operator, constant)
        unreadable: list[str] = []
        source = c.EventField("", "", "It")
        node = c.Condition(source, operator, (c.Literal(constant),))
        found = Compiler(self.resolver, unreadable.append).compared(node, operand.bound)
        if unreadable:
            raise ExclusionError(unreadable[0])
        return found


def _is_name(word: str) -> bool:
    return (word[0].isalpha() or word[0] == "_") and word.casefold() not in {"true", "false"}


def _of_domain(bound: Bound, operator: c.Operator, domain: str) -> e.Condition:
    ends = e.Holds(bound.value, e.Literal(f"@{domain}"), e.Place.END)
    if operator is c.Operator.EQUAL and bound.value.kind is e.Kind.TEXT:
        return ends
    if operator is c.Operator.NOT_EQUAL and bound.value.kind is e.Kind.TEXT:
        return e.Not(ends)
    raise ExclusionError("Domain(…) can only be compared by == and != with a text.")
