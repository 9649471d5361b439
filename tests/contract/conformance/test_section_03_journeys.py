"""Journeys: create, update, read, delete, list (api.md 3, D-15 to D-33)."""

from typing import Any

from tests.contract.conformance.bodies import NOBODY, WAIT, I, journey, running, transactional, update
from tests.contract.conformance.cases import (
    MISSING_JOURNEY,
    NO_CHANGE,
    Case,
    Hold,
    cases,
    listed,
    malformed,
    ok,
    refused,
)
from tests.contract.conformance.shapes import DATE, GUID, NEVER, Only, containing, number
from tests.contract.conformance.stage import Stage

STATS = Only(
    currentPopulation=number, cumulativePopulation=number, metGoal=number, metExitCriteria=number,
    goalPerformance=number,
)  # fmt: skip
#: 3.1, in the order of recorded answers.
JOURNEY = Only(
    id=GUID, key=str, name=str, lastPublishedDate=NEVER, description=str, version=1, workflowApiVersion=1,
    createdDate=DATE, modifiedDate=DATE, activities=list, triggers=list, goals=list, exits=list, notifiers=list,
    stats=STATS, entryMode="NotSet", definitionType="Multistep", channel="", defaults=Only(properties=Only()),
    metaData=Only(), executionMode="Production", categoryId=int, status="Draft", definitionId=GUID,
    scheduledStatus="Draft",
)  # fmt: skip
POSTED = Only({name: shape for name, shape in JOURNEY.items() if name != "stats"})
ACTIVITY = {"key": "WAIT-1", "type": "WAIT", "outcomes": [{"key": "on"}]}
IS_DRAFT = {"status": "Draft"}
EXISTS = refused(409, 30004)


def test_3_1_the_order_of_the_fields(stage: Stage) -> None:
    read = list(stage.done("GET", f"{I}/<draft.id>"))
    assert [name for name in read if name in JOURNEY] == list(JOURNEY)


@cases(
    Case("3.2 the least", f"POST {I}", ok(200, POSTED), body=journey()),
    Case("D-17 200 with the full set", f"POST {I}", ok(200, POSTED), body=journey(description="x", activities=[])),
    Case("3.2 what the server owns is ignored", f"POST {I}",
        ok(200, {"version": 1, "status": "Draft", "lastPublishedDate": NEVER, "createdDate": DATE}),
        body=journey(id=NOBODY, version=7, definitionId=NOBODY, status="Published", stats={}, createdDate="x")),
    Case("3.1 parts are completed", f"POST {I}",
        ok(200, {"activities": ({"id": GUID, "outcomes": ({"arguments": dict, "metaData": dict},)},),
            "triggers": ({"id": GUID},)}), body=running()),
    *(
        Case(f"{'D-16' if name == 'key' else '3.2'} without {name}", f"POST {I}", listed(10002, says=name),
            body=journey(**{name: ...}))
        for name in ("key", "name", "workflowApiVersion")
    ),
    Case("3.2 all that is wrong at once", f"POST {I}", listed(10002, 10001, 10005),
        body=journey(key=..., name=5, workflowApiVersion=2.0)),
    *(
        Case(f"3.2 {name} of a wrong type", f"POST {I}", listed(10001, says=name), body=journey(**{name: wrong}))
        for name, wrong in (("key", 5), ("name", []), ("workflowApiVersion", "1.0"), ("description", 5),
            ("activities", {}), ("triggers", "x"), ("goals", 1), ("metaData", []))
    ),
    *(
        Case(f"3.2 {name} outside its list", f"POST {I}", listed(10005, says=name), body=journey(**{name: wrong}))
        for name, wrong in (("workflowApiVersion", 0.7), ("entryMode", "Sometimes"), ("definitionType", "Singlestep"))
    ),
    Case("3.2 an array for a body", f"POST {I}", listed(10001), body=[]),
    Case("D-16 an empty key", f"POST {I}", listed(10002, says="key"), body=journey(key="")),
    Case("D-18 a dangling next is kept", f"POST {I}", ok(200, IS_DRAFT),
        body=journey(activities=[ACTIVITY | {"outcomes": [{"key": "on", "next": "nowhere"}]}])),
    Case("D-18 an unknown type is kept", f"POST {I}", ok(200, {"activities": ({"type": "TELEGRAM"},)}),
        body=journey(activities=[ACTIVITY | {"type": "TELEGRAM"}])),
    Case("D-18 a duplicate activity key", f"POST {I}", listed(10005, says="WAIT-1"),
        body=journey(activities=[ACTIVITY, ACTIVITY])),
    Case("D-18 missing configuration is kept", f"POST {I}", ok(200, IS_DRAFT), body=journey(activities=[ACTIVITY])),
    Case("D-19 characters are accepted", f"POST {I}", ok(200, {"name": "a & b / 'c'", "description": '<d> "e"'}),
        body=journey(name="a & b / 'c'", description='<d> "e"')),
    Case("D-19 validation warns of them", f"POST {I}", ok(), body=journey(name="a & b"),
        then=(Case("validate", f"POST {I}/validateAsync/<answer.id>?versionNumber=1", ok()),)),
)  # fmt: skip
def test_3_2_create(case: Case, hold: Hold) -> None:
    hold(case)


