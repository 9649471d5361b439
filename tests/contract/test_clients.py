"""What published clients send and need, read line by line (clients.md 1 to 4 and 6); each test names its section."""

import http.client
import json
import re
from typing import Any

import httpx
import pytest

from tests.contract.event_bodies import ASSETS, DEFINITIONS, EVENTS, definition
from tests.contract.journeys import INTERACTIONS, made, minimal
from tests.contract.mailing import SETTLE
from tests.contract.served import CLIENT_ID, CLIENT_SECRET, Api, Served
from tests.contract.test_publication import finished, published, runnable, statuses

RIGHT = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
LIST = f"{INTERACTIONS}/?extras=&$pageSize=500&$page=1"
UNKNOWN = "0d0dbb0c-0000-4000-8000-000000000000"
#: What mcdev leaves out of the file that it deploys, and so out of both bodies.
NOT_SENT = {"id", "createdDate", "definitionId", "lastPublishedDate", "stats", "scheduledStatus"}


def raw(api: Api, verb: str, target: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
    """A request whose target goes out as it is written, with no header that is not named."""
    connection = http.client.HTTPConnection(api.http.base_url.host, api.http.base_url.port)
    connection.request(verb, target, body, {"Authorization": api.http.headers["Authorization"], **headers})
    answer = connection.getresponse()
    assert (answer.getheader("content-type") or "").startswith("application/json"), (verb, target)
    found = json.loads(answer.read())
    connection.close()
    return answer.status, found


def row(api: Api, key: str) -> dict[str, Any]:
    """A journey as mcdev finds it, in the list."""
    (found,) = [one for one in api.done("GET", LIST)["items"] if one["key"] == key]
    return dict(found)


def deployed(api: Api, journey: dict[str, Any], **more: Any) -> httpx.Response:
    """A deployment by mcdev of the file that it retrieved: PUT of a draft, else POST with the existing key."""
    listed = row(api, journey["key"])
    file = {name: value for name, value in journey.items() if name not in NOT_SENT} | more
    if listed["status"] != "Draft":
        for name in ("version", "status", "modifiedDate"):
            file.pop(name)
        return api("POST", f"{INTERACTIONS}/", file)
    sent = {**file, "version": listed["version"], "modifiedDate": listed["modifiedDate"], "status": "Draft"}
    return api("PUT", f"{INTERACTIONS}/key:{journey['key']}", sent)


# 1. Ten things


def test_clients_1_1_the_instance_urls_are_absolute_and_end_with_a_slash(light_server: Served) -> None:
    body = httpx.post(f"{light_server.address}/v2/token", json=RIGHT).json()
    for name in ("rest_instance_url", "soap_instance_url"):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", body[name])


def test_clients_1_3_every_collection_has_items(light: Api) -> None:
    found = light.done("POST", f"{ASSETS}/query", {"page": {"page": 1, "pageSize": 50}, "query": IS_MESSAGE})
    for page in (
        light.done("GET", LIST),
        light.done("GET", f"{DEFINITIONS}?extras=all&$pageSize=500&$page=1"),
        light.done("GET", ASSETS),
        light.done("GET", "/email/v1/category?catType=none"),
        found,
    ):
        assert (page["items"], page["count"], page["page"]) == ([], 0, 1)


def test_clients_1_4_and_1_5_pages_of_five_hundred(light: Api) -> None:
    for number in range(52):
        made(light, f"journey-{number}")
    whole = light.done("GET", f"{INTERACTIONS}?$pageSize=500&$page=1")
    assert (len(whole["items"]), whole["count"], whole["pageSize"], whole["page"]) == (52, 52, 500, 1)
    last = light.done("GET", f"{INTERACTIONS}?%24pagesize=50&%24PAGE=2")
    assert (len(last["items"]), last["count"], last["pageSize"], last["page"]) == (2, 52, 50, 2)
    assert light.done("GET", f"{INTERACTIONS}?$page=3")["items"] == []
    assert len(light.done("GET", INTERACTIONS)["items"]) == 50


def test_clients_1_7_a_bad_token_is_told_by_a_header_that_fuel_rest_knows(light: Api) -> None:
    for token in ("", "Bearer", "Bearer wrong", "Basic eDp5"):
        answer = light("GET", INTERACTIONS, headers={"Authorization": token})
        assert answer.status_code == 401
        assert re.match(r"Bearer .+invalid_token", answer.headers["www-authenticate"])
        assert answer.json().keys() == {"message", "errorcode", "documentation"}
        assert (answer.json()["message"], answer.json()["errorcode"]) == ("Not Authorized", 0)


def test_clients_1_8_lower_cased_uris_reach_everything(light: Api) -> None:
    light.done("POST", DEFINITIONS, definition("My-Event"))
    journey = runnable(light, "My-Key")
    lower = INTERACTIONS.lower()
    assert raw(light, "GET", f"{lower}/key:my-key")[1]["key"] == "My-Key"
    assert raw(light, "GET", f"{lower}?key=my-key&$pagesize=1")[1]["items"][0]["id"] == journey["id"]
    assert raw(light, "GET", "/interaction/v1/eventdefinitions/key:my-event")[1]["eventDefinitionKey"] == "My-Event"
    started = raw(light, "POST", f"{lower}/publishasync/{journey['id']}?versionnumber=1", b"{}")
    assert started[0] == 200
    poll = started[1]["statusUrl"].lower()
    while (state := raw(light, "GET", poll)[1]["status"]) == "PublishInProcess":
        pass
    assert state == "PublishCompleted"
    assert raw(light, "POST", f"{lower}/pause/key:my-key?allversions=true", b"{}")[0] == 202
    assert raw(light, "GET", f"{lower}/{journey['id']}/audit/all?versionnumber=1&$pagesize=1")[1]["pageSize"] == 1
    sent = json.dumps({"ContactKey": "ann", "EventDefinitionKey": "MY-EVENT", "Data": {"points": 1}}).encode()
    assert raw(light, "POST", "/interaction/v1/events", sent)[0] == 201


@pytest.mark.parametrize(
    "path",
    [
        "//interaction/v1/interactions",
        "/interactions/",
        "//interaction//v1//interactions//",
        "/INTERACTION/v1/INTERACTIONS/",
    ],
)
def test_clients_1_9_stray_slashes(light: Api, path: str) -> None:
    target = path if "v1" in path.lower() else f"/interaction/v1{path}"
    assert raw(light, "GET", f"{target}?$page=1&$pageSize=500") == raw(light, "GET", f"{INTERACTIONS}?$pageSize=500")
    body = json.dumps(minimal("one")).encode()
    assert raw(light, "POST", target, body, **{"Content-Type": "application/json"})[0] == 200
    token = json.dumps(RIGHT).encode()
    assert raw(light, "POST", "//v2/token", token)[1]["token_type"] == "Bearer"
    assert raw(light, "GET", f"{target.rstrip('/')}//key:one/")[1]["key"] == "one"
    assert raw(light, "GET", "//interaction/v1/eventDefinitions//?extras=all")[0] == 200


def test_clients_1_10_every_answer_parses(light: Api) -> None:
    journey = made(light)
    light.done("POST", DEFINITIONS, definition())
    for verb, path in (
        ("DELETE", f"{INTERACTIONS}/{UNKNOWN}"),
        ("GET", f"{INTERACTIONS}/key:nothing"),
        ("POST", f"{INTERACTIONS}/key:welcome/start"),
        ("PATCH", INTERACTIONS),
        ("GET", "/nothing"),
        ("PUT", f"{INTERACTIONS}/key:welcome"),
    ):
        answer = light(verb, path)
        assert answer.json().keys() >= {"message", "errorcode", "documentation"}
    assert light.done("DELETE", f"{INTERACTIONS}/{journey['id']}?versionNumber=1") == journey["id"]
    assert light.done("DELETE", f"{DEFINITIONS}/key:signup") == {}


# 2. Authentication


def test_clients_2_the_answer_to_every_form_of_request(light_server: Served) -> None:
    for more in ({}, {"account_id": 1}, {"account_id": "1"}, {"scope": None}):
        body = httpx.post(f"{light_server.address}/v2/token", json=RIGHT | more).json()
        assert isinstance(body["scope"], str)
        assert isinstance(body["expires_in"], int)
        assert body["expires_in"] > 300
        assert "refresh_token" not in body
        again = httpx.post(f"{light_server.address}/v2/token", json=RIGHT | more | {"scope": body["scope"]})
        assert (again.status_code, again.json()["scope"]) == (200, body["scope"])


def test_clients_2_wrong_credentials_are_recognised(light_server: Served) -> None:
    for wrong in ({"client_secret": "x"}, {"client_id": "x"}, {"account_id": 7}):
        answer = httpx.post(f"{light_server.address}/v2/token", json=RIGHT | wrong)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.json()["error_description"].startswith("Client authentication failed.")
        assert answer.json()["error_uri"].startswith("http")


@pytest.mark.parametrize(
    "more",
    [
        {"grant_type": "refresh_token", "refresh_token": "x"},
        {"grant_type": "authorization_code", "code": "x", "redirect_uri": "https://example.com"},
    ],
)
def test_clients_2_other_grants_are_refused_by_name(light_server: Served, more: dict[str, str]) -> None:
    answer = httpx.post(f"{light_server.address}/v2/token", json=RIGHT | more)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_clients_2_the_soap_address_of_the_legacy_mode(light_server: Served, light: Api) -> None:
    found = light.done("GET", "/platform/v1/endpoints/soap")
    assert found["url"] == f"{light_server.address}/Service.asmx"


# 3. Transport


def test_clients_3_redeploying_an_unchanged_file(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_NO_CHANGE_STATUS="200") as server:
        api = server.client()
        journey = made(api)
        file = api.done("GET", f"{INTERACTIONS}/key:welcome?extras=activities&versionNumber=1")
        answer = deployed(api, file)
        assert (answer.status_code, answer.json()["modifiedDate"]) == (200, journey["modifiedDate"])
        assert deployed(api, file, description="changed").json()["description"] == "changed"


def test_clients_3_errors_of_a_refusal_have_a_message_each(light: Api) -> None:
    """mcdev prints `errors[].message`, and calls split on it."""
    body = minimal("receipts", definitionType="Transactional", channel="email")
    journey = light.done("POST", f"{INTERACTIONS}/", body)
    answer = light("POST", f"{INTERACTIONS}/transactional/create", {"definitionId": journey["id"]})
    assert answer.status_code == 400
    assert answer.json()["errors"]
    for error in answer.json()["errors"]:
        assert error["message"] == error["errorDetail"]


def test_clients_3_validation_errors_have_a_message_each(light: Api) -> None:
    journey = made(light)
    for answer in (
        light("POST", f"{INTERACTIONS}/", {"key": "x", "goals": 5}),
        light("PUT", f"{INTERACTIONS}/key:welcome", {"key": "welcome", "version": "x"}),
        light("POST", DEFINITIONS, {"type": 5}),
    ):
        assert answer.status_code == 400
        assert answer.json()["validationErrors"]
        assert all(one["message"] for one in answer.json()["validationErrors"])
        assert "errors" not in answer.json()
    assert row(light, "welcome")["modifiedDate"] == journey["modifiedDate"]


def test_clients_3_texts_that_mcdev_knows(light: Api) -> None:
    journey = runnable(light)
    published(light, journey)
    for verb in ("publish", "validate"):
        answer = light("POST", f"{INTERACTIONS}/{verb}Async/{journey['id']}?versionNumber=1", {})
        assert answer.json()["message"] == f"Cannot {verb} interaction in Published status."
    light.done("POST", f"{INTERACTIONS}/pause/{journey['id']}?versionNumber=1", {})
    answer = light("POST", f"{INTERACTIONS}/publishAsync/{journey['id']}?versionNumber=1", {})
    assert answer.json()["message"] == "Cannot publish interaction in Paused status."
    light.done("POST", f"{INTERACTIONS}/stop/{journey['id']}?versionNumber=1", {})
    answer = light("POST", f"{INTERACTIONS}/publishAsync/{journey['id']}?versionNumber=1", {})
    assert answer.json()["message"] == "Cannot publish interaction in Stopped status."
    draft = made(light, "other")
    light.done("PUT", INTERACTIONS, draft | {"description": "first"})
    answer = light("PUT", INTERACTIONS, draft | {"description": "second"})
    assert answer.json()["message"] == (
        "Another user recently modified this journey. Refresh to edit the latest version."
    )
    assert light("GET", f"{INTERACTIONS}/key:").json()["message"] == "Must provide a valid ID or Key parameter"


def test_clients_3_requests_without_a_content_type_and_with_blanks(light: Api) -> None:
    journey = runnable(light, "one more")
    assert raw(light, "POST", f"{INTERACTIONS}/validateAsync/{journey['id']}?versionNumber=1")[0] == 200
    for blank in ("+", "%20"):
        found = raw(light, "GET", f"{INTERACTIONS}/?nameOrDescription=one{blank}more&$pageSize=500&$page=1")[1]
        assert [one["key"] for one in found["items"]] == ["one more"]
    accept = {"Accept": "application/json, text/plain, */*", "Accept-Encoding": "gzip, compress, deflate, br"}
    assert raw(light, "GET", LIST, None, **accept)[0] == 200


# 4. mcdev, command by command


def test_clients_4_list_rows_have_what_mcdev_reads(light: Api) -> None:
    made(light)
    found = row(light, "welcome")
    assert {"id", "key", "name", "version", "status", "modifiedDate", "createdDate", "categoryId"} <= found.keys()
    assert found["definitionType"] == "Multistep"
    single = light.done("GET", f"{INTERACTIONS}/key:welcome?extras=activities&versionNumber=1")
    assert single["activities"] == []
    for name in ("modifiedDate", "createdDate", "categoryId", "id", "definitionId"):
        assert single[name] == found[name]
    assert light.done("GET", f"{INTERACTIONS}/{found['id']}?extras=activities") == single


def test_clients_4_deploy_of_a_new_key_a_draft_and_a_running_version(light: Api) -> None:
    first = runnable(light)
    changed = deployed(light, first, description="changed").json()
    assert (changed["version"], changed["description"], changed["status"]) == (1, "changed", "Draft")
    assert published(light, changed)["status"] == "PublishCompleted"
    second = deployed(light, light.done("GET", f"{INTERACTIONS}/key:welcome?extras=activities")).json()
    assert (second["version"], second["status"], second["id"]) == (2, "Draft", first["id"])
    assert second["definitionId"] != first["definitionId"] == first["id"]
    assert published(light, second)["status"] == "PublishCompleted"
    assert sorted(statuses(light, first)) == [(1, "Unpublished"), (2, "Published")]


def test_clients_4_only_published_finds_the_running_version_behind_a_draft(light: Api) -> None:
    first = runnable(light)
    published(light, first)
    made(light)
    (found,) = light.done("GET", f"{INTERACTIONS}/?status=Published&$pageSize=500&$page=1")["items"]
    assert (found["version"], found["status"]) == (1, "Published")
    assert row(light, "welcome")["version"] == 2
    every = light.done("GET", f"{INTERACTIONS}/?id={first['id']}&mostRecentVersionOnly=false&$pageSize=500&$page=1")
    assert [one["version"] for one in every["items"]] == [2, 1]
    old = light.done("GET", f"{INTERACTIONS}/{first['id']}?extras=activities&versionNumber=1")
    assert old["status"] == "Published"


def test_clients_4_answers_of_jobs_have_a_relative_address_and_known_words(light: Api) -> None:
    journey = runnable(light)
    for verb, done in (("validate", "ValidateCompleted"), ("publish", "PublishCompleted")):
        started = light.done("POST", f"{INTERACTIONS}/{verb}Async/{journey['id']}?versionNumber=1", {})
        assert started["statusUrl"] == f"/interaction/v1/interactions/{verb}Status/{started['statusId']}"
        result = finished(light, started)
        assert (result["status"], result["errors"]) == (done, [])
        assert all(isinstance(one["errorDetail"], str) and one["errorCode"] for one in result["warnings"])


def test_clients_4_a_failed_publish_is_an_answer_of_200(light: Api) -> None:
    result = published(light, made(light))
    assert result["status"] == "Error"
    for error in result["errors"]:
        assert isinstance(error["errorDetail"], str)
        assert error["errorCode"]
        assert isinstance(error["additionalInfo"], dict)


def test_clients_4_pause_resume_and_stop_of_all_versions(light: Api) -> None:
    journey = runnable(light)
    published(light, journey)
    published(light, runnable(light))
    guid = journey["id"]
    light.done("POST", f"{INTERACTIONS}/pause/{guid}?allVersions=true", {})
    assert statuses(light, journey) == [(2, "Paused"), (1, "Paused")]
    light.done("POST", f"{INTERACTIONS}/resume/{guid}?allVersions=true", {})
    assert statuses(light, journey) == [(2, "Published"), (1, "Unpublished")]
    for number in (2, 1):
        light.done("POST", f"{INTERACTIONS}/stop/{guid}?versionNumber={number}", {})
    assert statuses(light, journey) == [(2, "Stopped"), (1, "Stopped")]


def test_clients_4_audit_items(light: Api) -> None:
    journey = runnable(light)
    published(light, journey)
    light.done("POST", f"{INTERACTIONS}/stop/{journey['id']}?versionNumber=1", {})
    items = light.done("GET", f"{INTERACTIONS}/{journey['id']}/audit/all?versionNumber=1&$pageSize=50&$page=1")["items"]
    assert [one["action"] for one in items] == ["Stop", "Publish", "Publish", "Create"]
    for one in items:
        assert {"versionNumber", "timeStamp", "key", "name"} <= one.keys()
        assert one["user"]["name"]
        assert one["versionNumber"] == 1


def test_clients_4_deleting_versions_one_by_one(light: Api) -> None:
    journey = runnable(light)
    published(light, journey)
    made(light)
    guid = journey["id"]
    light.done("DELETE", f"{INTERACTIONS}/{guid}?versionNumber=2")
    assert light.done("GET", f"{INTERACTIONS}/key:welcome?extras=activities")["version"] == 1
    light.done("POST", f"{INTERACTIONS}/stop/{guid}?versionNumber=1", {})
    assert light.done("DELETE", f"{INTERACTIONS}/{guid}") == guid
    gone = light("GET", f"{INTERACTIONS}/key:welcome?extras=activities")
    assert (gone.status_code, gone.json()["errorcode"]) == (404, 30003)


def test_clients_4_transactional_journeys(light: Api) -> None:
    """The calls of mcdev, and their empty list of errors (the journey itself: test_transactional)."""
    for call in ("create", "pause", "resume"):
        answer = light("POST", f"{INTERACTIONS}/transactional/{call}", {"definitionId": UNKNOWN})
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)


