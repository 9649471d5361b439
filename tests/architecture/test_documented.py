"""Everything declared is documented: the generated pages leave nothing out."""

import importlib
from collections.abc import Iterator
from functools import cache

import pytest

from tests.architecture.modules import ROOT
from tests.architecture.test_floors import family_members
from waystage.ground.errors import WaystageError
from waystage.ground.settings import SETTINGS


@cache
def page(name: str) -> str:
    """One generated page."""
    return (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")


def documented_errors(root: type[WaystageError] = WaystageError) -> Iterator[type[WaystageError]]:
    """Every error of the catalogue that callers can meet; classes that only group others say no `when` of their own."""
    for each in root.__subclasses__():
        if "when" in vars(each):
            yield each
        yield from documented_errors(each)


def test_every_setting_is_documented() -> None:
    assert [setting.name for setting in SETTINGS if f"`{setting.name}`" not in page("settings")] == []


def test_every_error_is_documented() -> None:
    rows = page("errors").splitlines()
    missing = [
        each.__name__
        for each in documented_errors()
        if not any(str(each.http) in row and str(each.errorcode) in row for row in rows)
        or each.when not in page("errors")
    ]
    assert missing == []


@pytest.mark.parametrize(("family", "variable"), [("activities", "ACTIVITY"), ("triggers", "TRIGGER")])
def test_every_family_member_is_documented(family: str, variable: str) -> None:
    declared = [
        getattr(importlib.import_module(module.name), variable).type
        for module in family_members()
        if module.floor == family
    ]
    assert declared
    assert [name for name in declared if f"`{name}`" not in page("activities")] == []


def test_every_route_is_documented() -> None:
    rows = page("api").splitlines()
    routes = importlib.import_module("waystage.api.routes").ROUTES
    assert routes
    assert [
        f"{route.verb} {route.path}"
        for route in routes
        if not any(route.verb in row and f"`{route.path}`" in row for row in rows)
    ] == []
