"""What a journey client needs beside journeys: tokens, contexts, rows, contacts (api.md 11, D-59, D-60)."""

from typing import Any

import httpx
import pytest

from tests.contract.conformance.bodies import ASYNC, CONTACTS, ROWS, I
from tests.contract.conformance.cases import MISSING, Case, Expected, Hold, cases, ok, refused
from tests.contract.conformance.place import Place
from tests.contract.conformance.shapes import GUID, LINK, TEXT, Only, differences, either, number, pattern
from tests.contract.conformance.stage import Stage

BASE = pattern("an address with a slash at its end", "https?://.+/")
TOKEN = {
    "access_token": lambda text: 0 < len(text) <= 512, "token_type": "Bearer", "expires_in": 1079, "scope": str,
    "rest_instance_url": BASE, "soap_instance_url": BASE,
}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "status", "shape"),
    [
        ({}, 200, TOKEN),
        ({"scope": "journeys_read"}, 200, TOKEN | {"scope": "journeys_read"}),
        ({"scope": ""}, 200, TOKEN | {"scope": ""}),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"account_id": 987654321}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"scope": "world_domination"}, 400, "invalid_scope"),
        ({"grant_type": ...}, 400, "invalid_request"),
        ({"client_id": ...}, 400, "invalid_request"),
    ],
    ids=lambda value: f"D-59-{value}" if isinstance(value, dict) and len(value) < 3 else None,
)
def test_11_1_token(place: Place, asked: dict[str, Any], status: int, shape: Any) -> None:
    answer = place.ask_token(**asked)
    assert answer.status_code == status, answer.text
    if isinstance(shape, str):
        shape = {"error": shape, "error_description": TEXT, "error_uri": LINK}
    assert not differences(shape, answer.json())


def test_11_1_d_59_a_form_is_read_too(place: Place) -> None:
    right = {"grant_type": "client_credentials", "client_id": place.client_id, "client_secret": place.secret}
    answer = httpx.post(f"{place.address}/v2/token", data=right)
    assert (answer.status_code, differences(TOKEN, answer.json())) == (200, [])


def test_11_1_the_addresses_are_where_the_client_goes_on(place: Place) -> None:
    token = place.ask_token().json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert httpx.get(f"{token['rest_instance_url']}{I[1:]}", headers=headers).status_code == 200


USER = {
    "sub": either(str, int), "name": str, "preferred_username": str, "email": str, "locale": str, "zoneinfo": str,
    "timezone": {"longName": str, "shortName": str, "offset": number, "dst": bool},
}  # fmt: skip
INFO = {
    "exp": int, "iss": str, "user": USER, "organization": {"member_id": int, "enterprise_id": int},
    "rest": {"rest_instance_url": BASE, "soap_instance_url": BASE},
    "application": {"id": str, "name": str, "redirectUrl": list, "appScopes": [str]},
    "permissions": [{"objectTypeName": str, "operationName": str, "name": str, "id": int}],
}  # fmt: skip
NUMBERED = Only(id=int)


@cases(
    Case("11.2 userinfo", "GET /v2/userinfo", ok(200, INFO)),
    Case("11.2 without a token", "GET /v2/userinfo", Expected(401, {"errorcode": 0}), headers={"Authorization": None}),
    Case("D-60 tokenContext", "GET /platform/v1/tokenContext",
        ok(200, Only(enterprise=NUMBERED, organization=NUMBERED, user=NUMBERED))),
    Case("11.4 endpoints", "GET /platform/v1/endpoints",
        ok(200, {"page": 1, "pageSize": int, "count": int, "items": [{"type": TEXT, "url": LINK}]})),
    Case("11.4 one", "GET /platform/v1/endpoints/rest", ok(200, {"type": "rest", "url": BASE})),
    Case("11.4 an unknown type", "GET /platform/v1/endpoints/telex", MISSING),
)  # fmt: skip
def test_11_2_contexts(case: Case, hold: Hold) -> None:
    hold(case)


BY_KEY = f"{ROWS}/key:<extension.key>"
READ = "GET /data/v1/customobjectdata/key/<extension.key>/rowset"
ONE = [{"keys": {"Id": "1"}, "values": {"Who": "ann", "Points": 5}}]
BAD = [*ONE, {"keys": {"Id": "2"}, "values": {"Who": "bob", "Points": "many"}}]
ITEMS = {"items": [{"Id": "1", "Who": "ann"}]}
ASYNC_BY_KEY = f"{ASYNC}/dataextensions/key:<extension.key>/rows"
TAKEN = ok(202, Only(requestId=GUID, resultMessages=()))
STATUS = {
    "callDateTime": TEXT, "completionDateTime": either(TEXT, None), "hasErrors": bool,
    "pickupDateTime": either(TEXT, None), "requestStatus": either("Pending", "Complete", "Error"),
    "resultStatus": either(str, None), "requestId": "<request.requestId>",
}  # fmt: skip
PAGE = {
    "links": {"self": TEXT}, "requestToken": TEXT, "tokenExpireDateUtc": TEXT, "customObjectId": "<extension.id>",
    "customObjectKey": "<extension.key>", "pageSize": 2500, "page": 1, "count": int, "top": int,
}  # fmt: skip
THREE = [{"keys": {"Id": str(n)}, "values": {"Who": f"c{n}"}} for n in range(3)]


