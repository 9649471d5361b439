"""What every resource has in common (api.md 1, D-01 to D-13)."""

import json
from typing import Any

from tests.contract.conformance.bodies import (
    BATCH,
    CONTACTS,
    EVENTS,
    HISTORY,
    E,
    I,
    J,
    event,
    fired,
    journey,
    update,
)
from tests.contract.conformance.cases import (
    MISSING_JOURNEY,
    NO_CHANGE,
    Case,
    Expected,
    Hold,
    cases,
    listed,
    malformed,
    ok,
    refused,
)
from tests.contract.conformance.shapes import DATE, GUID, LINK, NEVER, Only, collection, containing
from tests.contract.conformance.stage import Stage

READER = {"Authorization": "Bearer <reader>"}
BARE = {"Authorization": "Bearer <bare>"}
NO_TOKEN = {"Authorization": None}
LIMIT = 5 * 1024 * 1024
THE_DRAFT = ok(200, {"id": "<draft.id>"})
NOT_AUTHORIZED = Expected(
    401, Only(message="Not Authorized", errorcode=0, documentation=LINK), {"www-authenticate": containing("Bearer")}
)
NO_SCOPE = refused(403, 20002, "Insufficient privileges to complete this action.")
NO_ROUTE = Expected(404, Only(message="Not Found", errorcode=404, documentation=LINK))


@cases(
    Case("D-01 upper case", f"GET {I.upper()}/<draft.id>", THE_DRAFT),
    Case("D-01 a trailing slash", f"GET {I}/<draft.id>/", THE_DRAFT),
    Case("D-01 a trailing slash before the query", f"GET {I}/?id=<draft.id>", ok(200, {"count": 1})),
    Case("D-01 a trailing slash of a PUT", f"PUT {I}/", ok(), body=update(description="new")),
    Case("D-01 the prefix in upper case", f"GET {I}/KEY:<draft.key>", THE_DRAFT),
    Case("D-01 an encoded colon", f"GET {I}/key%3A<draft.key>", THE_DRAFT),
    Case(
        "D-01 an encoded key",
        f"POST {I}",
        ok(),
        body=journey(key="<fresh> a/b"),
        then=(Case("read", f"GET {I}/key:<fresh>%20a%2Fb", ok(200, {"id": "<answer.id>"})),),
    ),
    Case("D-01 query names in any case", f"GET {I}/<draft.id>?VERSIONNUMBER=1", THE_DRAFT),
    Case("D-01 query names in any case, to select", f"GET {I}/<draft.id>?VersionNumber=2", MISSING_JOURNEY),
    Case("D-01 paging in lower case", f"GET {I}?%24PAGESIZE=1&$PAGE=2", ok(200, {"page": 2, "pageSize": 1})),
    Case("D-01 literals come first", f"GET {I}/Status/<draft.id>?versionNumber=1", ok(200, [{"status": "Draft"}])),
    Case("D-01 literals are no ids", f"POST {I}/contactMembership", ok(), body={"ContactKeyList": ["<fresh>"]}),
    Case("D-01 a literal and a key", f"POST {I}/ValidateAsync/Key:<draft.key>?versionNumber=1", ok()),
)
def test_1_1_paths(case: Case, hold: Hold) -> None:
    hold(case)


@cases(
    Case("D-02 unknown query parameters", f"GET {I}/<draft.id>?nonsense=1&$top=x", THE_DRAFT),
    Case("D-02 unknown properties of a journey", f"POST {I}", ok(200, {"x": [1]}), body=journey(x=[1])),
    Case("D-02 unknown properties of an event definition", f"POST {E}", ok(200, {"x": 1}), body=event(x=1)),
    Case("D-02 unknown properties of an event", f"POST {EVENTS}", ok(201), body=fired() | {"x": 1}),
    Case(
        "D-02 unknown properties of a pause", f"POST {I}/pause/<published.id>?versionNumber=1", ok(202), body={"x": 1}
    ),
    Case("D-02 unknown properties of a search", f"POST {HISTORY}/search", ok(), body={"x": 1}),
    Case(
        "D-03 events in camel case",
        f"POST {EVENTS}",
        ok(201),
        body={"contactKey": "<fresh>", "eventDefinitionKey": "<event.eventDefinitionKey>", "data": {"Points": 1}},
    ),
    Case(
        "D-03 events in Pascal case",
        f"POST {BATCH}",
        ok(202, {"notQueuedCount": 0}),
        body={
            "EventDefinitionKey": "<event.eventDefinitionKey>",
            "Members": [{"ContactKey": "a", "Data": {"Points": 1}}],
        },
    ),
    Case(
        "D-03 exits in camel case",
        f"POST {I}/contactexit",
        ok(202, Only(errors=())),
        body=[{"contactKey": "<fresh>", "definitionKey": "<published.key>", "versions": [1]}],
    ),
    Case(
        "D-03 a pause in camel case",
        f"POST {I}/pause/<published.id>?versionNumber=1",
        refused(400, 10005, "PausedDays"),
        body={"pausedDays": 0},
    ),
)
def test_1_1_names(case: Case, hold: Hold) -> None:
    hold(case)