def test_3_2_d_19_the_warning_names_the_character(stage: Stage) -> None:
    stage.done("POST", I, running(name="a & b"))
    job = stage.done("POST", f"{I}/validateAsync/key:<fresh>?versionNumber=1")
    found = stage.until(job["statusUrl"], {"status": "ValidateCompleted", "errors": ()})
    assert {one["errorType"] for one in found["warnings"]} == {"Warning"}
    assert any("name" in one["errorDetail"] and "&" in one["errorDetail"] for one in found["warnings"])


@cases(
    Case("D-15 a Draft of the key", f"POST {I}", EXISTS, body=journey(key="<draft.key>")),
    Case("D-15 in another case", f"POST {I}", ok(), body=journey(key="<fresh>A"),
        then=(Case("again", f"POST {I}", EXISTS, body=journey(key="<fresh>a")),)),
    Case("D-15 a running journey", f"POST {I}",
        ok(200, {"id": "<published.id>", "version": 2, "status": "Draft", "definitionId": GUID}), body=running()),
    Case("D-15 a stopped journey", f"POST {I}", ok(200, {"id": "<stopped.id>", "version": 2}), body=running()),
    Case("D-15 the Draft of version 2", f"POST {I}", EXISTS, body=journey(key="<redrafted.key>")),
    Case("D-15 numbers go on after a deletion", f"POST {I}", ok(200, {"version": 2, "status": "Draft"}),
        body=journey(key="<deleted.key>")),
    Case("D-15 a transactional key", f"POST {I}", EXISTS, body=transactional(key="<transactional.key>")),
    Case("D-15 a transactional key that runs", f"POST {I}", EXISTS, body=transactional(key="<activated.key>")),
)  # fmt: skip
def test_3_2_existing_keys(case: Case, hold: Hold) -> None:
    hold(case)


def test_3_2_d_15_a_deleted_journey_gets_a_new_id(stage: Stage) -> None:
    again = stage.done("POST", I, journey(key="<deleted.key>"))
    assert again["id"] != stage.deleted["id"]


CHANGED = ok(200, {"description": "new", "status": "Draft", "stats": STATS, "createdDate": "<draft.createdDate>"})
NEW = {"description": "new"}
STALE = {"modifiedDate": "2020-01-01T00:00:00"}


