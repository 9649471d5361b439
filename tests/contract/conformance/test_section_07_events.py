"""Events, one and many (api.md 7, D-51 to D-53)."""

from typing import Any

from tests.contract.conformance.bodies import BATCH, EVENTS, E, J, fired, member
from tests.contract.conformance.cases import Case, Expected, Hold, cases, ok, refused
from tests.contract.conformance.shapes import DATE, GUID, TEXT, Only, containing, either
from tests.contract.conformance.stage import Stage

FIRED = ok(201, Only(eventInstanceId=GUID))


def _row(**values: Any) -> Case:
    """What the row of `ann` looks like afterwards."""
    path = "GET /data/v1/customobjectdata/<event.dataExtensionId>/rowset?$filter=ContactKey%20eq%20'ann'"
    return Case("the row", path, ok(200, {"items": ({"values": values},)}), eventually=True)


@cases(
    Case("D-51 201", f"POST {EVENTS}", FIRED, body=fired()),
    Case("D-51 nobody listens", f"POST {EVENTS}", FIRED, body=fired(), then=(_row(points=1),)),
    Case("D-51 an upsert", f"POST {EVENTS}", FIRED, body=fired(Points=1, Name="A"),
        then=(Case("again", f"POST {EVENTS}", FIRED, body=fired(Points=2)), _row(points=2, name="A"))),
    Case("D-51 names in any case", f"POST {EVENTS}", FIRED, body=fired(points=3, Points=..., NAME="B"),
        then=(_row(points=3, name="B"),)),
    Case("D-51 unknown names", f"POST {EVENTS}", FIRED, body=fired(Colour="red")),
    Case("D-51 eventInstanceId is reserved", f"POST {EVENTS}", FIRED, body=fired(eventInstanceId="mine")),
    *(
        Case(f"D-51 the date {date}", f"POST {EVENTS}", FIRED, body=fired(Day=date))
        for date in ("2026-02-03", "2026-02-03T04:05:06", "2026-02-03T04:05:06Z", "2/3/2026", "02/03/2026 4:05 PM")
    ),
    Case("D-51 a key in another case", f"POST {EVENTS}", FIRED,
        body=fired() | {"EventDefinitionKey": "<upper>"}),
    *(
        Case(f"7.1 without {name}", f"POST {EVENTS}", refused(400, 10002, name), body=fired() | {name: ...})
        for name in ("ContactKey", "EventDefinitionKey")
    ),
    *(
        Case(f"7.1 {name} of a wrong type", f"POST {EVENTS}", refused(400, 10001, name), body=fired() | {name: wrong})
        for name, wrong in (("ContactKey", 5), ("EventDefinitionKey", []), ("Data", []))
    ),
    Case("7.1 an unknown key", f"POST {EVENTS}", refused(400, 10005, "EventDefinitionKey not found"),
        body=fired() | {"EventDefinitionKey": "<other>"}),
    Case("7.1 required data is missing", f"POST {EVENTS}",
        refused(400, 10002, "Required Event Data fields are missing"), body=fired(Points=...)),
    Case("7.1 a wrong type of data", f"POST {EVENTS}", refused(400, 10001, "Points"), body=fired(Points="many")),
    Case("7.1 a value too long", f"POST {EVENTS}", Expected(400, {"message": containing("Name")}),
        body=fired(Name="x" * 6)),
    Case("7.1 not JSON", f"POST {EVENTS}", refused(400, 10004), raw=b"ContactKey=ann"),
    Case("D-51 properties before the key", f"POST {EVENTS}", refused(400, 10002, "ContactKey"),
        body={"EventDefinitionKey": "<other>"}),
    Case("D-51 the key before the data", f"POST {EVENTS}", refused(400, 10005, "EventDefinitionKey not found"),
        body=fired(Points="many") | {"EventDefinitionKey": "<other>"}),
    Case("7.1 data is not logged", f"PUT {E}/<event.id>", ok(), body={"disableDEDataLogging": True},
        then=(Case("fire", f"POST {EVENTS}", FIRED, body=fired()),
            Case("no row", "GET /data/v1/customobjectdata/<event.dataExtensionId>/rowset", ok(200, {"count": 0})))),
    Case("6 no read of an event", f"GET {EVENTS}/<nobody>", refused(404, 404)),
)  # fmt: skip
def test_7_1_events(case: Case, hold: Hold) -> None:
    hold(case)


def _batch(*members: Any, **more: Any) -> dict[str, Any]:
    return {"eventDefinitionKey": "<event.eventDefinitionKey>", "members": list(members), **more}


GOOD = Only(contactKey=str, eventInstanceId=GUID)
BAD = Only(contactKey=either(str, None), errorcode=int, message=TEXT)


def _queued(count: int, bad: int, *members: Any) -> Any:
    return ok(202, Only(requestId=GUID, count=count, notQueuedCount=bad, members=members))