@cases(
    Case(
        "1.2 the first version", f"POST {I}", ok(200, {"id": GUID, "definitionId": GUID, "version": 1}), body=journey()
    ),
    Case("1.2 a key of 200 characters", f"POST {I}", ok(), body=journey(key="<fresh>".ljust(191, "k"))),
    Case("1.2 a longer key", f"POST {I}", listed(10005, says="key"), body=journey(key="k" * 201)),
    Case("1.2 user numbers", f"POST {E}", ok(200, {"createdBy": int, "modifiedBy": int}), body=event()),
)
def test_1_2_identifiers(case: Case, hold: Hold) -> None:
    hold(case)


def test_1_2_the_id_is_that_of_the_first_version(stage: Stage) -> None:
    second = stage.redrafted
    assert stage.runnable["id"] == stage.runnable["definitionId"] == second["id"] != second["definitionId"]


def _dated(date: str) -> dict[str, Any]:
    return update(modifiedDate=date)


@cases(
    Case(
        "D-04 dates on the wire",
        f"POST {I}",
        ok(200, {"createdDate": DATE, "modifiedDate": DATE, "lastPublishedDate": NEVER}),
        body=journey(),
    ),
    Case("D-04 the true createdDate on PUT", f"PUT {I}", ok(200, {"createdDate": "<draft.createdDate>"}),
        body=update(description="new")),
    Case("D-04 true dates of an event definition", f"POST {E}", ok(200, {"createdDate": DATE, "modifiedDate": DATE}),
        body=event(), then=(Case("read", f"GET {E}/<answer.id>", ok(200, {"createdDate": "<answer.createdDate>"})),)),
    Case("D-04 a date that cannot be read", f"PUT {I}", malformed(10003, says="modifiedDate"), body=_dated("soon")),
    Case("1.3 a published version", f"GET {I}/<published.id>", ok(200, {"lastPublishedDate": DATE})),
)  # fmt: skip
def test_1_3_dates(case: Case, hold: Hold) -> None:
    hold(case)


def test_1_3_d_04_every_form_of_an_instant_is_read(stage: Stage) -> None:
    plain = stage.draft["modifiedDate"]
    assert stage.done("GET", f"{I}/<draft.id>")["modifiedDate"] == plain
    for form in (plain, f"{plain}Z", f"{plain}+00:00"):
        Case(form, f"PUT {I}", NO_CHANGE, body=_dated(form)).hold(stage)


@cases(
    *(
        Case(f"D-04 offset {zone}", f"GET {E}/<event.id>", ok(200, {"createdDate": date}),
            settings={"WAYSTAGE_UTC_OFFSET": zone})
        for zone, date in (("-06:00", containing("2025-12-31T18:00:00")), ("+05:30", containing("2026-01-01T05:30:00")))
    )
)  # fmt: skip
def test_1_3_offsets(case: Case, hold: Hold) -> None:
    hold(case)


COLLECTIONS = {
    "interactions": f"{I}?",
    "event definitions": f"{E}?",
    "history": f"{J}/history?",
    "audit": f"{I}/<draft.id>/audit/all?",
}


@cases(
    *(Case(f"D-05 {name}", f"GET {path}", ok(200, collection(dict))) for name, path in COLLECTIONS.items()),
    *(
        Case(f"D-05 {name} past the end", f"GET {path}&$page=4000&$pageSize=7",
            ok(200, collection() | {"page": 4000, "pageSize": 7, "items": ()}))
        for name, path in COLLECTIONS.items()
    ),
    *(
        Case(f"D-05 {name} {wrong}", f"GET {path}&{wrong}", refused(400, 10001, wrong.partition("=")[0]))
        for name, path in COLLECTIONS.items()
        for wrong in ("$page=0", "$page=-1", "$page=x", "$page=1.5", "$pageSize=0", "$pageSize=x")
    ),
    *(
        Case(f"D-06 {name} default", f"GET {path}", ok(200, {"page": 1, "pageSize": 50}))
        for name, path in COLLECTIONS.items()
    ),
    *(
        Case(f"D-06 {name} bound", f"GET {path}&$page=1&$pageSize=501", ok(200, {"pageSize": 500}))
        for name, path in COLLECTIONS.items()
    ),
    Case("D-06 a bound of ours", f"GET {I}?$pageSize=500", ok(200, {"pageSize": 20}),
        settings={"WAYSTAGE_MAX_PAGE_SIZE": "20"}),
)  # fmt: skip
def test_1_4_collections(case: Case, hold: Hold) -> None:
    hold(case)