def test_clients_4_event_definitions(light: Api) -> None:
    made_now = light.done("POST", f"{DEFINITIONS}/", definition())
    read = light.done("GET", f"{DEFINITIONS}/key:signup?extras=all")
    (listed,) = light.done("GET", f"{DEFINITIONS}?extras=all&$pageSize=500&$page=1")["items"]
    assert made_now == read == listed
    assert read["dataExtensionId"] != "00000000-0000-0000-0000-000000000000"
    assert isinstance(read["arguments"], dict)
    assert read["automationId"] == read["filterDefinitionId"] == "00000000-0000-0000-0000-000000000000"
    assert (read["interactionCount"], read["publishedInteractionCount"]) == (0, 0)
    assert isinstance(read["createdBy"], int)
    assert isinstance(read["modifiedBy"], int)
    changed = light.done("PUT", f"{DEFINITIONS}/key:signup", read | {"description": "all of it"})
    assert changed["description"] == "all of it"
    assert changed["dataExtensionId"] == read["dataExtensionId"]


@pytest.mark.parametrize(("setting", "status", "number"), [("404", 404, 30003), ("400", 400, 30000)])
def test_clients_4_unknown_event_keys(sqlite_url: str, setting: str, status: int, number: int) -> None:
    """Contract 15 is the default; with 400 mcdev's delete says "not found on server"."""
    with Served(sqlite_url, WAYSTAGE_MISSING_EVENT_DEFINITION=setting) as server:
        api = server.client()
        for verb in ("GET", "PUT", "DELETE"):
            answer = api(verb, f"{DEFINITIONS}/key:none", {"name": "x"} if verb == "PUT" else None)
            assert (answer.status_code, answer.json()["errorcode"]) == (status, number)