@cases(
    Case("3.3 by the key of the body", f"PUT {I}", CHANGED, body=update(**NEW)),
    Case("3.3 by the id", f"PUT {I}/<draft.id>", CHANGED, body=update(**NEW)),
    Case("3.3 by the key", f"PUT {I}/key:<draft.key>", CHANGED, body=update(**NEW)),
    Case("D-20 versionNumber that agrees", f"PUT {I}?versionNumber=1", CHANGED, body=update(**NEW)),
    Case("D-20 versionNumber that differs", f"PUT {I}?versionNumber=2", malformed(10005, says="version"),
        body=update(**NEW)),
    Case("D-20 no version", f"PUT {I}", malformed(10002, says="version"), body=update(version=...)),
    Case("D-20 no such version", f"PUT {I}", MISSING_JOURNEY, body=update(version=2)),
    Case("D-20 a deleted version", f"PUT {I}", MISSING_JOURNEY, body=update("deleted")),
    Case("D-20 the version selects", f"PUT {I}", ok(200, {"version": 2, "description": "new"}),
        body=update("redrafted", **NEW)),
    Case("D-21 another key than the path's", f"PUT {I}/key:<draft.key>", malformed(10005, says="key"),
        body=update(key="<other>")),
    Case("D-21 another key than the id's", f"PUT {I}/<draft.id>", malformed(10005, says="key"),
        body=update(key="<other>")),
    Case("D-21 another id", f"PUT {I}/<draft.id>", malformed(10005, says="id"), body=update(id="<nobody>")),
    Case("D-21 the journey's id", f"PUT {I}", CHANGED, body=update(id="<draft.id>", **NEW)),
    Case("D-21 the version's definitionId", f"PUT {I}", ok(200, NEW),
        body=update("redrafted", id="<redrafted.definitionId>", **NEW)),
    Case("D-21 an unknown key with an id that exists", f"PUT {I}", MISSING_JOURNEY,
        body=update(key="<other>", id="<draft.id>")),
    Case("D-22 no modifiedDate", f"PUT {I}", malformed(10002, says="modifiedDate"), body=update(modifiedDate=...)),
    Case("D-22 the setting allows it", f"PUT {I}", ok(200, NEW), body=update(modifiedDate=..., **NEW),
        settings={"WAYSTAGE_REQUIRE_MODIFIED_DATE": "false"}),
    Case("D-23 a stale modifiedDate", f"PUT {I}", refused(409, 30000, "modified"), body=update(**STALE, **NEW)),
    Case("D-23 an instant, not a string", f"PUT {I}", CHANGED,
        body=update(modifiedDate="<draft.modifiedDate>+00:00", **NEW)),
    Case("D-24 nothing differs", f"PUT {I}", NO_CHANGE, body=update(), again=NO_CHANGE,
        then=(Case("read", f"GET {I}/<draft.id>", ok(200, {"modifiedDate": "<draft.modifiedDate>"})),)),
    Case("D-24 the version number's form", f"PUT {I}", NO_CHANGE, body=update(workflowApiVersion=1)),
    Case("D-24 defaults are no difference", f"PUT {I}", NO_CHANGE, body=update(goals=[], metaData={}, exits=None)),
    Case("D-24 the whole answer sent back", f"PUT {I}", NO_CHANGE, body="<runnable>"),
    Case("D-24 parts without their ids", f"PUT {I}", NO_CHANGE, body=update("runnable", activities=[WAIT])),
    Case("D-24 the setting 200", f"PUT {I}", ok(200, {"modifiedDate": "<draft.modifiedDate>"}), body=update(),
        settings={"WAYSTAGE_NO_CHANGE_STATUS": "200"}),
    Case("D-25 form before found", f"PUT {I}", malformed(10002), body=update(key="<other>", name=...)),
    Case("D-25 found before stale", f"PUT {I}", MISSING_JOURNEY, body=update(key="<other>", **STALE)),
    Case("D-25 stale before no change", f"PUT {I}", refused(409, 30000), body=update(**STALE)),
    Case("D-25 stale before state", f"PUT {I}", refused(409, 30000), body=update("published", **STALE, **NEW)),
    Case("D-25 no change before state", f"PUT {I}", NO_CHANGE, body=update("published")),
    *(
        Case(f"D-26 {status}", f"PUT {I}", refused(409, 409), body=update(status, **NEW))
        for status in ("published", "unpublished", "paused", "stopped")
    ),
    Case("D-26 a transactional Draft", f"PUT {I}", ok(200, NEW), body=update("transactional", **NEW)),
    Case("D-26 a transactional journey that runs", f"PUT {I}", refused(409, 409), body=update("activated", **NEW)),
    Case("D-27 what is absent stays", f"PUT {I}", ok(200, {"activities": (WAIT,), "entryMode": "MultipleEntries"}),
        body=update("runnable", **NEW)),
    Case("D-27 what is there replaces", f"PUT {I}", ok(200, {"activities": ({"key": "B"},)}),
        body=update("runnable", activities=[ACTIVITY | {"key": "B"}])),
    Case("D-27 null is empty", f"PUT {I}", ok(200, {"activities": ()}), body=update("runnable", activities=None)),
    Case("D-28 unreadable", f"PUT {I}", malformed(10004), raw=b"{"),
    Case("D-28 no object", f"PUT {I}", malformed(10001), body=[]),
    Case("D-28 wrong types and lists", f"PUT {I}", malformed(10001, 10005),
        body=update(name=5, workflowApiVersion=2.0)),
    Case("D-28 nothing at all", f"PUT {I}", malformed(10002, 10002, 10002, 10002, 10002), body={}),
    Case("D-28a the text", f"PUT {I}/<nobody>", MISSING_JOURNEY, body=update()),
)  # fmt: skip
def test_3_3_update(case: Case, hold: Hold) -> None:
    hold(case)