def test_1_5_numbers(stage: Stage) -> None:
    answer = stage.api.http.get(stage.fill(f"{I}/<draft.id>"))
    assert '"workflowApiVersion":1,' in answer.text.replace(" ", "")
    assert '"version":1,' in answer.text.replace(" ", "")
    made = stage.done("POST", I, journey(key="<other>", workflowApiVersion=0.5))
    assert made["workflowApiVersion"] == 0.5


NEEDED = [
    f"GET {J}/rest", f"POST {I}", f"PUT {I}", f"PUT {I}/<nobody>", f"PUT {I}/key:x", f"GET {I}", f"GET {I}/<nobody>",
    f"DELETE {I}/<nobody>", f"DELETE {I}/key:x", f"POST {I}/publishAsync/x", f"GET {I}/publishStatus/x",
    f"POST {I}/stop/x", f"POST {I}/pause/x", f"POST {I}/resume/x", f"GET {J}/goalstatistics/x", f"GET {J}/map",
    f"POST {J}/goalstatistics/clear/x", f"GET {J}/waitstatistics/x", f"POST {J}/map", f"GET {J}/history",
    f"POST {I}/traceevents/search", f"GET {J}/triggerstats/x", f"POST {I}/triggerTest/x", f"POST {E}",
    f"PUT {E}/x", f"GET {E}", f"DELETE {E}/x", f"POST {EVENTS}", f"POST {BATCH}", f"GET {BATCH}/status",
    f"POST {I}/contactexit", f"POST {HISTORY}/search", f"POST {HISTORY}/download", f"GET {I}/x/audit/all",
]  # fmt: skip


@cases(
    *(
        Case(f"D-07 {call}", call, NO_SCOPE, raw=None if call.startswith("GET") else b"{", headers=BARE)
        for call in NEEDED
    ),
    Case("D-07 the scope of the seed writes", f"POST {I}", ok(), body=journey(), headers=READER),
    Case("D-07 the scope of the seed updates", f"PUT {I}", ok(), body=update(description="x"), headers=READER),
    Case("D-07 the scope of the seed publishes", f"POST {I}/publishAsync/<runnable.id>?versionNumber=1", ok(),
        headers=READER),
    Case("D-07 the scope of the seed fires events", f"POST {EVENTS}", ok(201), body=fired(), headers=READER),
    Case("1.6 contacts need a scope of theirs", f"POST {CONTACTS}", NO_SCOPE, body={}, headers=READER),
    Case("1.6 rows need a scope of theirs", "POST /hub/v1/dataevents/key:x/rowset", NO_SCOPE, body=[], headers=READER),
    *(
        Case(f"D-07 fine scopes {call}", f"POST {J}/{call}", NO_SCOPE, body={}, headers=READER,
            settings={"WAYSTAGE_FINE_SCOPES": "true"})
        for call in ("interactions/publishAsync/x", "interactions/stop/x", "interactions/pause/x",
            "interactions/resume/x", "interactions/transactional/create", "events")
    ),
    Case("D-07 fine scopes leave the rest", f"POST {I}", ok(), body=journey(), headers=READER,
        settings={"WAYSTAGE_FINE_SCOPES": "true"}),
)  # fmt: skip
def test_1_6_scopes(case: Case, hold: Hold) -> None:
    hold(case)


def _transition(call: str, status: str) -> Expected:
    """The table of 1.7: what a call on a version of this status is answered with."""
    says = {
        "pause": "An interaction must be in published or unpublished status to be paused.",
        "resume": "An interaction must be in paused status to be resumed.",
        "stop": "Published/Paused/Unpublished interaction matching criteria not found.",
    }
    fitting = {
        "publishAsync": {"runnable"},
        "validateAsync": {"runnable"},
        "pause": {"published", "unpublished"},
        "resume": {"paused"},
        "stop": {"published", "paused", "unpublished"},
    }
    if status == "deleted":
        return MISSING_JOURNEY
    if status in fitting[call]:
        return ok(202 if call in {"pause", "resume"} else 200)
    return refused(400, 10000, says.get(call) or f"{call[: -len('Async')]}")


