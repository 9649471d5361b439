"""Publish, validate, stop, pause, status, transactional journeys (api.md 4, D-34 to D-38)."""

import pytest

from tests.contract.conformance.bodies import E, I, journey, transactional
from tests.contract.conformance.cases import (
    ACCEPTED,
    MISSING,
    MISSING_JOURNEY,
    Case,
    Expected,
    Hold,
    cases,
    ok,
    refused,
)
from tests.contract.conformance.shapes import GUID, TEXT, Only, containing, either, pattern
from tests.contract.conformance.stage import Stage

V1 = "?versionNumber=1"
PROBLEM = Only(errorDetail=TEXT, errorCode=TEXT, errorType=either("Error", "Warning"), additionalInfo=dict)
BOTH = "AllVersions=true or VersionNumber required."


def _started(word: str) -> Expected:
    url = pattern("statusUrl", f"{I}/{word}Status/[0-9a-f-]{{36}}")
    return ok(200, Only(statusUrl=url, statusId=GUID))


@cases(
    *(
        row
        for word in ("publish", "validate")
        for row in (
            Case(f"4.1 {word} by id", f"POST {I}/{word}Async/<runnable.id>{V1}", _started(word)),
            Case(f"4.1 {word} by key", f"POST {I}/{word}Async/key:<runnable.key>{V1}", _started(word), body={}),
            Case(f"4.1 {word} an unknown journey", f"POST {I}/{word}Async/<nobody>{V1}", MISSING_JOURNEY),
            Case(f"4.1 {word} an unknown version", f"POST {I}/{word}Async/<draft.id>?versionNumber=9", MISSING_JOURNEY),
            Case(f"4.1 {word} the status in the text", f"POST {I}/{word}Async/<published.id>{V1}",
                refused(400, 10000, word, "Published")),
            Case(f"D-34 {word} without versionNumber", f"POST {I}/{word}Async/<draft.id>",
                refused(400, 10005, "versionNumber")),
            Case(f"D-34 {word} no number", f"POST {I}/{word}Async/<draft.id>?versionNumber=x", refused(400, 10001)),
            Case(f"D-35 {word} of an unknown job", f"GET {I}/{word}Status/<nobody>", MISSING),
        )
    ),
)  # fmt: skip
def test_4_1_publish(case: Case, hold: Hold) -> None:
    hold(case)


@pytest.mark.parametrize("word", ["Publish", "Validate"])
def test_4_2_d_35_the_job_tells_how_it_ended(word: str, stage: Stage) -> None:
    job = stage.done("POST", f"{I}/{word.lower()}Async/<runnable.id>{V1}")
    shape = Only(statusId=job["statusId"], status=TEXT, errors=(), warnings=[PROBLEM])
    Case("in process or done", f"GET {job['statusUrl']}", ok(200, shape)).hold(stage)
    stage.until(job["statusUrl"], shape | {"status": f"{word}Completed"})
    running_now = word == "Publish"
    assert stage.version(stage.runnable)["status"] == ("Published" if running_now else "Draft")


@pytest.mark.parametrize("word", ["publish", "validate"])
def test_4_2_d_34_what_is_wrong_is_told_by_the_job_and_the_version_stays_a_draft(word: str, stage: Stage) -> None:
    dangling = {"key": "A", "type": "WAIT", "outcomes": [{"key": "on", "next": "nowhere"}]}
    stage.done("POST", I, journey(activities=[dangling]))
    job = stage.done("POST", f"{I}/{word}Async/key:<fresh>{V1}")
    found = stage.until(job["statusUrl"], {"status": "Error", "errors": [PROBLEM]})
    assert len(found["errors"]) > 1
    assert any(one["additionalInfo"].get("activityKey") == "A" for one in found["errors"])
    assert stage.done("GET", f"{I}/key:<fresh>")["status"] == "Draft"


def test_4_1_the_effects_of_a_publication(stage: Stage) -> None:
    assert stage.unpublished["status"] == "Unpublished"
    now = stage.done("GET", f"{I}/<unpublished.id>")
    assert (now["version"], now["status"]) == (2, "Published")
    assert not now["lastPublishedDate"].startswith("0001")
    event = stage.done("GET", f"{E}/<event.id>")
    assert (event["interactionCount"], event["publishedInteractionCount"]) == (1, 1)


