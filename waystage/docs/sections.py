"""docs/reference/sections.md: the sections of the run-time reference and the tests that name them in their marks."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from waystage.docs import markdown

TESTS = Path(__file__).resolve().parents[2] / "tests"
OPENING = """What a running journey does is numbered by the sections of the reference on which this server is built
(`journey-spec` in the comments of the code). A test names the sections that it shows with `pytest.mark.spec`."""
#: What a section is about. An empty row here would be a part that no test shows: `make check` fails on it.
SECTIONS = {
    "1.4": "Entry modes",
    "2.1": "Triggers, and how they name their event definition",
    "2.2": "Types of triggers and event definitions",
    "2.3": "Event definitions",
    "2.4": "Schemas of events",
    "2.5": "Schedules, audiences, high watermark",
    "2.6": "Events of a CRM",
    "2.7": "Entry: payload, row, filter, entry mode, refusals",
    "3.1": "What activities have in common",
    "3.2": "Types of activities, unknown ones",
    "3.3": "Waits: duration, date, date of the contact's own",
    "3.4": "Wait until event",
    "3.5": "Decision split",
    "3.6": "Random split",
    "3.7": "Engagement split",
    "3.8": "Path optimizer",
    "3.9": "Types without a meaning here",
    "3.10": "E-mail",
    "3.11": "Text, push and other messages",
    "3.12": "Updating contact data",
    "3.13": "CRM activities",
    "4.1": "Criteria: grammar",
    "4.2": "Criteria: keys, related sets",
    "4.3": "Criteria: operators and operands",
    "5.1": "Bindings: syntax",
    "5.2": "Bindings: paths",
    "5.3": "Bindings: when they are evaluated",
    "6.1": "Custom activities: configuration",
    "6.2": "Custom activities: life-cycle calls",
    "6.3": "Custom activities: calls for contacts, answers, failures",
    "6.4": "Custom activities: signed calls",
    "7.1": "Goals",
    "7.2": "Exit criteria",
    "7.3": "The order when a wait ends",
    "8.1": "Passages, hops, journey data and contact data",
    "8.2": "Versions",
    "8.3": "Movement, exactly once",
    "8.4": "Publishing",
    "8.5": "Stopping",
    "8.6": "Pausing and resuming",
    "8.7": "Removing contacts",
    "8.8": "Messages that are not sent",
    "8.9": "Errors inside activities",
    "8.10": "Test mode",
    "8.11": "Single sends and transactional journeys",
    "9.1": "History rows",
    "9.2": "Statuses of history",
    "9.3": "Trace events",
    "9.4": "Statistics",
    "10.1": "Checks at save",
    "10.2": "Checks at publish",
    "12": "The sample journeys",
}


def page() -> str:
    """The page."""
    found = named(TESTS)
    rows = [(number, title, _tests(found.get(number, []))) for number, title in SECTIONS.items()]
    return markdown.page(
        "Sections and their tests",
        "the marks of the tests",
        OPENING,
        markdown.table(("Section", "About", "Tests"), rows),
    )


def _tests(files: list[tuple[str, int]]) -> str:
    return ", ".join(f"`{name}` ({count})" for name, count in files)


def named(folder: Path) -> dict[str, list[tuple[str, int]]]:
    """Section to (file, how many tests name it), by file."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder).as_posix()
        for section in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            found[section][name] = found[section].get(name, 0) + 1
    return {section: list(files.items()) for section, files in found.items()}


def _marks(module: ast.Module) -> Iterator[str]:
    """Each section once for every test function that names it, by itself or by its module."""
    common = [section for node in module.body if _is_common(node) for section in _sections(node)]
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            own = [section for mark in node.decorator_list for section in _sections(mark)]
            yield from sorted({*common, *own})


def _is_common(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _sections(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "spec":
            yield from (one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