WORDS = {
    "runnable": "Draft", "published": "Published", "unpublished": "Unpublished", "paused": "Paused",
    "stopped": "Stopped", "deleted": "Deleted",
}  # fmt: skip


@cases(
    *(
        Case(f"1.7 {call} {status}", f"POST {I}/{call}/<{status}.id>?versionNumber=1", _transition(call, status),
            body={})
        for call in ("publishAsync", "validateAsync", "pause", "resume", "stop")
        for status in WORDS
    ),
    *(
        Case(f"1.7 a version that is {status}", f"GET {I}?id=<{status}.id>&status={word}&mostRecentVersionOnly=false",
            ok(200, {"items": ({"version": 1, "status": word, "scheduledStatus": str},)}))
        for status, word in WORDS.items()
    ),
    Case("1.7 what was unpublished resumes as that", f"POST {I}/pause/<unpublished.id>?versionNumber=1", ok(202),
        then=(Case("resume", f"POST {I}/resume/<unpublished.id>?versionNumber=1", ok(202)),
            Case("read", f"GET {I}/<unpublished.id>?versionNumber=1", ok(200, {"status": "Unpublished"})))),
    Case("1.7 the status in the text", f"POST {I}/publishAsync/<stopped.id>?versionNumber=1",
        refused(400, 10000, "Stopped")),
)  # fmt: skip
def test_1_7_life_cycle(case: Case, hold: Hold) -> None:
    hold(case)


@cases(
    Case("E1 a journey", f"GET {I}/<nobody>", MISSING_JOURNEY),
    Case("E2 fields of a journey", f"POST {I}", listed(10002, 10002, 10001), body={"name": 5}),
    Case("E4 an unknown route", f"GET {J}/nothing", NO_ROUTE),
    Case("D-08 documentation of a journey's error", f"POST {I}/stop/<nobody>?versionNumber=1", MISSING_JOURNEY),
    Case("D-12 an unknown path without a token", f"GET {J}/nothing", NO_ROUTE, headers=NO_TOKEN),
    Case("D-12 a wrong method", f"PATCH {I}", refused(405, 405, allow=containing("GET", "POST", "PUT"))),
    Case("D-12 a wrong method of one thing", f"POST {E}/<nobody>", refused(405, 405, allow=containing("GET", "PUT"))),
)
def test_1_8_envelopes(case: Case, hold: Hold) -> None:
    hold(case)


@cases(
    *(
        Case(f"D-09 {name}", f"POST {I}", NOT_AUTHORIZED, body=journey(), headers={"Authorization": value},
            then=(Case("nothing was made", f"GET {I}/key:<fresh>", MISSING_JOURNEY),))
        for name, value in (("no token", None), ("an empty header", ""), ("no scheme", "<reader>"),
            ("no value", "Bearer"), ("another scheme", "Basic YTpi"), ("an unknown token", "Bearer nonsense"),
            ("a cut token", "Bearer <cut>"))
    ),
    Case("D-09 the scheme in lower case", f"GET {I}?$pageSize=1", ok(), headers={"Authorization": "bearer <reader>"}),
)  # fmt: skip
def test_1_8_tokens(case: Case, hold: Hold) -> None:
    hold(case)


def _typed(media: str | None) -> dict[str, Any]:
    return {"Content-Type": media}


@cases(
    *(
        Case(f"D-10 {media}", f"POST {I}", ok(), body=journey(), headers=_typed(media))
        for media in (None, "application/json", "application/json; charset=utf-8", "Application/JSON",
            "application/x+json")
    ),
    *(
        Case(f"D-10 {media}", f"POST {I}", refused(415, 415), body=journey(), headers=_typed(media))
        for media in ("text/plain", "application/xml", "text/json", "application/x-www-form-urlencoded")
    ),
    Case("D-10 an empty body", f"POST {HISTORY}/search", ok()),
    Case("D-10 an empty body of a pause", f"POST {I}/pause/<published.id>?versionNumber=1", ok(202), raw=b""),
    Case("D-10 a GET looks at no type", f"GET {I}/<draft.id>", ok(), headers=_typed("text/plain")),
    *(
        Case(f"D-10 unreadable {raw!r}", f"POST {I}", refused(400, 10004, "JSON Deserialization Exception"), raw=raw)
        for raw in (b"{", b"{]", b"{'a': 1}", b"\xff\xfe", b'{"a":1}{', b"nul")
    ),
    Case("D-10 unreadable event definition", f"POST {E}", refused(400, 10004), raw=b"{"),
    Case("D-10 unreadable event", f"POST {EVENTS}", refused(400, 10004), raw=b"{"),
    Case("D-10 unreadable batch", f"POST {BATCH}", refused(400, 10004), raw=b"{"),
    Case("D-11 a large body", f"POST {I}", ok(), body=journey(description="x" * (LIMIT - 500))),
    Case("D-11 too large a body", f"POST {I}", refused(413, 413), raw=b" " * (LIMIT + 1)),
    Case("D-11 a bound of ours", f"POST {I}", refused(413, 413), raw=b" " * 2001,
        settings={"WAYSTAGE_MAX_REQUEST_BYTES": "2000"}),
)  # fmt: skip
def test_1_8_bodies(case: Case, hold: Hold) -> None:
    hold(case)


