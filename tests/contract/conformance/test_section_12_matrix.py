"""The status matrix on one page: success, its body, and what the same call is answered with again (api.md 12)."""

from dataclasses import replace
from typing import Any

from tests.contract.conformance.bodies import BATCH, EVENTS, HISTORY, E, I, J, event, fired, journey, member, update
from tests.contract.conformance.cases import (
    ACCEPTED,
    MISSING,
    MISSING_JOURNEY,
    NO_CHANGE,
    Case,
    Expected,
    Hold,
    cases,
    ok,
    refused,
)
from tests.contract.conformance.shapes import ANYTHING, GUID, Only, collection
from tests.contract.conformance.stage import Stage

JOURNEY = {"id": GUID, "key": str, "definitionId": GUID, "modifiedDate": str, "version": int, "status": str}
DEFINITION = {"id": GUID, "eventDefinitionKey": str, "dataExtensionId": GUID}
JOB = Only(statusUrl=str, statusId=GUID)
RESULT = Only(statusId=GUID, status=str, errors=list, warnings=list)
STALE = refused(409, 30000)
STATE = refused(400, 10000)
CONFLICT = refused(409, 30004)
V1 = "?versionNumber=1"
CHANGE = update(description="new")
TEST = {"key": "<runnable.key>", "contacts": [{"contactKey": "ann", "data": {"Points": 1}}]}
OPEN = Case("open", f"POST {I}/triggerTest/<event.id>", ok(201, {"id": GUID}), body=TEST)
TRANSACTIONAL = {"definitionId": "<activated.id>"}
EXITS = [{"ContactKey": "<fresh>", "DefinitionKey": "<inside.key>"}]
PIPE = {"x-direct-pipe": "true"}


def _safe(name: str, call: str, body: Any = ANYTHING, sent: Any = ..., **more: Any) -> Case:
    """200, and the same again."""
    return Case(name, call, ok(200, body), body=sent, again=ok(200, body), **more)


def _twice(name: str, call: str, first: Expected, again: Expected, sent: Any = ..., **more: Any) -> Case:
    return Case(name, call, first, body=sent, again=again, **more)