@cases(
    *(
        row
        for call in ("stop", "stopAsync")
        for row in (
            Case(f"D-36 {call} by id", f"POST {I}/{call}/<published.id>{V1}", ok(200, ACCEPTED), body={},
                again=refused(400, 10000, "Published/Paused/Unpublished interaction matching criteria not found."),
                then=(Case("at once", f"GET {I}/<published.id>", ok(200, {"status": "Stopped"})),)),
            Case(f"D-36 {call} by key", f"POST {I}/{call}/key:<published.key>{V1}", ok(200, ACCEPTED)),
            Case(f"D-36 {call} every version", f"POST {I}/{call}/<unpublished.id>?allVersions=true", ok(200, ACCEPTED),
                then=(Case("both", f"GET {I}/status/<unpublished.id>?allVersions=true",
                    ok(200, [{"status": "Stopped"}])),)),
            Case(f"D-36 {call} neither parameter", f"POST {I}/{call}/<published.id>", refused(400, 10005, BOTH)),
            Case(f"4.4 {call} an unknown journey", f"POST {I}/{call}/<nobody>{V1}", MISSING_JOURNEY),
            Case(f"4.4 {call} an empty key", f"POST {I}/{call}/key:{V1}",
                Expected(400, {"message": containing("Must provide a valid ID or Key parameter")})),
            Case(f"4.4 {call} a transactional journey", f"POST {I}/{call}/<activated.id>{V1}", refused(400, 10000)),
        )
    ),
    Case("D-36 events are refused at once", f"POST {I}/stop/<inside.id>{V1}", ok(),
        then=(Case("no one inside", f"GET {I}/<inside.id>", ok(200, {"stats": {"currentPopulation": 0}})),)),
)  # fmt: skip
def test_4_4_stop(case: Case, hold: Hold) -> None:
    hold(case)


WRONG_STATUS = {
    "pause": refused(400, 10000, "An interaction must be in published or unpublished status to be paused."),
    "resume": refused(400, 10000, "An interaction must be in paused status to be resumed."),
}
FITTING = {"pause": "published", "resume": "paused"}


@cases(
    *(
        row
        for call, fitting in FITTING.items()
        for row in (
            Case(f"4.5 {call} by id", f"POST {I}/{call}/<{fitting}.id>{V1}", ok(202, ACCEPTED), body={},
                again=WRONG_STATUS[call]),
            Case(f"4.5 {call} by key", f"POST {I}/{call}/key:<{fitting}.key>{V1}", ok(202, ACCEPTED)),
            Case(f"D-37 {call} a Draft", f"POST {I}/{call}/<draft.id>{V1}", WRONG_STATUS[call]),
            Case(f"D-37 {call} neither parameter", f"POST {I}/{call}/<{fitting}.id>", refused(400, 10005, BOTH)),
            Case(f"D-37 {call} an unknown journey", f"POST {I}/{call}/<nobody>{V1}", MISSING_JOURNEY),
            Case(f"D-38 {call} every version", f"POST {I}/{call}/<{fitting}.id>?allVersions=true", ok(202, ACCEPTED)),
            Case(f"D-38 {call} 1 is true", f"POST {I}/{call}/<{fitting}.id>?ALLVERSIONS=1", ok(202, ACCEPTED)),
            Case(f"D-38 {call} none fits", f"POST {I}/{call}/<draft.id>?allVersions=true", WRONG_STATUS[call]),
        )
    ),
    Case("D-38 both running versions", f"POST {I}/pause/<unpublished.id>?allVersions=true", ok(202),
        then=(Case("both", f"GET {I}/status/<unpublished.id>?allVersions=true", ok(200, [{"status": "Paused"}])),)),
    Case("D-38 one fits", f"POST {I}/pause/<redrafted.id>?allVersions=true", ok(202),
        then=(Case("one", f"GET {I}/status/<redrafted.id>?allVersions=true",
            ok(200, containing({"status": "Paused"}, {"status": "Draft"}))),)),
    *(
        Case(f"D-37 {name} {value}", f"POST {I}/pause/<published.id>{V1}", expected, body={name: value})
        for name, value, expected in (
            ("PausedDays", 0, refused(400, 10005, "PausedDays")), ("PausedDays", -1, refused(400, 10005)),
            ("PausedDays", 1, ok(202)), ("PausedDays", 14, ok(202)), ("PausedDays", 15, ok(202)),
            ("PausedDays", "x", refused(400, 10001)),
            ("GuardrailAction", "none", ok(202)), ("GuardrailAction", "STOP", ok(202)),
            ("GuardrailAction", "explode", refused(400, 10005, "GuardrailAction")),
            ("ExtendWaitEndDates", True, ok(202)), ("ExtendWaitEndDates", "maybe", refused(400, 10001)),
            ("RetainContactInjectionWhileJourneyPaused", True, ok(202)),
        )
    ),
)  # fmt: skip
def test_4_5_pause_and_resume(case: Case, hold: Hold) -> None:
    hold(case)


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, "Paused"), ({"GuardrailAction": "resume"}, "Published"), ({"GuardrailAction": "Stop"}, "Stopped")],
    ids=["none", "resume", "stop"],
)
def test_4_5_d_37_the_guard_acts_when_the_days_are_over(body: dict[str, str], status: str, stage: Stage) -> None:
    stage.done("POST", f"{I}/pause/<published.id>{V1}", {"PausedDays": 2, **body})
    stage.place.advance("P1D")
    assert stage.version(stage.published)["status"] == "Paused"
    stage.place.advance("P1DT1S")
    assert stage.version(stage.published)["status"] == status