def test_clients_4_the_trigger_keeps_the_event_by_both_names(light: Api) -> None:
    event = light.done("POST", DEFINITIONS, definition())
    names = {"eventDefinitionId": event["id"], "eventDefinitionKey": "signup"}
    trigger = {"key": "TRIGGER", "name": "T", "type": "APIEvent", "metaData": names, "arguments": names}
    made(light, triggers=[trigger])
    (found,) = light.done("GET", f"{INTERACTIONS}/key:welcome?extras=activities")["triggers"]
    assert found["metaData"] == names
    assert found["arguments"].items() >= names.items()


def test_clients_4_activities_survive_a_round_trip(light: Api) -> None:
    xml = '<Filter>\r\n\t<Condition Operator="Equal"><Value><![CDATA[a  b]]></Value></Condition>\n</Filter> '
    split = {
        "id": "9d5c8c0e-27d5-4b27-bc3a-9d2a0a4e5a3a", "key": "SPLIT", "name": "S", "description": "",
        "type": "MULTICRITERIADECISION", "outcomes": [{"key": "yes", "next": "WAIT"}, {"key": "rest", "next": "WAIT"}],
        "arguments": {"filterResult": "{{Contact.X}}"}, "configurationArguments": {"criteria": {"yes": xml}},
        "metaData": {"isConfigured": True, "ü": None}, "schema": {"arguments": {}}, "ofOurs": [1.5, None, "x"],
    }  # fmt: skip
    wait = {"key": "WAIT", "type": "WAIT", "outcomes": [], "configurationArguments": {"waitDuration": 1}}
    made(light, activities=[split, wait])
    found = light.done("GET", f"{INTERACTIONS}/key:welcome?extras=activities")["activities"]
    assert [one["key"] for one in found] == ["SPLIT", "WAIT"]
    assert found[0]["configurationArguments"]["criteria"]["yes"] == xml
    for name in ("id", "arguments", "metaData", "ofOurs", "type"):
        assert found[0][name] == split[name]
    for extras in ("activities", "all"):
        file = light.done("GET", f"{INTERACTIONS}/key:welcome?extras={extras}")
        assert deployed(light, file).status_code == 304


