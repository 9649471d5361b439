"""Imports point downwards only, in no circle, and family members stand alone."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.modules import ROOT, Module, imports, modules, own_imports

FAMILIES = ("activities", "triggers", "channels")
PURE = ("spec", "plan", "activities", "triggers")
IMPURE = {
    "aiohttp", "aiosmtplib", "apsw", "asyncio", "httptools", "psycopg", "random", "secrets",
    "socket", "sqlite3", "structlog", "subprocess", "threading", "time", "uuid", "uvicorn",
}  # fmt: skip


@cache
def floors() -> list[set[str]]:
    """The floors from top to bottom, as import-linter's contract in pyproject.toml states them: one source for both."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(each for each in settings["tool"]["importlinter"]["contracts"] if each["id"] == "floors")
    return [set(re.findall(r"\w+", line)) for line in contract["layers"]]


def height(floor: str) -> int:
    """Distance from the ground."""
    return next(index for index, names in enumerate(reversed(floors())) if floor in names)


def family_members() -> Iterator[Module]:
    """The modules of the families that declare one member each: not the registry, not private, not a base."""
    for module in modules():
        name = module.path.stem
        if module.floor in FAMILIES and not name.startswith("_") and name not in {"registry", "base"}:
            yield module


def test_every_module_stands_on_a_floor() -> None:
    known = set.union(*floors())
    assert [module.where for module in modules() if module.floor and module.floor not in known] == []


def test_no_import_points_upwards() -> None:
    wrong = [
        f"{module.where}:{line} imports {name}"
        for module in modules()
        if module.floor
        for name, line in own_imports(module)
        if "." in name and height(name.split(".")[1]) > height(module.floor)
    ]
    assert wrong == []


def test_imports_have_no_cycle() -> None:
    """Late imports included; two modules may know each other's names for the type checker alone."""
    graph = {
        module.name: {name for name, _ in own_imports(module, while_running=True)} - {module.name}
        for module in modules()
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def test_pure_floors_see_only_the_errors_of_the_ground_and_nothing_of_the_world() -> None:
    wrong = [
        f"{module.where}:{line} imports {name}"
        for module in modules()
        if module.floor in PURE
        for name, line in imports(module)
        if name.split(".")[0] in IMPURE or (name.startswith("waystage.ground") and name != "waystage.ground.errors")
    ]
    assert wrong == []


def test_no_module_imports_a_family_member() -> None:
    """Members reach the rest through their registry alone: deleting a member's file deletes the feature."""
    members = {module.name for module in family_members()}
    wrong = [
        f"{module.where}:{line} imports {name}"
        for module in modules()
        for name, line in own_imports(module)
        if name in members and module.path.stem != "registry"
    ]
    assert wrong == []


def test_every_family_is_met_only_in_its_registry() -> None:
    """A registry imports members of its own family only."""
    members = {module.name: module.floor for module in family_members()}
    wrong = [
        f"{module.where}:{line} imports {name}"
        for module in modules()
        if module.path.stem == "registry"
        for name, line in own_imports(module)
        if members.get(name, module.floor) != module.floor
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("family", "variable", "form"),
    [
        ("activities", "ACTIVITY", "ActivityType"),
        ("triggers", "TRIGGER", "TriggerType"),
        ("channels", "CHANNEL", r"[A-Z]\w*"),
    ],
)
def test_each_family_file_declares_exactly_one_member(family: str, variable: str, form: str) -> None:
    declaration = re.compile(rf"^{variable}\b[^=\n]*= {form}\(", re.MULTILINE)
    members = [module for module in family_members() if module.floor == family]
    assert members, f"{family} has no member at all"
    assert {module.where: len(declaration.findall(module.text)) for module in members} == {
        module.where: 1 for module in members
    }
