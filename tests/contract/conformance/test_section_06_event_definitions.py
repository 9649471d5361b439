"""Event definitions (api.md 6, D-47 to D-50; DELETE answers `{}`, contract 11)."""

from tests.contract.conformance.bodies import FIELDS, OBJECTS, E, event
from tests.contract.conformance.cases import MISSING, Case, Hold, cases, listed, ok, refused, wrong
from tests.contract.conformance.shapes import DATE, GUID, Only, collection, containing, pattern
from tests.contract.conformance.stage import Stage

IS_EVENT = {"eventDefinitionKey": "<event.eventDefinitionKey>"}
DEFINITION = {
    "id": GUID, "type": "APIEvent", "name": "Event <fresh>", "description": "", "createdDate": DATE,
    "modifiedDate": DATE, "createdBy": int, "modifiedBy": int, "mode": "Production", "eventDefinitionKey": "<fresh>",
    "dataExtensionId": GUID, "dataExtensionName": str, "sourceApplicationExtensionId": GUID, "arguments": dict,
    "interactionCount": 0, "publishedInteractionCount": 0, "category": "Event", "isVisibleInPicker": bool,
    "isPlatformObject": bool, "disableDEDataLogging": False,
    "schema": {"fields": list, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"},
}  # fmt: skip
NAMED = pattern("name of its data extension", r"Event .* - \d{4}-\d\d-\d\dT\d{9}")
KEY = "eventDefinitionKey"


@cases(
    Case("6.2 with a schema", f"POST {E}", ok(200, DEFINITION), body=event()),
    Case("D-47 200 and true dates", f"POST {E}", ok(200, {"createdDate": DATE, "modifiedDate": DATE}), body=event()),
    Case("6.2 the name of its data extension", f"POST {E}", ok(200, {"dataExtensionName": NAMED}), body=event()),
    Case("6.2 with a data extension", f"POST {E}",
        ok(200, {"dataExtensionId": "<extension.id>", "dataExtensionName": "<extension.name>"}),
        body=event(schema=..., dataExtensionId="<extension.id>", eventDefinitionKey="<other>")),
    Case("6.1 maxLength is a string", f"POST {E}", ok(200, {"schema": {"fields": containing({"name": "ContactKey",
        "dataType": "Text", "maxLength": "50", "isNullable": False, "isPrimaryKey": True})}}), body=event()),
    *(
        Case(f"6.2 without {name}", f"POST {E}", listed(10002, says=name), body=event(**{name: ...}))
        for name in ("type", "name", KEY)
    ),
    Case("6.2 neither data extension nor schema", f"POST {E}", listed(10002, says="schema"), body=event(schema=...)),
    Case("6.2 types", f"POST {E}", listed(10001, 10001), body=event(name=5, description=[])),
    Case("6.2 an unknown data extension", f"POST {E}", wrong(10005, "dataExtensionId"),
        body=event(schema=..., dataExtensionId="<nobody>")),
    Case("D-47 a duplicate key", f"POST {E}", ok(), body=event(), again=refused(409, 30004)),
    Case("D-47 a duplicate key in another case", f"POST {E}", ok(), body=event(eventDefinitionKey="<fresh>A"),
        then=(Case("again", f"POST {E}", refused(409, 30004), body=event(eventDefinitionKey="<fresh>a")),)),
    *(
        Case(f"D-47 the key may have {name}", f"POST {E}", ok(), body=event(eventDefinitionKey=f"<fresh>{text}"))
        for name, text in (("letters and digits", "aZ9"), ("hyphens", "-x"), ("underscores", "_x"), ("spaces", " x"))
    ),
    *(
        Case(f"D-47 the key may not have {text}", f"POST {E}", wrong(10003, KEY),
            body=event(eventDefinitionKey=f"<fresh>{text}x"))
        for text in (".", "/", ":", "&", '"')
    ),
    Case("D-47 a key of 201 characters", f"POST {E}", listed(10005, says=KEY),
        body=event(eventDefinitionKey="k" * 201)),
    Case("D-47 the default source", f"POST {E}",
        ok(200, {"sourceApplicationExtensionId": "7db1f972-f8b7-49b6-91b5-fa218e13953d"}), body=event()),
)  # fmt: skip
def test_6_2_create(case: Case, hold: Hold) -> None:
    hold(case)


def test_6_2_the_data_extension_of_a_schema_exists(stage: Stage) -> None:
    made = stage.event
    found = stage.done("GET", f"{OBJECTS}/{made['dataExtensionId']}")
    assert (found["id"], found["name"]) == (made["dataExtensionId"], made["dataExtensionName"])


IN_USE = {"id": "<published.id>"}


@cases(
    Case("6.3 by id", f"PUT {E}/<event.id>", ok(200, IS_EVENT | {"name": "New"}), body={"name": "New"}),
    Case("6.3 by key", f"PUT {E}/key:<event.eventDefinitionKey>", ok(200, IS_EVENT | {"name": "New"}),
        body={"name": "New"}),
    Case("D-48 what is absent stays", f"PUT {E}/<event.id>",
        ok(200, {"name": "<event.name>", "dataExtensionId": "<event.dataExtensionId>", "schema": "<event.schema>"}),
        body={"description": "x"}),
    *(
        Case(f"D-48 {name}", f"PUT {E}/<event.id>", ok(200, {name: value}), body={name: value})
        for name, value in (("description", "x"), ("iconUrl", "/i.png"), ("isVisibleInPicker", False),
            ("mode", "Test"), ("metaData", {"a": 1}), ("disableDEDataLogging", True))
    ),
    *(
        Case(f"D-48 {name} is kept", f"PUT {E}/<event.id>", ok(200, {name: f"<event.{name}>"}), body={name: value})
        for name, value in (("type", "EmailAudience"), ("category", "Audience"), ("schema", {"fields": FIELDS[:1]}))
    ),
    Case("D-48 a new key", f"PUT {E}/<event.id>", ok(200, {KEY: "<other>"}), body={KEY: "<other>"},
        then=(Case("read", f"GET {E}/key:<other>", ok(200, {"id": "<event.id>"})),)),
    Case("D-48 the key of another", f"POST {E}", ok(), body=event(eventDefinitionKey="<other>"),
        then=(Case("take it", f"PUT {E}/<event.id>", refused(409, 30004), body={KEY: "<other>"}),)),
    Case("D-48 a new key while it is used", f"PUT {E}/<event.id>", ok(), body={"description": "<published.id>"},
        then=(Case("key", f"PUT {E}/<event.id>", refused(409, 30001), body={KEY: "<other>"}),)),
    Case("D-48 another data extension while it is used", f"PUT {E}/<event.id>", ok(),
        body={"description": "<published.id>"},
        then=(Case("change", f"PUT {E}/<event.id>", refused(409, 30001), body={"dataExtensionId": "<sendable.id>"}),)),
    Case("6.3 PATCH does not exist", f"PATCH {E}/<event.id>", refused(405, 405)),
    Case("6.3 types", f"PUT {E}/<event.id>", listed(10001, says="name"), body={"name": 5}),
    Case("6.3 twice", f"PUT {E}/<event.id>", ok(200, {"name": "New"}), body={"name": "New"},
        again=ok(200, {"name": "New"})),
)  # fmt: skip
def test_6_3_update(case: Case, hold: Hold) -> None:
    hold(case)


@cases(
    Case("6.4 by id", f"GET {E}/<event.id>", ok(200, DEFINITION)),
    Case("6.4 by key", f"GET {E}/key:<event.eventDefinitionKey>", ok(200, DEFINITION)),
    Case("6.4 by key in capitals", f"POST {E}", ok(), body=event(eventDefinitionKey="<fresh>Ab"),
        then=(Case("read", f"GET {E}/key:<fresh>AB", ok(200, {KEY: "<fresh>Ab"})),)),
    Case("6.4 extras are ignored", f"GET {E}/<event.id>?extras=all", ok(200, DEFINITION)),
    Case("6.1 journeys that use it", f"GET {E}/<event.id>", ok(200, {"interactionCount": int})),
    Case("6.5 a part of the name", f"GET {E}?name=VENT%20<event.eventDefinitionKey>",
        ok(200, collection(DEFINITION) | {"count": 1})),
    Case("6.5 no such name", f"GET {E}?name=<other>", ok(200, {"count": 0, "items": ()})),
    Case("6.5 pages", f"GET {E}?$page=1&$pageSize=1", ok(200, {"pageSize": 1, "page": 1})),
)  # fmt: skip
def test_6_4_read(case: Case, hold: Hold) -> None:
    hold(case)


def test_6_5_the_newest_come_first(stage: Stage) -> None:
    for letter in "abc":
        stage.done("POST", E, event(name=f"<fresh> {letter}", eventDefinitionKey=f"<fresh>-{letter}"))
    dates = [row["modifiedDate"] for row in stage.done("GET", f"{E}?name=<fresh>")["items"]]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) == 3


