"""What a statement must keep so that it runs on one file, on one server and on many machines (design.md 3)."""

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.statements.lanes import Lanes, target
from tests.statements.skeleton import skeleton
from tests.statements.tables import definitions, run_time

PARSED_AS = {"postgresql": "postgres", "sqlite": "sqlite"}

#: On one file they lie in memory and hold one batch.
WORKING_SETS = {"arriving", "work", "moment"}

_READABLE = "readable"
#: What it does not know as a statement it takes as it is; so be it.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
_TEXT = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")


def _calls(*names: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(names)})\s*\(", re.IGNORECASE)


#: Rules that a single word breaks, wherever it stands.
WORDS = {
    "no time, no chance": (
        re.compile(
            _calls(
                "clock_timestamp", "currval", "date", "datetime", "gen_random_uuid", "julianday", "last_insert_rowid",
                "lastval", "nextval", "now", "random", "randomblob", "setval", "statement_timestamp", "strftime",
                "time", "timeofday", "transaction_timestamp", "txid_current", "unixepoch", r"uuid_generate_\w+",
            ).pattern + r"|\b(?:current_(?:date|time|timestamp)|localtime(?:stamp)?)\b",
            re.IGNORECASE,
        ),
        "it asks for the time, for chance or for a number that is given out by the server",
    ),
    "no reckoning with time": (
        re.compile(
            _calls("age", "date_part", "date_trunc", "extract", r"make_\w+", "to_timestamp").pattern
            + r"|\binterval\b|\bat\s+time\s+zone\b|\btimestamp(?:tz)?\b",
            re.IGNORECASE,
        ),
        "instants are whole numbers of ms that come in as parameters",
    ),
    "leases are the only locks": (
        re.compile(r"\bskip\s+locked\b|\bpg_(?:try_)?advisory_", re.IGNORECASE),
        "it skips what is locked, or locks beside the leases",
    ),
    "nothing acts by itself": (
        re.compile(
            r"\bcreate\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:trigger|(?:materialized\s+)?view|sequence|function|rule)\b",
            re.IGNORECASE,
        ),
        "it makes a trigger, view, sequence, function or rule",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A rule that a statement breaks."""

    rule: str
    said: str


Nodes = Mapping[type, list[Any]]
Rule = Callable[[Any, Nodes, str], Iterator[str]]


def lint(text: str, dialect: str) -> list[Finding]:
    """Everything that is against the rules in a statement."""
    found = structure(skeleton(text), dialect)
    if any(one.rule == _READABLE for one in found):
        found = structure(text, dialect)
    return [*words(text), *found]


def words(text: str) -> list[Finding]:
    """What one word is enough for (design 3.5, 3.6)."""
    bare = _TEXT.sub("''", text)
    return [Finding(rule, said) for rule, (pattern, said) in WORDS.items() if pattern.search(bare)]


@cache
def structure(text: str, dialect: str) -> tuple[Finding, ...]:
    """What the parts of a statement have against each other."""
    try:
        statement = sqlglot.parse_one(text.removesuffix(" WITHOUT ROWID"), PARSED_AS[dialect])
    except SqlglotError as error:
        return (Finding(_READABLE, f"it cannot be read: {str(error).splitlines()[0]}"),)
    nodes: defaultdict[type, list[Any]] = defaultdict(list)
    for node in statement.walk():
        nodes[type(node)].append(node)
    return tuple(Finding(name, said) for name, rule in RULES.items() for said in rule(statement, nodes, dialect))


def _lane(statement: Any, nodes: Nodes, dialect: str) -> Iterator[str]:
    """One lane, told to the statement, for every run-time table (design 3.3)."""
    if isinstance(statement, exp.Create | exp.Alter | exp.Drop):
        return
    lanes = Lanes(nodes, run_time())
    for table in lanes.open_ended():
        if dialect != "sqlite" or table not in WORKING_SETS:
            yield f"{table} is not held to lane = :lane"
    yield from lanes.wrong_inserts()


def _lane_changes(statement: Any, nodes: Nodes, dialect: str) -> Iterator[str]:
    """A row stays in its lane (design 3.1)."""
    for node in [*nodes[exp.Update], *nodes[exp.OnConflict]]:
        for change in node.expressions:
            if isinstance(change, exp.EQ) and change.this.name == "lane":
                yield "it changes a lane"


def _definitions(statement: Any, nodes: Nodes, dialect: str) -> Iterator[str]:
    """Definitions travel in the statement and are not joined (design 3.4)."""
    if isinstance(statement, exp.Insert) and isinstance(statement.expression, exp.Query):
        into = target(statement)
        for table in nodes[exp.Table] if into in run_time() else []:
            if table.name in definitions():
                yield f"it reads {table.name} for INSERT … SELECT into {into}"


def _one_target(statement: Any, nodes: Nodes, dialect: str) -> Iterator[str]:
    """One write target (design 3.5)."""
    writes = [write for kind in (exp.Insert, exp.Update, exp.Delete, exp.Merge) for write in nodes[kind]]
    if any(write is not statement for write in writes):
        yield "it writes inside of another statement"


def _temporary(statement: Any, nodes: Nodes, dialect: str) -> Iterator[str]:
    """What a connection has to itself is gone with it (design 3.5)."""
    if nodes[exp.TemporaryProperty] and dialect == "postgresql":
        yield "it makes a temporary table"


def _limits(statement: Any, nodes: Nodes, dialect: str) -> Iterator[str]:
    """Who is cut off by LIMIT follows from an order; without one PostgreSQL also reads on and on (design 2, traps).

    Whether there is a row at all, and how many there are up to a bound, needs no order.
    """
    for limit in nodes[exp.Limit]:
        query = limit.parent
        if isinstance(query, exp.Select) and query.args.get("order") is None:
            source = query.args.get("from_") or query.args.get("from")
            name = source.this.name if source is not None else ""
            if name in run_time() and not all(isinstance(one.unalias(), exp.Literal) for one in query.selects):
                yield f"rows of {name} have a LIMIT and no ORDER BY"


RULES: dict[str, Rule] = {
    "one lane": _lane,
    "a lane never changes": _lane_changes,
    "no definitions in INSERT … SELECT": _definitions,
    "one write target": _one_target,
    "nothing of a connection's own": _temporary,
    "LIMIT has an order": _limits,
}