@pytest.mark.parametrize(("extended", "inside"), [(True, 1), (False, 0)], ids=["extended", "counting"])
def test_4_5_d_37_waits_are_extended_by_the_real_length_of_the_pause(extended: bool, inside: int, stage: Stage) -> None:
    journey_id = stage.inside["id"]
    stage.place.advance("P5D")
    stage.done("POST", f"{I}/pause/{journey_id}{V1}", {"ExtendWaitEndDates": extended, "PausedDays": 9})
    stage.place.advance("P4D")
    stage.done("POST", f"{I}/resume/{journey_id}{V1}")
    stage.place.advance("P1D")
    assert stage.done("GET", f"{I}/{journey_id}")["stats"]["currentPopulation"] == inside


@cases(
    Case("4.6 one version", f"GET {I}/status/<redrafted.id>?VersionNumber=1",
        ok(200, (Only(id="<redrafted.id>", status="Published", versionNumber=1),))),
    Case("4.6 by key", f"GET {I}/status/key:<draft.key>{V1}", ok(200, (Only(id="<draft.id>", status="Draft",
        versionNumber=1),))),
    Case("4.6 every version", f"GET {I}/status/<redrafted.id>?AllVersions=true",
        ok(200, containing({"versionNumber": 1}, {"versionNumber": 2}))),
    Case("4.6 an unknown version", f"GET {I}/status/<draft.id>?VersionNumber=9", ok(200, ())),
    Case("4.6 neither", f"GET {I}/status/<draft.id>", refused(400, 10005, BOTH)),
    Case("4.6 the summary", f"GET {I}/<runnable.id>/summary",
        ok(200, Only(id="<runnable.id>", activities=(Only(type="WAIT", count=1),)))),
    Case("4.6 the summary of nothing", f"GET {I}/<nobody>/summary", MISSING_JOURNEY),
)  # fmt: skip
def test_4_6_status(case: Case, hold: Hold) -> None:
    hold(case)


NAMED = {"definitionId": "<transactional.id>"}
RUNS = {"definitionId": "<activated.id>"}
#: Clients read the `message` of an error, and nothing else (clients.md 3).
FAILED = Expected(400, Only(errors=[Only(**PROBLEM, message=TEXT)]))
DONE = ok(200, Only(errors=()))


@cases(
    Case("4.7 create", f"POST {I}/transactional/create", DONE, body=NAMED,
        then=(Case("runs", f"GET {I}/<transactional.id>", ok(200, {"status": "Published"})),)),
    Case("4.7 create twice", f"POST {I}/transactional/create", FAILED, body=RUNS),
    Case("4.7 pause", f"POST {I}/transactional/pause", DONE, body=RUNS,
        then=(Case("resume", f"POST {I}/transactional/resume", DONE, body=RUNS),)),
    Case("4.7 resume what runs", f"POST {I}/transactional/resume", FAILED, body=RUNS),
    Case("4.7 clearQueue", f"POST {I}/transactional/clearQueue", DONE, body=RUNS),
    Case("4.7 lacking parts", f"POST {I}", ok(),
        body=transactional(activities=[{"key": "EMAIL", "type": "EMAILV2", "outcomes": [{"key": "on"}]}]),
        then=(Case("create", f"POST {I}/transactional/create",
            Expected(400, {"errors": containing({"errorCode": "121500"})}), body={"definitionId": "<answer.id>"}),)),
)  # fmt: skip
def test_4_7_transactional(case: Case, hold: Hold) -> None:
    hold(case)