def test_3_3_d_26_a_paused_transactional_journey_may_be_changed_and_resumed(stage: Stage) -> None:
    names = {"definitionId": stage.activated["id"]}
    stage.done("POST", f"{I}/transactional/pause", names)
    assert stage.version(stage.activated)["status"] == "Paused"
    Case("change", f"PUT {I}", ok(200, NEW), body=update("activated", **NEW)).hold(stage)
    stage.done("POST", f"{I}/transactional/resume", names)
    assert stage.version(stage.activated)["status"] == "Published"


def test_3_3_d_26_a_version_whose_publication_failed_can_be_repaired(stage: Stage) -> None:
    job = stage.done("POST", f"{I}/publishAsync/<draft.id>?versionNumber=1")
    stage.until(job["statusUrl"], {"status": "Error"})
    Case("change", f"PUT {I}", CHANGED, body=update(**NEW)).hold(stage)


def test_3_3_modified_dates_only_grow(stage: Stage) -> None:
    dates = [stage.draft["modifiedDate"]]
    for number_of in range(3):
        saved = stage.done("PUT", I, update(modifiedDate=dates[-1], description=str(number_of)))
        dates.append(saved["modifiedDate"])
    assert dates == sorted(set(dates))


@cases(
    Case("3.4 by id", f"GET {I}/<draft.id>", ok(200, JOURNEY)),
    Case("3.4 by key", f"GET {I}/key:<draft.key>", ok(200, JOURNEY)),
    Case("D-28a an unknown id", f"GET {I}/<nobody>", MISSING_JOURNEY),
    Case("D-28a an unknown key", f"GET {I}/key:<fresh>", MISSING_JOURNEY),
    Case("D-28a an unknown version", f"GET {I}/<draft.id>?versionNumber=2", MISSING_JOURNEY),
    Case("3.4 a version that is no number", f"GET {I}/<draft.id>?versionNumber=x",
        refused(400, 10001, "versionNumber")),
    Case("D-29 the newest version", f"GET {I}/<redrafted.id>", ok(200, {"version": 2, "status": "Draft"})),
    Case("D-29 a version by its number", f"GET {I}/<redrafted.id>?versionNumber=1", ok(200, {"status": "Published"})),
    Case("D-29 the newest that is not deleted", f"DELETE {I}/<redrafted.id>?versionNumber=2", ok(),
        then=(Case("read", f"GET {I}/key:<redrafted.key>", ok(200, {"version": 1, "status": "Published"})),)),
    Case("D-29 none left", f"GET {I}/<deleted.id>", MISSING_JOURNEY),
    Case("D-30 parts without asking", f"GET {I}/<runnable.id>",
        ok(200, {"activities": ({},), "triggers": ({},), "goals": (), "stats": STATS})),
    *(
        Case(f"D-30 extras {words}", f"GET {I}/<draft.id>?extras={words}", ok(200, {name: shape}))
        for words, name, shape in (("tags", "tags", list), ("tag", "tags", list), ("all", "tags", list),
            ("campaigns", "campaigns", list), ("all", "healthStats", {"currentlyInCount": 0}),
            ("stats,tags", "tags", list), ("stats&extras=tags", "tags", list), ("nonsense", "id", GUID),
            ("", "id", GUID))
    ),
    Case("D-30 the form of tags", f"POST {I}", ok(), body=journey(tags=["a", {"name": "b"}]),
        then=(Case("read", f"GET {I}/<answer.id>?extras=tags", ok(200, {"tags": ({"name": "a"}, {"name": "b"})})),)),
    Case("D-31 a definitionId selects", f"GET {I}/<redrafted.definitionId>", ok(200, {"version": 2})),
    Case("D-31 the one of version 1", f"GET {I}/<published.definitionId>", ok(200, {"version": 1})),
    Case("D-31 versionNumber wins", f"GET {I}/<redrafted.definitionId>?versionNumber=1", ok(200, {"version": 1})),
    Case("D-31 no GUID", f"GET {I}/no-guid", MISSING_JOURNEY),
)  # fmt: skip
def test_3_4_read(case: Case, hold: Hold) -> None:
    hold(case)