def test_clients_4_the_newest_version_is_meant_without_a_number(light: Api) -> None:
    first = runnable(light)
    published(light, first)
    second = made(light)
    for path in (f"{INTERACTIONS}/key:WELCOME", f"{INTERACTIONS}/{first['id']}"):
        assert light.done("GET", path)["version"] == 2
    assert light.done("GET", f"{INTERACTIONS}/{second['definitionId']}")["version"] == 2
    assert light.done("GET", f"{INTERACTIONS}/{first['id']}?versionNumber=1")["version"] == 1


# 5. What mcdev demands outside of it

IS_MESSAGE = {
    "leftOperand": {"property": "assetType.id", "simpleOperator": "in", "value": [230, 231]},
    "logicalOperator": "AND",
    "rightOperand": {"property": "assetType.name", "simpleOperator": "notEqual", "value": "htmlemail"},
}


def test_clients_5_the_asset_query_of_mcdev(light: Api) -> None:
    for name, kind in (("mail", 208), ("text", 230)):
        body = {"name": name, "customerKey": name, "assetType": {"id": kind}, "category": {"id": 3}}
        light.done("POST", f"{ASSETS}/", body)
    sent = {
        "page": {"page": 1, "pageSize": 50},
        "query": IS_MESSAGE,
        "sort": [{"property": "id", "direction": "ASC"}],
        "fields": ["category", "createdDate", "name", "assetType", "customerKey"],
    }
    found = light.done("POST", f"{ASSETS}/query/", sent)
    assert (found["count"], found["page"], found["pageSize"]) == (1, 1, 50)
    assert found["items"][0]["customerKey"] == "text"
    sent["query"] = {"property": "assetType.id", "simpleOperator": "equal", "value": 208}
    assert [one["name"] for one in light.done("POST", f"{ASSETS}/query", sent)["items"]] == ["mail"]
    sent["query"] = {"property": "category.id", "simpleOperator": "equal", "value": 3}
    assert light.done("POST", f"{ASSETS}/query", sent)["count"] == 2


