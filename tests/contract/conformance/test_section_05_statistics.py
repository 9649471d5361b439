"""Statistics, map, traces, tests, history, audit (api.md 5, D-39 to D-46)."""

import json
from typing import Any

from tests.contract.conformance.bodies import I, J, update
from tests.contract.conformance.cases import (
    MISSING,
    MISSING_JOURNEY,
    Case,
    Hold,
    cases,
    ok,
    refused,
    wrong,
)
from tests.contract.conformance.shapes import (
    DATE,
    GUID,
    TEXT,
    UTC_DATE,
    Only,
    collection,
    containing,
    pattern,
)
from tests.contract.conformance.stage import Stage

COUNTS = tuple(
    Only(eventType=kind, category=category, count=int)
    for kind, category in (
        ("MetCriteria", "success"),
        ("ContactAttempted", "information"),
        ("Failed", "failure"),
        ("ContactsWaiting", "information"),
    )
)


@cases(
    Case("5.1 counts of a trigger", f"GET {J}/triggerstats/<event.id>", ok(200, Only(statuses=COUNTS))),
    Case("5.1 of one version", f"GET {J}/triggerstats/<event.id>/<inside.definitionId>",
        ok(200, {"statuses": containing({"eventType": "MetCriteria", "count": 1},
            {"eventType": "ContactsWaiting", "count": 1})})),
    Case("5.1 of nothing", f"GET {J}/triggerstats/<nobody>", MISSING),
    Case("5.1 of no version", f"GET {J}/triggerstats/<event.id>/<nobody>", MISSING),
)  # fmt: skip
def test_5_1_trigger_statistics(case: Case, hold: Hold) -> None:
    hold(case)


MIDNIGHT = pattern("midnight", r"\d{4}-\d\d-\d\dT00:00:00")
OF_ACTIVITY = Only(
    activityId=GUID, activityKey=TEXT, activityType=TEXT, cumulativePopulationForDay=int, metGoalForDay=int
)
DAY = Only(
    date=MIDNIGHT, activities=[OF_ACTIVITY], cumulativePopulation=1, metGoal=0, metExitCriteria=0, goalPerformance=0
)
OF_VERSION_1 = ok(200, {"version": 1})


@cases(
    Case("D-39 one day", f"GET {J}/goalstatistics/<inside.id>",
        ok(200, Only(id="<inside.id>", version=1, days=(DAY,)))),
    Case("D-39 no traffic", f"GET {J}/goalstatistics/<draft.id>", ok(200, Only(id="<draft.id>", version=1, days=()))),
    Case("D-39 the running version", f"GET {J}/goalstatistics/<redrafted.id>", OF_VERSION_1),
    Case("D-39 a version", f"GET {J}/goalstatistics/<redrafted.id>?versionNumber=2", ok(200, {"version": 2})),
    Case("D-39 of nothing", f"GET {J}/goalstatistics/<nobody>", MISSING_JOURNEY),
    Case("D-40 the answer", f"POST {J}/goalstatistics/clear/<inside.id>", ok(200, Only()), again=ok(200, Only()),
        then=(Case("population stays", f"GET {I}/<inside.id>", ok(200, {"stats": {"cumulativePopulation": 1,
            "metGoal": 0, "goalPerformance": 0}})),)),
    Case("D-40 the body is ignored", f"POST {J}/goalstatistics/clear/<draft.id>?versionNumber=1", ok(200, Only()),
        body={"x": 1}),
    Case("D-40 of nothing", f"POST {J}/goalstatistics/clear/<nobody>", MISSING_JOURNEY),
    Case("D-41 someone waits", f"GET {J}/waitstatistics/<inside.id>",
        ok(200, Only(id="<inside.id>", version=1, activities=(Only(activityId=GUID, activityKey="WAIT-1",
            name="A week", type="WAIT", count=1, nextReleaseDate=DATE),)))),
    Case("D-41 nobody waits", f"GET {J}/waitstatistics/<runnable.id>?versionNumber=1",
        ok(200, {"activities": ({"count": 0, "nextReleaseDate": None},)})),
    Case("D-41 of nothing", f"GET {J}/waitstatistics/<nobody>", MISSING_JOURNEY),
)  # fmt: skip
def test_5_2_journey_statistics(case: Case, hold: Hold) -> None:
    hold(case)


NO_MAPS: list[Any] = [[], "x", 5, True]
MAPPED = {"stages": [{"name": "<fresh>"}]}
DATED = Only(MAPPED | {"createdDate": DATE, "modifiedDate": DATE})