def test_3_4_d_30_what_only_extras_show(stage: Stage) -> None:
    plain = stage.done("GET", f"{I}/<draft.id>")
    assert not {"tags", "campaigns", "healthStats", "summary"} & plain.keys()


def test_3_4_d_30_a_transactional_journey_that_runs_has_no_stats(stage: Stage) -> None:
    assert "stats" not in stage.activated


@cases(
    Case("D-32 by id", f"DELETE {I}/<draft.id>", ok(200, "<draft.id>"), again=MISSING_JOURNEY),
    Case("D-32 by key", f"DELETE {I}/key:<draft.key>", ok(200, "<draft.id>"), again=MISSING_JOURNEY),
    Case("D-32 by key with a version", f"DELETE {I}/key:<redrafted.key>?versionNumber=2", ok(200, "<redrafted.id>"),
        again=MISSING_JOURNEY,
        then=(Case("version 1 stays", f"GET {I}/<redrafted.id>?versionNumber=1", ok(200, {"status": "Published"})),)),
    *(
        Case(f"D-32 {status}", f"DELETE {I}/<{status}.id>", refused(409, 30002))
        for status in ("published", "paused", "unpublished")
    ),
    Case("D-32 all or nothing", f"DELETE {I}/<redrafted.id>", refused(409, 30002),
        then=(Case("the Draft stays", f"GET {I}/<redrafted.id>", ok(200, {"version": 2})),)),
    Case("D-32 stopped", f"DELETE {I}/<stopped.id>", ok(200, "<stopped.id>")),
    Case("D-32 soft", f"GET {I}?id=<deleted.id>&status=Deleted", ok(200, {"items": ({"status": "Deleted"},)})),
    Case("D-32 the audit", f"GET {I}/<deleted.id>/audit/delete", ok(200, {"items": ({"action": "Delete"},)})),
    Case("D-32 the event definition stays", f"DELETE {I}/<runnable.id>", ok(),
        then=(Case("read", "GET /interaction/v1/eventDefinitions/<event.id>", ok(200, {"interactionCount": 0})),)),
    Case("3.5 an unknown journey", f"DELETE {I}/<nobody>", MISSING_JOURNEY),
    Case("3.5 a version that is no number", f"DELETE {I}/<draft.id>?versionNumber=x", refused(400, 10001)),
)  # fmt: skip
def test_3_5_delete(case: Case, hold: Hold) -> None:
    hold(case)


def _one(**more: Any) -> Any:
    return ok(200, {"count": 1, "items": (more,)})


NONE = ok(200, {"count": 0, "items": ()})
OF_2 = f"GET {I}?id=<redrafted.id>"