# 6. Other clients


def test_clients_6_cog_filters_the_collection(light: Api) -> None:
    journey = made(light, "my-journey")
    for query in (f"id={journey['id']}", f"ID={journey['id'].upper()}", "key=MY-journey&extras=activities"):
        (found,) = light.done("GET", f"{INTERACTIONS}?{query}")["items"]
        assert found["key"] == "my-journey"
    for query in (f"id={UNKNOWN}", "id=my-journey", "key=none"):
        assert light.done("GET", f"{INTERACTIONS}?{query}")["items"] == []


def test_clients_6_cog_updates_without_version_and_date_where_the_server_says_so(sqlite_url: str) -> None:
    with Served(sqlite_url, WAYSTAGE_REQUIRE_MODIFIED_DATE="false") as server:
        api = server.client()
        published(api, runnable(api))
        second = made(api)
        body = minimal("welcome", description="new", triggers=[], goals=[], activities=[])
        answer = api.http.put(f"{INTERACTIONS}/key:welcome", json=body)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["version"], answer.json()["description"]) == (second["version"], "new")
        assert api.done("GET", f"{INTERACTIONS}/key:welcome?versionNumber=1")["description"] == ""
        third = api.http.put(f"{INTERACTIONS}/key:welcome?versionNumber=1", json=body)
        assert (third.status_code, third.json()["errorcode"]) == (409, 409)
        for wrong in ({"modifiedDate": 5}, {"version": "x"}, {"version": 2.5}, {"modifiedDate": "soon"}):
            refused = api("PUT", f"{INTERACTIONS}/key:welcome", body | wrong)
            assert (refused.status_code, refused.json()["errorcode"]) == (400, 400), wrong
            assert next(iter(wrong)) in refused.text


