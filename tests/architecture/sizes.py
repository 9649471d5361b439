"""How large modules and functions have become, beside what we aim for."""

import statistics

import pytest

from tests.architecture.modules import ROOT, functions, modules

SIZES: pytest.StashKey[list[str]] = pytest.StashKey()


def measure() -> list[str]:
    """Lines of the report."""
    files = sorted(((module.text.count("\n"), module.where) for module in modules()), reverse=True)
    spans = sorted(
        (
            ((function.end_lineno or 0) - function.lineno + 1, f"{module.where}:{function.lineno} {function.name}")
            for module in modules()
            for function in functions(module)
        ),
        reverse=True,
    )
    code = sum(size for size, _ in files)
    tests = sum(path.read_text(encoding="utf-8").count("\n") for path in (ROOT / "tests").rglob("*.py"))
    return [
        f"modules: {_spread([size for size, _ in files if size > 5])} lines (aim: median 120, nine in ten under 300)",
        *(f"  {size:5}  {name}" for size, name in files[:5] if size >= 300),
        f"functions: {_spread([size for size, _ in spans])} lines (aim: median 8, nine in ten under 30)",
        *(f"  {size:5}  {name}" for size, name in spans[:5] if size >= 30),
        f"code {code} lines, tests {tests} lines ({tests / max(code, 1):.2f} : 1, aim 1.0 to 1.5)",
    ]


def _spread(sizes: list[int]) -> str:
    if len(sizes) < 2:
        return f"{len(sizes)} of {sum(sizes)}"
    tenth = statistics.quantiles(sizes, n=10)[-1]
    return f"{len(sizes)}, median {statistics.median(sizes):.0f}, nine in ten under {tenth:.0f}, largest {max(sizes)}"