@cases(
    _safe("12 GET rest", f"GET {J}/rest", {"methods": dict}),
    _twice("12 POST interactions", f"POST {I}", ok(200, JOURNEY), CONFLICT, journey()),
    _twice("12 POST interactions, a new version", f"POST {I}", ok(200, {"version": 2}), CONFLICT,
        journey(key="<published.key>")),
    _twice("12 PUT interactions", f"PUT {I}", ok(200, JOURNEY), STALE, CHANGE),
    _twice("12 PUT interactions by id", f"PUT {I}/<draft.id>", ok(200, JOURNEY), STALE, CHANGE),
    _twice("12 PUT interactions by key", f"PUT {I}/key:<draft.key>", ok(200, JOURNEY), STALE, CHANGE),
    *(
        _twice(f"12 PUT interactions, no change, {name}", f"PUT {I}{path}", NO_CHANGE, NO_CHANGE, update())
        for name, path in (("bare", ""), ("id", "/<draft.id>"), ("key", "/key:<draft.key>"))
    ),
    _safe("12 GET interaction by id", f"GET {I}/<draft.id>", JOURNEY),
    _safe("12 GET interaction by key", f"GET {I}/key:<draft.key>", JOURNEY),
    _twice("12 DELETE interaction by id", f"DELETE {I}/<draft.id>", ok(200, "<draft.id>"), MISSING_JOURNEY),
    _twice("12 DELETE interaction by key", f"DELETE {I}/key:<draft.key>", ok(200, "<draft.id>"), MISSING_JOURNEY),
    _safe("12 GET interactions", f"GET {I}", collection(JOURNEY)),
    Case("12 POST publishAsync by id", f"POST {I}/publishAsync/<runnable.id>{V1}", ok(200, JOB)),
    Case("12 POST publishAsync by key", f"POST {I}/publishAsync/key:<runnable.key>{V1}", ok(200, JOB)),
    Case("12 POST publishAsync once running", f"POST {I}/publishAsync/<published.id>{V1}", STATE),
    Case("12 POST validateAsync", f"POST {I}/validateAsync/<runnable.id>{V1}", ok(200, JOB)),
    Case("12 POST validateAsync once running", f"POST {I}/validateAsync/<published.id>{V1}", STATE),
    _safe("12 GET publishStatus", f"GET {I}/publishStatus/<job.statusId>", RESULT),
    _safe("12 GET validateStatus", f"GET {I}/validateStatus/<check.statusId>", RESULT),
    _twice("12 POST stop by id", f"POST {I}/stop/<published.id>{V1}", ok(200, ACCEPTED), STATE),
    _twice("12 POST stop by key", f"POST {I}/stop/key:<published.key>{V1}", ok(200, ACCEPTED), STATE),
    _twice("12 POST pause by id", f"POST {I}/pause/<published.id>{V1}", ok(202, ACCEPTED), STATE),
    _twice("12 POST pause by key", f"POST {I}/pause/key:<published.key>{V1}", ok(202, ACCEPTED), STATE),
    _twice("12 POST resume by id", f"POST {I}/resume/<paused.id>{V1}", ok(202, ACCEPTED), STATE),
    _twice("12 POST resume by key", f"POST {I}/resume/key:<paused.key>{V1}", ok(202, ACCEPTED), STATE),
    _safe("12 GET interactions/status", f"GET {I}/status/<draft.id>{V1}", [dict]),
    _twice("12 POST transactional/create", f"POST {I}/transactional/create", ok(200, Only(errors=())), Expected(400),
        {"definitionId": "<transactional.id>"}),
    _twice("12 POST transactional/pause", f"POST {I}/transactional/pause", ok(200, Only(errors=())), Expected(400),
        TRANSACTIONAL),
    _twice("12 POST transactional/clearQueue", f"POST {I}/transactional/clearQueue", ok(200, Only(errors=())),
        ok(200, Only(errors=())), TRANSACTIONAL),
    _safe("12 GET goalstatistics", f"GET {J}/goalstatistics/<draft.id>", dict),
    _safe("12 GET waitstatistics", f"GET {J}/waitstatistics/<draft.id>", dict),
    _safe("12 GET triggerstats", f"GET {J}/triggerstats/<event.id>", dict),
    _safe("12 POST goalstatistics/clear", f"POST {J}/goalstatistics/clear/<draft.id>", Only()),
    _safe("12 POST map", f"POST {J}/map", {"a": 1}, {"a": 1}),
    _safe("12 GET map", f"GET {J}/map", dict),
    _safe("12 POST traceevents/search", f"POST {I}/traceevents/search", str),
    replace(OPEN, name="12 POST triggerTest", again=CONFLICT),
    Case("12 PUT triggerTest", OPEN.call, OPEN.expected, body=TEST,
        then=(_safe("change", f"PUT {I}/triggerTest/<event.id>", dict, TEST),)),
    Case("12 DELETE triggerTest", OPEN.call, OPEN.expected, body=TEST,
        then=(_twice("end", f"DELETE {I}/triggerTest/<event.id>", ok(200, Only()), MISSING),)),
    _twice("12 POST eventDefinitions", f"POST {E}", ok(200, DEFINITION), CONFLICT, event()),
    _safe("12 PUT eventDefinitions by id", f"PUT {E}/<event.id>", DEFINITION, {"name": "x"}),
    _safe("12 PUT eventDefinitions by key", f"PUT {E}/key:<event.eventDefinitionKey>", DEFINITION, {"name": "x"}),
    _safe("12 GET eventDefinitions by id", f"GET {E}/<event.id>", DEFINITION),
    _safe("12 GET eventDefinitions by key", f"GET {E}/key:<event.eventDefinitionKey>", DEFINITION),
    _safe("12 GET eventDefinitions", f"GET {E}", collection(DEFINITION)),
    _twice("12 DELETE eventDefinitions by id", f"DELETE {E}/<event.id>", ok(200, Only()), MISSING),
    _twice("12 DELETE eventDefinitions by key", f"DELETE {E}/key:<event.eventDefinitionKey>", ok(200, Only()), MISSING),
    _twice("12 POST events", f"POST {EVENTS}", ok(201, Only(eventInstanceId=GUID)),
        ok(201, Only(eventInstanceId=GUID)), fired()),
    _twice("12 POST async/events", f"POST {BATCH}", ok(202, {"requestId": GUID}), ok(202, {"requestId": GUID}),
        {"eventDefinitionKey": "<event.eventDefinitionKey>", "members": [member()]}),
    _safe("12 GET async/events/status", f"GET {BATCH}/status?requestId=<batch.requestId>",
        {"page": 1, "pageSize": 50, "count": 3, "items": list}),
    _safe("12 GET history", f"GET {J}/history", collection()),
    _twice("12 POST contactexit", f"POST {I}/contactexit", ok(202, Only(errors=())), ok(202, Only(errors=())), EXITS),
    _safe("12 POST contactexit/status", f"POST {I}/contactexit/status", list, EXITS),
    _safe("12 POST contactMembership", f"POST {I}/contactMembership", {"results": dict}, {"ContactKeyList": ["x"]}),
    _safe("12 POST journeyhistory/search", f"POST {HISTORY}/search", collection(), {}),
    _safe("12 POST journeyhistory/estimate", f"POST {HISTORY}/estimate", {"rowCount": int}, {}),
    _safe("12 POST journeyhistory/download", f"POST {HISTORY}/download", str, {}, headers=PIPE),
    _safe("12 GET journeyhistory/freshness", f"GET {HISTORY}/freshness", {"freshness": int}),
    _safe("12 GET audit", f"GET {I}/<draft.id>/audit/all", collection()),
)  # fmt: skip
def test_12_matrix(case: Case, hold: Hold) -> None:
    hold(case)


def test_12_publish_again(stage: Stage) -> None:
    """Twice in a row is 409 while the job is open and 400 once the version runs, never a second publication."""
    stage.done("POST", f"{I}/publishAsync/<runnable.id>{V1}")
    again = stage.api("POST", stage.fill(f"{I}/publishAsync/<runnable.id>{V1}"))
    assert (again.status_code, again.json()["errorcode"]) in {(400, 10000), (409, 409)}