def test_clients_6_cog_is_told_what_is_missing_by_default(light: Api) -> None:
    made(light)
    answer = light("PUT", f"{INTERACTIONS}/key:welcome", minimal("welcome", description="new"))
    assert answer.status_code == 400
    assert {"version is required.", "modifiedDate is required."} <= {
        one["message"] for one in answer.json()["validationErrors"]
    }


def test_clients_6_cog_fires_events_with_the_key_in_the_query(server: Served, api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    fired = api("POST", f"{EVENTS}?eventDefinitionKey=SIGNUP", {"ContactKey": "ann", "Points": 5, "Name": "Ann"})
    assert (fired.status_code, fired.json().keys()) == (201, {"eventInstanceId"})
    api.done("POST", f"{EVENTS}?eventdefinitionkey=signup", {"contactKey": "bob", "data": {"Points": 6}, "Name": "no"})
    api.done("POST", SETTLE, {"timeoutSeconds": 30})
    table = api.done("GET", DEFINITIONS)["items"][0]["dataExtensionId"]
    rows = api.done("GET", f"/data/v1/customobjectdata/key/{table}/rowset?$orderBy=ContactKey")["items"]
    assert [(one["keys"]["contactkey"], one["values"]["points"], one["values"].get("name")) for one in rows] == [
        ("ann", 5, "Ann"),
        ("bob", 6, None),
    ]


def test_clients_6_the_body_names_the_event_before_the_query(light: Api) -> None:
    for key in ("signup", "other"):
        light.done("POST", DEFINITIONS, definition(key))
    sent = {"ContactKey": "ann", "EventDefinitionKey": "signup", "Data": {"Points": 1}, "unknown": 5}
    assert light("POST", f"{EVENTS}?eventDefinitionKey=none", sent).status_code == 201
    for query, body, number in (
        ("?eventDefinitionKey=none", {"ContactKey": "ann"}, 10005),
        ("?eventDefinitionKey=signup", {"ContactKey": "ann"}, 10002),
        ("?eventDefinitionKey=signup", {"Points": 1}, 10002),
        ("?eventDefinitionKey=", {"ContactKey": "ann", "Points": 1}, 10002),
        ("?eventDefinitionKey=signup", {"ContactKey": "ann", "Points": "many"}, 10001),
        ("?eventDefinitionKey=%00", {"ContactKey": "ann", "Points": 1}, 10001),
        ("", {"ContactKey": "ann", "Points": 1}, 10002),
    ):
        answer = light("POST", f"{EVENTS}{query}", body)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, number), (query, body)


def test_clients_6_cog_asks_for_membership(light: Api) -> None:
    journey = runnable(light)
    published(light, journey)
    light.done("POST", EVENTS, {"ContactKey": "ann", "EventDefinitionKey": "welcome-event"})
    light.done("POST", SETTLE, {"timeoutSeconds": 30})
    found = light.done("POST", f"{INTERACTIONS}/contactMembership", {"ContactKeyList": ["ann", "bob"]})["results"]
    assert [(one["contactKey"], one["definitionKey"]) for one in found["contactMemberships"]] == [("ann", "welcome")]


def test_clients_6_the_sdk_deletes_by_id(light: Api) -> None:
    journey = made(light)
    assert light.done("DELETE", f"{INTERACTIONS}/{journey['id']}") == journey["id"]
    assert light("DELETE", f"{INTERACTIONS}/{journey['id']}").status_code == 404