@cases(
    Case("3.6 by key", f"GET {I}?key=<draft.key>", _one(id="<draft.id>")),
    Case("3.6 by a part of the name", f"GET {I}?nameOrDescription=EY%20<draft.key>", _one(id="<draft.id>")),
    Case("3.6 by its description", f"POST {I}", ok(), body=journey(description="About <fresh>!"),
        then=(Case("find", f"GET {I}?nameOrDescription=about%20<fresh>", ok(200, {"count": 1})),)),
    Case("3.6 by a tag", f"POST {I}", ok(), body=journey(tags=["<other>"]),
        then=(Case("find", f"GET {I}?tag=<other>", ok(200, {"count": 1})),)),
    Case("3.6 the newest versions", OF_2, _one(version=2)),
    Case("3.6 every version", f"{OF_2}&mostRecentVersionOnly=false",
        ok(200, {"items": ({"version": 2}, {"version": 1})})),
    Case("3.6 the type in any case", f"GET {I}?id=<draft.id>&definitionType=MULTISTEP", ok(200, {"count": 1})),
    Case("3.6 another type", f"GET {I}?id=<draft.id>&definitionType=transactional", NONE),
    Case("3.6 deleted journeys are left out", f"GET {I}?id=<deleted.id>", NONE),
    Case("3.6 the summary", f"GET {I}?extras=summary&id=<draft.id>",
        ok(200, {"summary": {"totalInteractions": 1, "totalRunningVersionsWithDefinedGoal": 0,
            "totalRunningVersionsMeetingGoal": 0, "cumulativePopulation": 0}})),
    Case("3.6 an unknown status", f"GET {I}?status=Sleeping", refused(400, 10005, "status")),
    Case("3.6 an unknown column", f"GET {I}?$orderBy=Size", refused(400, 10005, "orderBy")),
    Case("3.6 a type", f"GET {I}?mostRecentVersionOnly=maybe", refused(400, 10001, "mostRecentVersionOnly")),
    Case("D-33 filters first", f"{OF_2}&status=Published", _one(version=1)),
    Case("D-33 a list of statuses", f"{OF_2}&status=published,DRAFT&mostRecentVersionOnly=false",
        ok(200, {"count": 2})),
    Case("D-33 a version of a number", f"{OF_2}&versionNumber=1", _one(version=1)),
    Case("D-33 a definitionId", f"GET {I}?id=<redrafted.definitionId>", _one(version=2)),
    Case("D-33 the exact name", f"GET {I}?name=JOURNEY%20<draft.key>", _one(id="<draft.id>")),
    Case("D-33 no part of it", f"GET {I}?name=<draft.key>", NONE),
    Case("D-33 every API version", f"POST {I}", ok(), body=journey(workflowApiVersion=0.5),
        then=(
            Case("all", f"GET {I}?key=<fresh>", ok(200, {"count": 1})),
            Case("0.5", f"GET {I}?key=<fresh>&specificApiVersionNumber=0.5", ok(200, {"count": 1})),
            Case("1", f"GET {I}?key=<fresh>&specificApiVersionNumber=1", NONE),
        )),
    Case("D-33 words that no version has", f"GET {I}?status=ScheduledToPublish", NONE),
    Case("D-33 order by performance", f"GET {I}?$orderBy=Performance%20ASC", ok(200, {"items": containing()})),
)  # fmt: skip
def test_3_6_list(case: Case, hold: Hold) -> None:
    hold(case)


def test_3_6_rows(stage: Stage) -> None:
    (row,) = stage.done("GET", f"{I}?id=<runnable.id>")["items"]
    assert not {"activities", "triggers"} & row.keys()
    assert {"goals", "exits", "notifiers", "stats"} <= row.keys()
    (row,) = stage.done("GET", f"{I}?id=<runnable.id>&extras=activities,triggers")["items"]
    assert row["activities"][0]["key"] == "WAIT-1"
    assert row["triggers"][0]["key"] == "TRIGGER"


def test_3_6_the_order_of_rows(stage: Stage) -> None:
    for letter in "bAc":
        stage.done("POST", I, journey(key=f"<fresh>-{letter}", name=f"<fresh>-{letter}"))
    for order, column, down in (
        ("", "modifiedDate", True),
        ("ModifiedDate%20DESC", "modifiedDate", True),
        ("modifieddate", "modifiedDate", False),
        ("Name%20ASC", "name", False),
        ("Name%20desc", "name", True),
    ):
        query = f"$orderBy={order}" if order else ""
        found = stage.done("GET", f"{I}?nameOrDescription=<fresh>-&{query}")["items"]
        values = [row[column].lower() for row in found]
        assert len(values) == 3
        assert values == sorted(values, reverse=down), order
