"""The law of this suite: each decision of api.md and each check of its section 13 has a test that names it."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

from tests.contract import conformance
from tests.contract.conformance.numbers import CHECKS, EVERY, OVERRIDDEN


def _names() -> Iterator[str]:
    """The name of every test, and of every row of those that are run with rows."""
    for module in pkgutil.iter_modules(conformance.__path__):
        if module.name.startswith("test_section_"):
            loaded = importlib.import_module(f"{conformance.__name__}.{module.name}")
            for name, test in vars(loaded).items():
                if name.startswith("test_"):
                    yield name
                    for mark in getattr(test, "pytestmark", ()):
                        if mark.name == "parametrize" and not callable(mark.kwargs.get("ids")):
                            yield from mark.kwargs.get("ids") or ()


NAMES = tuple(_names())


def test_every_decision_has_a_test() -> None:
    in_rows = {found for name in NAMES for found in re.findall(r"D-\d\d[a-z]?", name)}
    in_names = {f"D-{number}" for name in NAMES for number in re.findall(r"_d_(\d\d[a-z]?)_", name)}
    assert [number for number in EVERY if number not in in_rows | in_names] == []


def test_every_overridden_decision_exists() -> None:
    assert set(OVERRIDDEN) <= set(EVERY)


def test_every_check_of_section_13_has_a_test() -> None:
    found = sorted(int(number) for name in NAMES for number in re.findall(r"^test_13_(\d\d)_", name))
    assert found == list(CHECKS)


def test_every_section_has_a_file() -> None:
    names = [module.name for module in pkgutil.iter_modules(conformance.__path__)]
    assert sorted(int(name[13:15]) for name in names if name.startswith("test_section_")) == list(range(1, 14))