@cases(
    Case("7.2 one", f"POST {BATCH}", _queued(1, 0, GOOD), body=_batch(member())),
    Case("7.2 duplicates", f"POST {BATCH}", _queued(2, 0, GOOD, GOOD), body=_batch(member(), member())),
    Case("7.2 in the order of the request", f"POST {BATCH}",
        _queued(3, 0, *(GOOD | {"contactKey": key} for key in "bca")), body=_batch(*map(member, "bca"))),
    Case("D-52 bad members", f"POST {BATCH}",
        _queued(4, 3, BAD | {"errorcode": 10001}, BAD | {"errorcode": 10002}, GOOD, BAD | {"errorcode": 10001}),
        body=_batch(member(Points="x"), {"data": {"Points": 1}}, member(), 5)),
    Case("D-52 a hundred", f"POST {BATCH}", _queued(100, 0, *[GOOD] * 100), body=_batch(*[member()] * 100)),
    Case("D-52 a hundred and one", f"POST {BATCH}", refused(400, 10005, "100"), body=_batch(*[member()] * 101)),
    Case("D-52 none", f"POST {BATCH}", refused(400, 10005), body=_batch()),
    Case("D-52 an unknown key", f"POST {BATCH}", refused(400, 10005, "EventDefinitionKey not found"),
        body=_batch(member(), eventDefinitionKey="<other>")),
    Case("7.2 no key", f"POST {BATCH}", refused(400, 10002, "eventDefinitionKey"), body={"members": [member()]}),
    Case("7.2 no members", f"POST {BATCH}", refused(400, 10002, "members"), body=_batch(members=...)),
)  # fmt: skip
def test_7_2_batches(case: Case, hold: Hold) -> None:
    hold(case)


ROW = Only(
    requestId="<batch.requestId>", eventInstanceId=either(GUID, None), eventDefinitionKey="<event.eventDefinitionKey>",
    contactKey=TEXT, status=either("Queued", "Processed", "Errored"), errorcode=either(int, None),
    message=either(str, None), createdDate=DATE, modifiedDate=DATE,
)  # fmt: skip
OF_BATCH = f"{BATCH}/status?requestId=<batch.requestId>"


@cases(
    Case("D-53 rows", f"GET {OF_BATCH}", ok(200, {"page": 1, "pageSize": 50, "count": 3, "items": (ROW, ROW, ROW)})),
    Case("D-53 errored", f"GET {OF_BATCH}&type=errored",
        ok(200, {"items": ({"contactKey": "b", "status": "Errored", "errorcode": 10001, "message": TEXT},)})),
    Case("D-53 of a contact", f"GET {OF_BATCH}&contactKey=c", ok(200, {"count": 1, "items": ({"contactKey": "c"},)})),
    Case("D-53 of an event", f"GET {BATCH}/status?eventInstanceId=<batch.members.2.eventInstanceId>",
        ok(200, {"items": ({"contactKey": "c"},)})),
    Case("D-53 of an event definition",
        f"GET {BATCH}/status?eventDefinitionKey=<event.eventDefinitionKey>&x=<batch.count>", ok(200, {"count": 3})),
    Case("D-53 none of the five", f"GET {BATCH}/status", refused(400, 10002)),
    Case("D-53 none of the five but a page", f"GET {BATCH}/status?$page=1&startDate=2026-01-01", refused(400, 10002)),
    Case("D-53 an unknown type", f"GET {OF_BATCH}&type=lost", refused(400, 10005, "type")),
    Case("D-53 an unknown request", f"GET {BATCH}/status?requestId=<nobody>", ok(200, {"count": 0, "items": ()})),
    Case("7.3 pages", f"GET {OF_BATCH}&$page=2&$pageSize=2", ok(200, {"page": 2, "pageSize": 2, "items": (ROW,)})),
    Case("7.3 an order", f"GET {OF_BATCH}&$orderBy=modifiedDate%20DESC", ok(200, {"items": (ROW, ROW, ROW)})),
    Case("7.3 an order without its request", f"GET {BATCH}/status?type=queued&$orderBy=modifiedDate",
        refused(400, 10005)),
    Case("7.3 a time", f"GET {OF_BATCH}&startDate=2001-01-01&endDate=2001-01-02", ok(200, {"items": ()})),
)  # fmt: skip
def test_7_3_status_of_a_batch(case: Case, hold: Hold) -> None:
    hold(case)


def test_7_3_d_53_what_is_queued_is_processed(stage: Stage) -> None:
    assert stage.batch["notQueuedCount"] == 1
    stage.until(f"{OF_BATCH}&type=processed", {"count": 2, "items": [ROW]})


@cases(
    *(
        Case(f"7.4 {path}", f"POST {path}", refused(404, 404), body={})
        for path in ("/interaction-experimental/v1/batchcontactevents", "/contacts/v1/contactEvents",
            f"{J}/salescloudevents")
    )
)  # fmt: skip
def test_7_4_older_forms(case: Case, hold: Hold) -> None:
    hold(case)