def _then(call: str, expected: Expected) -> tuple[Case, ...]:
    return (Case("afterwards", call, expected),)


@cases(
    Case("11.5 rows by key", f"POST {BY_KEY}/rowset", ok(200, tuple(ONE)), body=ONE, again=ok(200, tuple(ONE)),
        then=_then(READ, ok(200, {"count": 1, "items": ({"keys": {"id": "1"}, "values": {"who": "ann"}},)}))),
    Case("11.5 rows by id", f"POST {ROWS}/<extension.id>/rowset", ok(200, tuple(ONE)), body=ONE),
    Case("11.5 all or nothing", f"POST {BY_KEY}/rowset", Expected(400), body=BAD,
        then=_then(READ, ok(200, {"count": 0}))),
    Case("11.5 an unknown column", f"POST {BY_KEY}/rowset", Expected(400),
        body=[{"keys": {"Id": "1"}, "values": {"Colour": "red"}}]),
    Case("11.5 an unknown data extension", f"POST {ROWS}/key:<other>/rowset", MISSING, body=ONE),
    Case("11.5 one row", f"PUT {BY_KEY}/rows/Id:1", ok(200, {"values": {"Who": "ann"}}),
        body={"values": {"Who": "ann"}}),
    Case("11.5 insert after the answer", f"POST {ASYNC_BY_KEY}", TAKEN, body=ITEMS),
    Case("11.5 upsert after the answer", f"PUT {ASYNC_BY_KEY}", TAKEN, body=ITEMS),
    Case("11.5 by id after the answer", f"PUT {ASYNC}/dataextensions/<extension.id>/rows", TAKEN, body=ITEMS),
    Case("11.5 the status", f"GET {ASYNC}/<request.requestId>/status",
        ok(200, {"status": STATUS, "requestId": "<request.requestId>"})),
    Case("11.5 the status of nothing", f"GET {ASYNC}/<nobody>/status",
        ok(200, {"resultMessages": ({"resultType": TEXT, "resultClass": TEXT, "message": TEXT,
            "resultCode": "AsyncRequestStatusNotFound"},)})),
    Case("11.5 the results", f"GET {ASYNC}/<request.requestId>/results",
        ok(200, {"page": 1, "pageSize": int, "count": int, "items": [Only(errorCode=str, message=str, status=str)],
            "requestId": "<request.requestId>"})),
    Case("11.5 reading", READ, ok(200, PAGE)),
    Case("11.5 reading on", f"POST {BY_KEY}/rowset", ok(), body=THREE,
        then=(Case("page 1", f"{READ}?$pageSize=2", ok(200, {"count": 3, "items": ({}, {}), "links":
            {"next": pattern("next", "/v1/customobjectdata/token/.+/rowset.*")}})),
            Case("page 2", "GET /data<answer.links.next>", ok(200, {"page": 2, "items": ({},)})))),
    Case("11.5 a filter, an order, fields", f"POST {BY_KEY}/rowset", ok(), body=THREE,
        then=(
            Case("filter", f"{READ}?$filter=Who%20eq%20'c1'", ok(200, {"items": ({"keys": {"id": "1"}},)})),
            Case("order", f"{READ}?$orderBy=Id%20desc", ok(200, {"items": ({"keys": {"id": "2"}}, {}, {})})),
            Case("fields", f"{READ}?$fields=Who", ok(200, {"items": [{"values": {"who": TEXT}}]})),
            Case("top", f"{READ}?$top=1", ok(200, {"items": ({},)})),
        )),
    Case("11.5 the largest page", f"{READ}?$pageSize=9999", ok(200, {"pageSize": 2500})),
    Case("11.5 reading nothing", "GET /data/v1/customobjectdata/key/<other>/rowset", MISSING),
)  # fmt: skip
def test_11_5_rows(case: Case, hold: Hold) -> None:
    hold(case)


def test_11_5_the_rows_arrive(stage: Stage) -> None:
    stage.until(
        f"{ASYNC}/<request.requestId>/status", {"status": STATUS | {"requestStatus": "Complete", "hasErrors": False}}
    )
    assert stage.done("GET", READ.removeprefix("GET "))["count"] == 1


WRITTEN = {
    "operationStatus": "OK", "rowsAffected": int, "contactKey": "<fresh>", "contactId": int, "contactTypeID": int,
    "isNewContactKey": bool, "requestServiceMessageID": TEXT, "responseDateTime": TEXT, "hasErrors": False,
    "resultMessages": (), "serviceMessageID": TEXT,
}  # fmt: skip
CONTACT = {"contactKey": "<fresh>", "attributeSets": []}


@cases(
    Case("11.6 create", f"POST {CONTACTS}", ok(200, WRITTEN | {"isNewContactKey": True}), body=CONTACT),
    Case("11.6 update", f"POST {CONTACTS}", ok(), body=CONTACT,
        then=(Case("patch", f"PATCH {CONTACTS}", ok(200, WRITTEN), body=CONTACT),)),
    Case("11.6 no key", f"POST {CONTACTS}", Expected(400), body={"attributeSets": []}),
    Case("11.6 a scope", f"POST {CONTACTS}", refused(403, 20002), body=CONTACT,
        headers={"Authorization": "Bearer <reader>"}),
)  # fmt: skip
def test_11_6_contacts(case: Case, hold: Hold) -> None:
    hold(case)