@cases(
    Case("D-42 what was stored", f"POST {J}/map", ok(200, DATED), body=MAPPED, again=ok(200, DATED),
        then=(Case("read", f"GET {J}/map", ok(200, DATED)),)),
    Case("D-42 it is replaced", f"POST {J}/map", ok(200), body={"old": 1},
        then=(Case("by another", f"POST {J}/map", ok(200, DATED), body=MAPPED),)),
    *(
        Case(f"D-42 {sent!r} is no map", f"POST {J}/map", refused(400, 10004), body=sent)
        for sent in NO_MAPS
    ),
    Case("D-42 never set", f"GET {J}/map", ok(200, Only()), settings={"WAYSTAGE_LANES": "1"}),
)  # fmt: skip
def test_5_5_map(case: Case, hold: Hold) -> None:
    hold(case)


TRACE = f"{I}/traceevents/search"
HITS = {"hits": {"total": int, "hits": list}}


def _query(text: str, **more: object) -> dict[str, object]:
    return {"filter": {"fquery": {"query": {"query_string": {"query": text}}}}, **more}


@cases(
    Case("D-43 JSON within a string", f"POST {TRACE}", ok(200, lambda text: not isinstance(json.loads(text), str))),
    Case("D-43 the plain object", f"POST {TRACE}?format=object", ok(200, HITS), body={}),
    Case("D-43 a term", f"POST {TRACE}?format=object", ok(200, {"hits": {"hits": [{"_source": {"id": TEXT,
        "contactKey": "<fresh>"}}]}}), body=_query("contactKey:<fresh> AND definitionId:<inside.definitionId>")),
    Case("D-43 OR, quotes and stars", f"POST {TRACE}?format=object", ok(200, HITS),
        body=_query('contactKey:"a b" OR contactKey:<fresh>*')),
    Case("D-43 from and size", f"POST {TRACE}?format=object", ok(200, {"hits": {"hits": ({},)}}),
        body=_query("definitionId:<inside.definitionId>", **{"from": 1, "size": 1})),
    Case("D-43 an unreadable query", f"POST {TRACE}", refused(400, 10003), body=_query("(a")),
)  # fmt: skip
def test_5_6_traces(case: Case, hold: Hold) -> None:
    hold(case)


TEST = f"{I}/triggerTest/<event.id>"
CONTACTS = {"contacts": [{"contactKey": "ann", "data": {"Points": 1}}]}
OPEN = Case("open", f"POST {TEST}", ok(201), body=CONTACTS | {"key": "<runnable.key>"})
RUNNING = Only(id=GUID, eventDefinitionId="<event.id>", status="Running", createdDate=DATE)


@cases(
    Case("D-44 a test", f"POST {TEST}", ok(201, RUNNING), body=CONTACTS | {"definitionId": "<runnable.definitionId>"},
        again=refused(409, 30004)),
    Case("D-44 by key", f"POST {TEST}", ok(201, RUNNING),
        body=CONTACTS | {"key": "<runnable.key>", "versionNumber": 1}),
    Case("D-44 new contacts", f"POST {TEST}", ok(201), body=CONTACTS | {"key": "<runnable.key>"},
        then=(Case("replace", f"PUT {TEST}", ok(200, {"eventDefinitionId": "<event.id>"}), body=CONTACTS),)),
    Case("D-44 its end", f"POST {TEST}", ok(201), body=CONTACTS | {"key": "<runnable.key>"},
        then=(Case("end", f"DELETE {TEST}", ok(200, Only()), again=MISSING), OPEN)),
    Case("D-44 none to change", f"PUT {TEST}", MISSING, body=CONTACTS),
    Case("D-44 none to end", f"DELETE {TEST}", MISSING),
    Case("D-44 no contacts", f"POST {TEST}", wrong(10005, "contacts"),
        body={"key": "<runnable.key>", "contacts": []}),
    Case("D-44 eleven contacts", f"POST {TEST}", wrong(10005, "contacts"),
        body={"key": "<runnable.key>", "contacts": [{"contactKey": f"c{n}", "data": {}} for n in range(11)]}),
    Case("D-44 an unknown event definition", f"POST {I}/triggerTest/<nobody>", MISSING, body=CONTACTS),
)  # fmt: skip
def test_5_7_trigger_tests(case: Case, hold: Hold) -> None:
    hold(case)


def test_5_7_d_44_nothing_of_a_test_stays(stage: Stage) -> None:
    OPEN.hold(stage)
    assert stage.version(stage.runnable)["stats"]["cumulativePopulation"] == 0
    assert stage.done("GET", f"{J}/history?definitionId=<runnable.definitionId>")["count"] == 0


ROW = {"id": TEXT, "transactionTime": UTC_DATE, "contactKey": "<fresh>", "status": TEXT, "activityType": TEXT}