def test_6_1_the_counts_of_journeys(stage: Stage) -> None:
    assert stage.redrafted["version"] == 2
    found = stage.done("GET", f"{E}/<event.id>")
    assert (found["interactionCount"], found["publishedInteractionCount"]) == (1, 1)


GONE = {"WAYSTAGE_MISSING_EVENT_DEFINITION": "400"}


@cases(
    Case("6.6 by id", f"DELETE {E}/<event.id>", ok(200, Only()), again=MISSING),
    Case("6.6 by key", f"DELETE {E}/key:<event.eventDefinitionKey>", ok(200, Only()), again=MISSING),
    Case("D-49 the data extension stays", f"DELETE {E}/<event.id>", ok(),
        then=(Case("read", f"GET {OBJECTS}/<event.dataExtensionId>", ok()),)),
    Case("D-49 used by a Draft", f"PUT {E}/<event.id>", ok(), body={"description": "<runnable.id>"},
        then=(Case("delete", f"DELETE {E}/<event.id>", ok(200, Only())),)),
    *(
        Case(f"D-49 {status}", f"PUT {E}/<event.id>", ok(), body={"description": f"<{status}.id>"},
            then=(Case("delete", f"DELETE {E}/<event.id>", refused(409, 30002)),))
        for status in ("published", "paused", "unpublished")
    ),
    Case("D-49 stopped", f"PUT {E}/<event.id>", ok(), body={"description": "<stopped.id>"},
        then=(Case("delete", f"DELETE {E}/<event.id>", ok(200, Only())),)),
    *(
        row
        for verb, body in (("GET", ...), ("PUT", {"name": "x"}), ("DELETE", ...))
        for row in (
            Case(f"D-50 {verb} by id", f"{verb} {E}/<nobody>", MISSING, body=body),
            Case(f"D-50 {verb} by key", f"{verb} {E}/key:<fresh>", MISSING, body=body),
            Case(f"D-50 {verb} with the setting", f"{verb} {E}/<nobody>", refused(400, 30000), body=body,
                settings=GONE),
        )
    ),
    Case("6.6 associations do not exist", "GET /interaction/v1/eventDefinitionAssociations",
        refused(404, 404, "Not Found")),
)  # fmt: skip
def test_6_6_delete(case: Case, hold: Hold) -> None:
    hold(case)


def test_6_6_d_49_the_trigger_dangles_and_validation_says_so(stage: Stage) -> None:
    assert stage.runnable["status"] == "Draft"
    stage.done("DELETE", f"{E}/<event.id>")
    job = stage.done("POST", "/interaction/v1/interactions/validateAsync/<runnable.id>?versionNumber=1")
    found = stage.until(job["statusUrl"], {"status": "Error"})
    assert any(stage.event[KEY] in one["errorDetail"] for one in found["errors"])
