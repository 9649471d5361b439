"""The discovery document (api.md 2, D-14)."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conformance.bodies import J
from tests.contract.conformance.cases import Case, Hold, cases, ok
from tests.contract.conformance.shapes import TEXT, Only
from tests.contract.conformance.stage import Stage

SEED: dict[str, Any] = json.loads((Path(__file__).parent.parent / "discovery_seed.json").read_text(encoding="utf-8"))


@cases(
    Case("2.1 the document", f"GET {J}/rest", ok(200, {"methods": dict})),
    Case("D-14 the path in any case", f"GET {J.upper()}/REST/", ok(200, {"methods": dict})),
)
def test_2_1_discovery(case: Case, hold: Hold) -> None:
    hold(case)


def test_2_1_d_14_the_methods_of_the_seed_come_first_in_its_order(stage: Stage) -> None:
    served = stage.done("GET", f"{J}/rest")["methods"]
    assert list(served)[:34] == list(SEED["methods"])
    shape = Only(path=TEXT, httpMethod=TEXT, description=TEXT, parameters=dict)
    Case("every entry", f"GET {J}/rest", ok(200, {"methods": dict.fromkeys(served, shape)})).hold(stage)
    assert all(entry["httpMethod"] == entry["httpMethod"].lower() for entry in served.values())
    assert not any(entry["path"].startswith("/") for entry in served.values())


@pytest.mark.parametrize("name", SEED["methods"])
def test_2_1_d_14_an_entry_has_the_strings_of_the_seed(name: str, stage: Stage) -> None:
    served = stage.done("GET", f"{J}/rest")["methods"]
    assert json.dumps(served[name]) == json.dumps(SEED["methods"][name])