@cases(
    Case("D-45 of a version", f"GET {J}/history?definitionId=<inside.definitionId>", ok(200, collection(ROW))),
    Case("D-45 of a contact", f"GET {J}/history?contactKey=<fresh>&definitionId=<inside.definitionId>",
        ok(200, collection(ROW))),
    Case("D-45 the time", f"GET {J}/history?definitionId=<inside.definitionId>&start=2001-01-01&end=2001-01-02",
        ok(200, {"count": 0, "items": ()})),
    Case("D-45 the order", f"GET {J}/history?$orderBy=TransactionTime%20ASC&definitionId=<inside.definitionId>", ok()),
    Case("D-45 an unknown order", f"GET {J}/history?$orderBy=Colour", refused(400, 10005, "orderBy")),
    Case("D-45 a time that cannot be read", f"GET {J}/history?start=soon", refused(400, 10003, "start")),
    Case("D-45 a page", f"GET {J}/history?$page=1&$pageSize=1&definitionId=<inside.definitionId>",
        ok(200, {"pageSize": 1, "items": ({},)})),
)  # fmt: skip
def test_5_8_history(case: Case, hold: Hold) -> None:
    hold(case)


def test_5_8_d_45_the_newest_come_first(stage: Stage) -> None:
    query = "history?definitionId=<inside.definitionId>&$orderBy=TransactionTime%20"
    newest = stage.done("GET", f"{J}/{query}DESC")["items"]
    assert newest == stage.done("GET", f"{J}/{query}ASC")["items"][::-1]
    assert newest == stage.done("GET", f"{J}/history?definitionId=<inside.definitionId>")["items"]


AUDIT = f"{I}/<draft.id>/audit"
ENTRY = {
    "id": "<draft.definitionId>", "action": "Create", "user": Only(name=TEXT, userId=int), "timeStamp": DATE,
    "key": "<draft.key>", "versionNumber": 1, "originalDefinitionId": "<draft.id>", "name": "<draft.name>",
    "description": "old", "executionMode": "Production",
}  # fmt: skip
ACTIONS = ("all", "create", "modify", "publish", "unpublish", "delete", "stop", "pause", "resume")


@cases(
    Case("5.9 an entry", f"GET {AUDIT}/all", ok(200, collection(ENTRY))),
    Case("5.9 by key", f"GET {I}/key:<draft.key>/audit/create", ok(200, collection(ENTRY))),
    *(Case(f"D-46 {action}", f"GET {AUDIT}/{action}", ok(200, collection(dict))) for action in ACTIONS),
    Case("D-46 an unknown action", f"GET {AUDIT}/dream", refused(400, 10005, "action")),
    Case("D-46 an unknown journey", f"GET {I}/<nobody>/audit/all", MISSING_JOURNEY),
    Case("D-46 an unknown key", f"GET {I}/key:<fresh>/audit/all", MISSING_JOURNEY),
    Case("5.9 of a version", f"GET {I}/<redrafted.id>/audit/create?versionNumber=2",
        ok(200, {"items": ({"versionNumber": 2, "sourceInteraction": Only(id="<runnable.definitionId>", version=1,
            key="<runnable.key>")},)})),
    Case("5.9 a modification", f"PUT {I}", ok(), body=update(description="new"),
        then=(Case("read", f"GET {AUDIT}/modify", ok(200, {"items": ({"action": "Modify", "description": "new"},)})),)),
    Case("D-46 the spelling of a stop", f"GET {I}/<stopped.id>/audit/stop",
        ok(200, {"items": ({"action": "Stop", "ContactsEjected": 0},)})),
    Case("5.9 publications", f"GET {I}/<published.id>/audit/publish",
        ok(200, {"items": ({"publishStatus": "PublishCompleted", "publishRequestId": GUID},) * 2})),
    Case("5.9 unpublished", f"GET {I}/<unpublished.id>/audit/unpublish", ok(200, {"items": ({"versionNumber": 1},)})),
    Case("5.9 pages", f"GET {I}/<stopped.id>/audit/all?$page=2&$pageSize=1",
        ok(200, {"count": 4, "page": 2, "items": ({"action": "Publish"},)})),
)  # fmt: skip
def test_5_9_audit(case: Case, hold: Hold) -> None:
    hold(case)


def test_5_9_d_46_a_failed_publication_tells_why(stage: Stage) -> None:
    job = stage.done("POST", f"{I}/publishAsync/<draft.id>?versionNumber=1")
    stage.until(job["statusUrl"], {"status": "Error"})
    errors = [Only(ErrorDetail=TEXT, ErrorCode=TEXT)]
    row = {"publishStatus": "Error", "publishRequestId": GUID, "errors": errors}
    Case("entry", f"GET {AUDIT}/publish", ok(200, {"items": containing(row)})).hold(stage)