#: What each step of D-13 would refuse; of two that are wrong the earlier one answers.
TEXT_TYPE = {"Content-Type": "text/plain"}


@cases(
    Case("D-13 route before token", f"GET {J}/nothing", NO_ROUTE, headers=NO_TOKEN),
    Case("D-13 token before scope", f"POST {I}", NOT_AUTHORIZED, raw=b"{", headers={"Authorization": "Bearer x"}),
    Case("D-13 token before type", f"POST {I}", NOT_AUTHORIZED, raw=b"{", headers=NO_TOKEN | TEXT_TYPE),
    Case("D-13 scope before type", f"POST {I}", NO_SCOPE, raw=b"{", headers=BARE | TEXT_TYPE),
    Case("D-13 scope before size", f"POST {I}", NO_SCOPE, raw=b" " * (LIMIT + 1), headers=BARE),
    Case("D-13 scope before resource", f"GET {I}/<nobody>", NO_SCOPE, headers=BARE),
    Case("D-13 type before JSON", f"POST {I}", refused(415, 415), raw=b"{", headers=TEXT_TYPE),
    Case("D-13 type before resource", f"PUT {I}/<nobody>", refused(415, 415), raw=b"{}", headers=TEXT_TYPE),
    Case("D-13 size before JSON", f"POST {I}", refused(413, 413), raw=b"{" * (LIMIT + 1)),
    Case("D-13 JSON before resource", f"PUT {E}/<nobody>", refused(400, 10004), raw=b"{"),
    Case("D-13 JSON before parameters", f"POST {I}/pause/<nobody>", refused(400, 10004), raw=b"{"),
    Case("D-13 parameters before resource", f"POST {I}/publishAsync/<nobody>", refused(400, 10005)),
    Case("D-13 parameters before resource, pause", f"POST {I}/pause/<nobody>", refused(400, 10005)),
    Case("D-13 body before resource", f"PUT {I}/<nobody>", malformed(10002, says="name"), body=update(name=...)),
    Case("D-13 resource before state", f"POST {I}/publishAsync/<published.id>?versionNumber=2", MISSING_JOURNEY),
)
def test_1_8_order(case: Case, hold: Hold) -> None:
    hold(case)


def test_1_9_e5_throttling_is_off_by_default_and_answers_as_documented(stage: Stage, configured: Any) -> None:
    assert {stage.api("GET", f"{I}?$pageSize=1").status_code for _ in range(20)} == {200}
    slow = Stage(configured(WAYSTAGE_THROTTLE="3"))
    for _ in range(3):
        Case("within the rate", f"GET {I}", ok()).hold(slow)
    body = Only(message="Rate limit exceeded", errorcode=50100, documentation=str, retryAfter=int)
    Case("E5", f"POST {I}", Expected(429, body, {"retry-after": str}), body={}).hold(slow)
    Case("D-13 token before rate", f"GET {I}", NOT_AUTHORIZED, headers=NO_TOKEN).hold(slow)
    Case("D-13 rate before scope", f"GET {I}", Expected(429, body), headers={}).hold(slow)


def test_1_10_what_is_repeated(stage: Stage) -> None:
    fires = [stage.done("POST", EVENTS, fired("<fresh>"))["eventInstanceId"] for _ in range(2)]
    assert fires[0] != fires[1]
    first, second = (stage.done("PUT", f"{E}/<event.id>", {"name": "same"}) for _ in range(2))
    assert json.dumps(first | {"modifiedDate": 0}) == json.dumps(second | {"modifiedDate": 0})
    jobs = [stage.done("POST", f"{I}/validateAsync/<draft.id>?versionNumber=1")]
    stage.until(jobs[0]["statusUrl"], {"status": "Error"})
    jobs.append(stage.done("POST", f"{I}/validateAsync/<draft.id>?versionNumber=1"))
    assert jobs[0]["statusId"] != jobs[1]["statusId"]
