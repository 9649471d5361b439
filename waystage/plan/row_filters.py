"""Filters of rows become conditions on one row, typed by its fields (api.md 11.5, contract 37)."""

from __future__ import annotations

from waystage.plan import expressions as e
from waystage.plan.catalog import Catalog, kind_of
from waystage.plan.criteria import Compiler
from waystage.plan.values import Bound, Resolver
from waystage.spec import criteria_tree as c
from waystage.spec.document import parse
from waystage.spec.fields import Field, Schema


class UnknownField(ValueError):
    """A name that no field of the rows has."""


class UnfitValue(ValueError):
    """A value that cannot be read as the type of its field; the message names the field."""


def field_value(field: Field) -> e.RelatedField:
    """The value of a field of the row."""
    return e.RelatedField(field.name, kind_of(field))


def find_field(schema: Schema, name: str) -> Field:
    """The field with this name in any case; UnknownField."""
    found = schema.find(name.strip())
    if found is None:
        raise UnknownField(f'"{name.strip()[:60]}" is no field of the data extension.')
    return found


def condition(tree: c.Node, schema: Schema, offset_minutes: int) -> e.Condition:
    """What a row must fulfil. UnknownField, UnfitValue."""
    problems: list[str] = []
    resolver = Resolver(catalog=Catalog(offset_minutes=offset_minutes), event=None, journey=parse({}), outputs={})
    compiler = Compiler(resolver, problems.append)
    made = _condition(compiler, schema, tree)
    if problems:
        raise UnfitValue(problems[0].removesuffix(" The condition is never true."))
    return made


def _condition(compiler: Compiler, schema: Schema, node: c.Node) -> e.Condition:
    match node:
        case c.All(parts):
            return e.AllOf(tuple(_condition(compiler, schema, part) for part in parts)) if parts else e.Always()
        case c.Any(parts):
            return e.AnyOf(tuple(_condition(compiler, schema, part) for part in parts))
        case c.Condition():
            found = find_field(schema, node.source.key)
            return compiler.compared(node, Bound(field_value(found), found))
        case c.Related():
            raise TypeError("a filter of rows has no related rows")
