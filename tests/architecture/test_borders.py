"""What belongs to one place stays there: the clock, randomness, SQL, the databases' dialects."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.modules import ROOT, Module, dotted, modules, texts

CLOCK_AND_IDS = {"waystage/ground/clock.py", "waystage/ground/ids.py"}
WORLD = {"time", "random", "secrets"}  # whole modules
WORLD_CALLS = {
    "asyncio.sleep",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "os.urandom",
    "uuid.uuid1",
    "uuid.uuid4",
}

STATEMENT = re.compile(
    r"""\s*(SELECT\s | INSERT\s+(INTO|OR)\b | UPDATE\s+\w+\s+(AS\s+\w+\s+)?SET\b | DELETE\s+FROM\b
    | (CREATE|DROP)\s+[A-Z ]*(TABLE|INDEX)\b | ALTER\s+TABLE\b | WITH\s+(RECURSIVE\s+)?\w+\s*(\([^)]*\)\s*)?AS\b
    | PRAGMA\b | FROM\s+\w+ | WHERE\s)""",
    re.VERBOSE,
)
SQL_TIME_OR_CHANCE = re.compile(
    r"\b(current_timestamp|current_date|current_time|clock_timestamp|statement_timestamp|localtimestamp"
    r"|gen_random_uuid|randomblob)\b|\b(now|random)\s*\(\s*\)|\b(date|time|datetime|julianday)\(\s*'now'",
    re.IGNORECASE,
)

DIALECT = re.compile(r"(?i:sqlite|postgres|apsw|psycopg)|\bPRAGMA\b")
# Outside store/dialects a database's name may be read by people, and only here.
MAY_NAME_A_DATABASE = {
    "waystage/bootstrap.py": "which roles need a database that processes can share",
    "waystage/cli/api.py": "a help text that says which database it needs",
    "waystage/cli/worker.py": "as above",
    "waystage/cli/backup.py": "as above",
    "waystage/cli/migrate.py": "as above",
    "waystage/ground/settings.py": "the default address, and help texts that say what differs between the databases",
    "waystage/bench/stores.py": "a benchmark makes databases of each kind",
    "waystage/bench/servers.py": "a benchmark starts a server of its own",
    "waystage/bench/command.py": "a benchmark is told which kind to measure",
    "waystage/bench/report.py": "a benchmark says which kind it measured",
    "waystage/bench/asked.py": "as large a run takes longer on the one than on the other",
    "waystage/bench/rivals.py": "other programs know one kind or both",
    "waystage/bench/rival_queue.py": "a job queue of another program, made for one kind",
    "waystage/bench/scaling_gates.py": "several workers are measured where there may be several",
    "waystage/cli/bench.py": "an example of how to measure one kind",
}
#: The one place that asks a server what time it is, in no transaction that changes anything.
MAY_ASK_THE_TIME = {"waystage/store/dialects/postgresql.py"}
#: Modules outside the store that may hold statements, with the reason.
MAY_HOLD_SQL = {
    "waystage/bench/raw.py": "the plain statements that the engine is measured against",
    "waystage/bench/read_data.py": "what months leave behind, made in bulk",
    "waystage/bench/stores.py": "counts rows to check what a benchmark has done",
}


def test_only_the_ground_reads_clocks_or_draws_at_random() -> None:
    found = [
        f"{module.where}:{line} uses {name}"
        for module in modules()
        if module.where not in CLOCK_AND_IDS
        for name, line in _outer_names(module)
        if name in WORLD_CALLS or name.split(".")[0] in WORLD
    ]
    assert found == []


def test_sql_stands_in_the_store_only() -> None:
    found = [
        f"{module.where}:{line} {text.strip()[:40]!r}"
        for module in modules()
        if module.floor != "store" and module.where not in MAY_HOLD_SQL
        for text, line in texts(module)
        if STATEMENT.match(text)
    ]
    assert found == []


def test_sql_never_asks_for_the_time_or_for_chance() -> None:
    found = [
        f"{module.where}:{line}"
        for module in modules()
        if module.floor == "store" and module.where not in MAY_ASK_THE_TIME
        for text, line in texts(module)
        if SQL_TIME_OR_CHANCE.search(text)
    ]
    found += [path.name for path in _schema_files() if SQL_TIME_OR_CHANCE.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_dialects_are_named_in_their_own_folder_only() -> None:
    found = [
        f"{module.where}:{line} {word[:60]!r}"
        for module in modules()
        if not module.name.startswith("waystage.store.dialects") and module.where not in MAY_NAME_A_DATABASE
        for word, line in _words(module)
        if DIALECT.search(word)
    ]
    found += [path.name for path in _schema_files() if DIALECT.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_no_exception_of_the_dialect_rule_is_stale() -> None:
    used = {module.where for module in modules() if DIALECT.search(module.text)}
    assert set(MAY_NAME_A_DATABASE) <= used


def _outer_names(module: Module) -> Iterator[tuple[str, int]]:
    """Every dotted name with the module it was imported from put in front: `now()` may be `datetime.datetime.now`."""
    origins: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                origins[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield f"{node.module}.{alias.name}", node.lineno
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and (name := dotted(node)) and (first := name.split(".")[0]) in origins:
            yield name.replace(first, origins[first], 1), node.lineno


def _words(module: Module) -> Iterator[tuple[str, int]]:
    """Names and texts of the code; comments and docstrings are prose and may name what they like."""
    yield from texts(module)
    for node in ast.walk(module.tree):
        match node:
            case (
                ast.Name(id=word, lineno=line)
                | ast.Attribute(attr=word, lineno=line)
                | ast.arg(arg=word, lineno=line)
                | ast.FunctionDef(name=word, lineno=line)
                | ast.AsyncFunctionDef(name=word, lineno=line)
                | ast.ClassDef(name=word, lineno=line)
                | ast.alias(name=word, lineno=line)
            ):
                yield word, line


def _schema_files() -> list[Path]:
    return sorted((ROOT / "waystage" / "store" / "schema").glob("*.sql"))
