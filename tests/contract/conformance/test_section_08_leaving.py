"""Leaving and membership (api.md 8, D-54)."""

from typing import Any

from tests.contract.conformance.bodies import I
from tests.contract.conformance.cases import Case, Expected, Hold, cases, ok, refused, wrong
from tests.contract.conformance.shapes import TEXT, Only
from tests.contract.conformance.stage import Stage

EXIT = f"{I}/contactexit"
MEMBERSHIP = f"{I}/contactMembership"


def _ask(key: str = "<fresh>", journey: str = "<inside.key>", **more: Any) -> dict[str, Any]:
    return {"ContactKey": key, "DefinitionKey": journey, **more}


LEAVES = ok(202, Only(errors=()))
IGNORED = {"message": "Exit request Ignored - Invalid Interaction Name."}
MANY = [_ask("x", "<other>")] * 51


@cases(
    Case("8.1 all versions", f"POST {EXIT}", LEAVES, body=[_ask()], again=LEAVES),
    Case("8.1 one version", f"POST {EXIT}", LEAVES, body=[_ask(Versions=[1])]),
    Case("8.1 an unknown journey", f"POST {EXIT}",
        ok(202, Only(errors=(Only(contactKey="x", definitionKey="<other>", status=(IGNORED,)),))),
        body=[_ask("x", "<other>")]),
    Case("8.1 one of two", f"POST {EXIT}", ok(202, Only(errors=({"contactKey": "x"},))),
        body=[_ask("x", "<other>"), _ask()]),
    Case("D-54 over fifty", f"POST {EXIT}", wrong(10005), body=MANY),
    Case("D-54 none", f"POST {EXIT}", wrong(10005), body=[]),
    Case("D-54 not inside", f"POST {EXIT}", LEAVES, body=[_ask("<other>")]),
    Case("D-54 no array", f"POST {EXIT}", Expected(400), body=_ask()),
    Case("8.2 over fifty", f"POST {EXIT}/status", wrong(10005), body=MANY),
    Case("8.2 the status", f"POST {EXIT}", LEAVES, body=[_ask()],
        then=(Case("status", f"POST {EXIT}/status", ok(200, (Only(contactKey="<fresh>", definitionKey="<inside.key>",
            status=[{"version": 1, "message": TEXT}]),)), body=[_ask()]),)),
    Case("8.3 inside", f"POST {MEMBERSHIP}",
        ok(200, Only(results=Only(contactMemberships=(Only(contactKey="<fresh>", definitionKey="<inside.key>",
            version=1),), contactsNotFound=()))), body={"ContactKeyList": ["<fresh>"], "x": "<inside.id>"}),
    Case("8.3 an unknown contact", f"POST {MEMBERSHIP}",
        ok(200, {"results": {"contactMemberships": (), "contactsNotFound": ("<other>",)}}),
        body={"ContactKeyList": ["<other>"]}),
    Case("8.3 fifty", f"POST {MEMBERSHIP}", ok(), body={"ContactKeyList": ["x"] * 50}),
    Case("8.3 over fifty", f"POST {MEMBERSHIP}", refused(400, 10005), body={"ContactKeyList": ["x"] * 51}),
)  # fmt: skip
def test_8_leaving(case: Case, hold: Hold) -> None:
    hold(case)


def test_8_2_d_54_the_exit_is_completed(stage: Stage) -> None:
    assert stage.inside["stats"]["currentPopulation"] == 1
    stage.done("POST", EXIT, [_ask(), _ask("<other>")])
    done = {"message": "Exit process Completed."}
    mine, others = stage.until(f"{EXIT}/status", ({"status": [done]}, {}), [_ask(), _ask("<other>")])
    assert mine["status"][0]["definitionInstanceId"]
    assert not any("definitionInstanceId" in row for row in others["status"])
    assert stage.version(stage.inside)["stats"]["currentPopulation"] == 0


def test_8_3_what_is_paused_is_a_membership_too(stage: Stage) -> None:
    stage.done("POST", f"{I}/pause/<inside.id>?versionNumber=1")
    found = stage.done("POST", MEMBERSHIP, {"ContactKeyList": ["<fresh>"]})["results"]
    assert [row["definitionKey"] for row in found["contactMemberships"]] == [stage.inside["key"]]
    stage.done("POST", f"{I}/stop/<inside.id>?versionNumber=1")
    assert stage.done("POST", MEMBERSHIP, {"ContactKeyList": ["<fresh>"]})["results"]["contactMemberships"] == []
