"""Whether a statement holds every run-time table it reads or changes to one lane, which it is told.

Two tables whose lanes are compared with = lie in the same one; a table is held when its lane, or the lane of one that
lies in the same, is compared with a parameter. Conditions count where they must be true: in WHERE or ON, joined by AND.
Rows that are found by addresses lie where the addresses come from.
"""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from sqlglot import exp

_TOLD = (exp.Placeholder, exp.Parameter, exp.Literal)
_QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Insert)


class Lanes:
    """The tables of one statement, and which of them lie in one lane."""

    def __init__(self, nodes: Mapping[type, list[Any]], run_time: Container[str]) -> None:
        """`nodes` are the parts of the statement by kind, `run_time` the names of the tables that lie in lanes."""
        self._nodes = nodes
        self._run_time = run_time
        self._ctes = {cte.alias: cte.this for cte in nodes[exp.CTE]}
        self._parents: dict[int, int] = {}
        for condition in nodes[exp.EQ]:
            if _speaks_of_a_lane(condition) and _is_certain(condition):
                sides = self._place(condition.left), self._place(_address(condition.right))
                if None not in sides:
                    self._parents[self._root(sides[0])] = self._root(sides[1])  # type: ignore[arg-type]

    def open_ended(self) -> Iterator[str]:
        """Tables of which rows of any lane are read or changed."""
        for table in self._nodes[exp.Table]:
            if self._is_in_lanes(table) and not _is_target(table) and self._root(id(table)) != self._root(_TOLD_PLACE):
                yield table.name

    def wrong_inserts(self) -> Iterator[str]:
        """Rows that are put into a lane which is neither told nor that of what is read."""
        for insert in self._nodes[exp.Insert]:
            name, columns = target(insert), [one.name for one in insert.this.expressions]
            if name not in self._run_time:
                continue
            if "lane" not in columns:
                yield f"{name} is given no lane"
            elif isinstance(source := insert.expression, exp.Select):
                place = self._place(source.selects[columns.index("lane")])
                if place is None or self._root(place) not in {self._root(_TOLD_PLACE), self._root(_GIVEN_PLACE)}:
                    yield f"the lane of {name} is neither told nor read from one"

    def _is_in_lanes(self, table: exp.Table) -> bool:
        return table.name in self._run_time and table.name not in self._ctes

    def _root(self, place: int) -> int:
        while (parent := self._parents.get(place, place)) != place:
            place = parent
        return place

    def _place(self, value: Any, seen: frozenset[int] = frozenset()) -> int | None:
        """What decides the lane that an expression names: a table, what is told, what is given row by row."""
        while isinstance(value, exp.Cast | exp.Paren | exp.Alias):
            value = value.this
        if isinstance(value, _TOLD):
            return _TOLD_PLACE
        if not isinstance(value, exp.Column) or id(value) in seen:
            return None
        return self._behind(self._source(value), value.name, seen | {id(value)})

    def _behind(self, source: Any, name: str, seen: frozenset[int]) -> int | None:
        """What decides the column `name` of a table or subquery."""
        if isinstance(source, exp.Table):
            if self._is_in_lanes(source):
                return id(source) if name in {"lane", "ctid"} else None
            source = self._ctes.get(source.name, source)
        inner = _query(source)
        if inner is None:
            return _GIVEN_PLACE if source is not None else None
        named = next((one for one in inner.selects if one.alias_or_name == name), None)
        star = next((one for one in inner.selects if one.is_star and isinstance(one, exp.Column)), None)
        if named is None and star is not None:  # SELECT q.*
            of = next((one for one in _sources(inner) if one.alias_or_name == star.table), None)
            return self._behind(of, name, seen)
        return self._place(named, seen)

    def _source(self, column: exp.Column) -> Any:
        """The table or subquery that a column belongs to, looked for from the inside out."""
        query = column.find_ancestor(*_QUERIES)
        while query is not None:
            sources = list(_sources(query))
            if column.table:
                named = [one for one in sources if one.alias_or_name == column.table]
            else:
                named = sources if len(sources) == 1 else [one for one in sources if self._may_have(one, column.name)]
            if len(named) == 1:
                return named[0]
            query = query.find_ancestor(*_QUERIES)
        return None

    def _may_have(self, source: Any, name: str) -> bool:
        if isinstance(source, exp.Table):
            if self._is_in_lanes(source):
                return name == "lane"
            source = self._ctes.get(source.name, source)
        inner = _query(source)
        return inner is not None and any(one.alias_or_name == name for one in inner.selects)


_TOLD_PLACE, _GIVEN_PLACE = 1, 2


def target(insert: exp.Insert) -> str:
    """The table that rows are put into."""
    into = insert.this
    return str((into.this if isinstance(into, exp.Schema) else into).name)


def _is_target(table: exp.Table) -> bool:
    insert = table.find_ancestor(exp.Insert)
    into = insert.this if insert is not None else None
    return into is table or (isinstance(into, exp.Schema) and into.this is table)


def _speaks_of_a_lane(condition: Any) -> bool:
    """Whether a column is compared that may be the lane of a table."""
    return any(isinstance(side, exp.Column) for side in (condition.left, condition.right))


def _address(value: Any) -> Any:
    """The column of `ANY (ARRAY(SELECT ctid …))`; any other value as it is."""
    found = value.find(exp.Select) if isinstance(value, exp.Any) else None
    return found.selects[0] if found is not None and found.selects[0].name == "ctid" else value


def _is_certain(condition: Any) -> bool:
    """Whether the statement touches only rows for which this is true."""
    parent = condition.parent
    while isinstance(parent, exp.And | exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Where | exp.Join)


def _sources(query: Any) -> Iterator[Any]:
    """What a query reads from, and the table that it changes."""
    if isinstance(query, exp.Update | exp.Delete) and isinstance(query.this, exp.Table):
        yield query.this
    for name in ("from_", "from", "using"):
        given = query.args.get(name)
        for one in given if isinstance(given, list) else [given]:
            if isinstance(one, exp.Expr):
                yield one.this if isinstance(one, exp.From) else one
                yield from _joined(one.this if isinstance(one, exp.From) else one)
    for join in query.args.get("joins") or []:
        yield join.this
        yield from _joined(join.this)
    yield from query.args.get("laterals") or []


def _joined(source: Any) -> Iterator[Any]:
    """What is joined to a table inside UPDATE … FROM, where the parser hangs it on the table."""
    for join in source.args.get("joins") or []:
        yield join.this


def _query(source: Any) -> Any:
    """The query inside a subquery, LATERAL or not; of a UNION the first."""
    while isinstance(source, exp.Subquery | exp.Lateral | exp.Paren):
        source = source.this
    while isinstance(source, exp.SetOperation):
        source = source.left
    return source if isinstance(source, exp.Select) else None
