"""The package's own source as syntax trees: what the architecture tests look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "waystage"


@dataclass(frozen=True)
class Module:
    """One module of the package."""

    name: str
    path: Path

    @property
    def where(self) -> str:
        """The path as a reader of a report would type it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def floor(self) -> str:
        """The part directly below the package: `engine`, `store`, `cli` …; empty for the package itself."""
        return self.name.partition(".")[2].partition(".")[0]


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, sorted by name."""
    return tuple(sorted(map(_module, (ROOT / PACKAGE).rglob("*.py")), key=lambda module: module.name))


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, nested ones included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(module: Module) -> Iterator[tuple[str, int]]:
    """Every imported module with its line, late imports included; `from x import y` is `x.y` where that is a module."""
    known = {each.name for each in modules()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield (full if full in known else base), node.lineno


def own_imports(module: Module, *, while_running: bool = False) -> Iterator[tuple[str, int]]:
    """The imports of the package's own modules; `while_running` leaves out those that only a type checker sees."""
    unseen = _lines_for_type_checkers(module.tree) if while_running else set()
    for name, line in imports(module):
        if line not in unseen and (name == PACKAGE or name.startswith(f"{PACKAGE}.")):
            yield name, line


def texts(module: Module) -> Iterator[tuple[str, int]]:
    """Every string constant with its line, pieces of f-strings included, docstrings not."""
    prose = set(_docstrings(module.tree))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node.value, node.lineno


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text, or None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return inner and f"{inner}.{node.attr}"
    return None


def _module(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return Module(".".join(parts[:-1] if parts[-1] == "__init__" else parts), path)


def _base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    above = module.name.split(".")
    above = above[: len(above) - node.level + module.is_package]
    return ".".join([*above, node.module] if node.module else above)


def _lines_for_type_checkers(tree: ast.Module) -> set[int]:
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and dotted(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        for statement in node.body
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    }


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    """Strings that stand as statements: docstrings, and the notes below attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            yield node.value
