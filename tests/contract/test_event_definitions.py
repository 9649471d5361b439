"""Event definitions over HTTP (api.md 6, D-47 to D-50; contract 6, 9, 10, 11, 15)."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.event_bodies import DEFINITIONS, OBJECTS, codes, definition, extension, sample_events, stranger
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("2.3", "2.4")

NIL = "00000000-0000-0000-0000-000000000000"


def test_a_schema_makes_a_data_extension_named_after_the_event(api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition())
    assert made["dataExtensionName"] == "Event signup - 2026-01-01T000000000"
    found = api.done("GET", f"{OBJECTS}/{made['dataExtensionId']}")
    assert (found["key"], found["name"]) == (made["dataExtensionId"], made["dataExtensionName"])
    assert found["isSendable"] is True
    lengths = {field["name"]: field["maxLength"] for field in made["schema"]["fields"]}
    assert (lengths["ContactKey"], lengths["Points"], lengths["Total"]) == ("50", "", "18,2")
    assert made["arguments"] == {
        "serializedObjectType": 11,
        "eventDefinitionId": made["id"],
        "eventDefinitionKey": "signup",
        "dataExtensionId": made["dataExtensionId"],
        "automationId": NIL,
        "criteria": "",
        "useHighWatermark": False,
    }
    assert (made["interactionCount"], made["publishedInteractionCount"]) == (0, 0)
    assert made["createdDate"] == made["modifiedDate"] == "2026-01-01T00:00:00"
    assert (made["mode"], made["category"], made["description"]) == ("Production", "Event", "")


def test_two_definitions_of_one_name_at_one_instant(api: Api) -> None:
    names = {api.done("POST", DEFINITIONS, definition(key, name="same"))["dataExtensionName"] for key in "abc"}
    assert len(names) == 3


def test_single_reads_and_the_list_agree(api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition(own={"a": [1, None, 2.5]}, metaData={"x": {"y": "ß"}}))
    assert made["own"] == {"a": [1, None, 2.5]}
    assert made["metaData"] == {"x": {"y": "ß"}}
    for path in (made["id"], made["id"].upper(), "key:signup", "key:SIGNUP", "key%3Asignup"):
        assert api.done("GET", f"{DEFINITIONS}/{path}?extras=all") == made
    assert api.done("GET", f"{DEFINITIONS}?extras=all&$pageSize=500&$page=1") == {
        "count": 1, "page": 1, "pageSize": 500, "links": {}, "items": [made],
    }  # fmt: skip


@pytest.mark.parametrize("number", ["01", "02", "06"])
def test_exported_documents_can_be_posted_as_they_are(light: Api, number: str) -> None:
    for sent in sample_events(number):
        if "schema" not in sent:
            field = {"name": "K", "type": "Text"}
            light.done("POST", OBJECTS, {"id": sent["dataExtensionId"], "name": sent["name"], "fields": [field]})
        made = light.done("POST", DEFINITIONS, sent)
        assert made["dataExtensionId"] == sent["dataExtensionId"]
        for name in ("type", "name", "eventDefinitionKey", "metaData", "iconUrl", "isVisibleInPicker", "category"):
            assert made[name] == sent[name]
        if "schema" in sent:
            assert made["dataExtensionName"] == sent["dataExtensionName"]
            for got, field in zip(made["schema"]["fields"], sent["schema"]["fields"], strict=True):
                assert got | field == got


def test_an_existing_data_extension_wins_over_the_schema(api: Api) -> None:
    there = api.done("POST", OBJECTS, extension())
    made = api.done("POST", DEFINITIONS, definition(dataExtensionId=there["id"].upper()))
    assert (made["dataExtensionId"], made["dataExtensionName"]) == (there["id"], there["name"])
    assert "schema" not in made
    assert api.done("GET", OBJECTS)["count"] == 1


NUMBER = {"name": "a", "dataType": "Number"}
REFUSED: list[tuple[str, dict[str, Any], list[int]]] = [
    ("no type", {"type": None}, [10002]),
    ("blank name", {"name": " "}, [10002]),
    ("no key", {"eventDefinitionKey": ""}, [10002]),
    ("long key", {"eventDefinitionKey": "k" * 201}, [10005]),
    ("key of a wrong type", {"eventDefinitionKey": 5}, [10001]),
    ("neither schema nor data extension", {"schema": None}, [10002]),
    ("schema of a wrong type", {"schema": []}, [10001]),
    ("no fields", {"schema": {"fields": []}}, [10002]),
    ("two bad fields", {"schema": {"fields": [{}, {"name": "a", "dataType": "X"}]}}, [10002, 10005]),
    ("a field twice", {"schema": {"fields": [{"name": "a"}, {"name": "A"}]}}, [10005]),
    ("a default that does not fit", {"schema": {"fields": [NUMBER | {"defaultValue": "x"}]}}, [10005]),
    ("a sendable field that is none", {"schema": {"fields": [NUMBER], "sendableCustomObjectField": "b"}}, [10005]),
    ("arguments of a wrong type", {"arguments": "x"}, [10001]),
    ("an unknown mode", {"mode": "Live"}, [10005]),
    ("several", {"name": 5, "metaData": 5, "isVisibleInPicker": "yes"}, [10001, 10001, 10001]),
]  # fmt: skip


def test_bad_fields_are_named_and_nothing_is_written(light: Api) -> None:
    for case, change, expected in REFUSED:
        assert codes(light("POST", DEFINITIONS, definition(**change))) == expected, case
    assert light.done("GET", DEFINITIONS)["count"] == 0
    assert light.done("GET", OBJECTS)["count"] == 0


def test_special_characters_in_a_key_are_a_wrong_format(light: Api) -> None:
    for key in ("a.b", "a/b", "a&b", 'a"b', "a<b", "a:b", "a\tb"):
        answer = light("POST", DEFINITIONS, definition(key))
        assert (answer.status_code, answer.json()["errorcode"]) == (400, 10003), key


def test_an_unknown_data_extension_is_refused(light: Api) -> None:
    body = definition(schema=None, dataExtensionId="11111111-1111-1111-1111-111111111111")
    answer = light("POST", DEFINITIONS, body)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10005)
    assert "11111111-1111-1111-1111-111111111111" in answer.json()["message"]


def test_a_taken_key_is_a_conflict_in_any_letter_case(api: Api) -> None:
    api.done("POST", DEFINITIONS, definition())
    answer = api("POST", DEFINITIONS, definition("SignUp"))
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30004)
    api.done("POST", DEFINITIONS, definition("other"))
    answer = api("PUT", f"{DEFINITIONS}/key:other", {"eventDefinitionKey": "SIGNUP"})
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30004)
    assert api.done("GET", DEFINITIONS)["count"] == 2


def test_of_many_that_want_one_key_one_wins(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: api("POST", DEFINITIONS, definition(name=f"n{n}")), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert api.done("GET", OBJECTS)["count"] == 1


def test_update_keeps_what_it_leaves_out_and_what_is_fixed(api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition(description="d", own=1, arguments={"criteria": "x"}))
    change = {"name": "new", "type": "EmailAudience", "category": "Audience", "schema": {"fields": []}, "mode": "test"}
    saved = api.done("PUT", f"{DEFINITIONS}/{made['id']}", change)
    assert saved == made | {"name": "new", "mode": "Test"}
    assert (
        api.done("PUT", f"{DEFINITIONS}/key:signup", {"arguments": {"criteria": "y"}})["arguments"]["criteria"] == "y"
    )
    assert api.done("PUT", f"{DEFINITIONS}/key:signup", made)["name"] == made["name"]


def test_update_can_change_key_and_data_extension(api: Api) -> None:
    there = api.done("POST", OBJECTS, extension())
    api.done("POST", DEFINITIONS, definition())
    change = {"eventDefinitionKey": "renamed", "dataExtensionId": there["id"]}
    saved = api.done("PUT", f"{DEFINITIONS}/key:signup", change)
    assert (saved["eventDefinitionKey"], saved["dataExtensionName"]) == ("renamed", there["name"])
    assert saved["arguments"]["eventDefinitionKey"] == "renamed"
    assert api("GET", f"{DEFINITIONS}/key:signup").status_code == 404
    assert codes(api("PUT", f"{DEFINITIONS}/key:renamed", {"name": ""})) == [10002]


def test_the_list_searches_names_and_pages(api: Api) -> None:
    for key in ("one", "two", "TWOFOLD", "per_cent"):
        api.done("POST", DEFINITIONS, definition(key))
    found = api.done("GET", f"{DEFINITIONS}?name=tWo")
    assert [item["eventDefinitionKey"] for item in found["items"]] == ["TWOFOLD", "two"]
    assert api.done("GET", f"{DEFINITIONS}?name=_")["count"] == 1
    assert api.done("GET", f"{DEFINITIONS}?name=%25")["count"] == 0
    page = api.done("GET", f"{DEFINITIONS}?$page=2&$pageSize=3")
    assert (page["count"], page["page"], page["pageSize"], len(page["items"])) == (4, 2, 3, 1)
    assert api.done("GET", f"{DEFINITIONS}?$page=9")["items"] == []


def test_delete_answers_an_empty_object_and_keeps_the_data_extension(api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition())
    assert api.done("DELETE", f"{DEFINITIONS}/key:SIGNUP") == {}
    for verb in ("GET", "PUT", "DELETE"):
        answer = api(verb, f"{DEFINITIONS}/{made['id']}", {} if verb == "PUT" else None)
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)
    assert api.done("GET", f"{OBJECTS}/{made['dataExtensionId']}")["id"] == made["dataExtensionId"]
    again = api.done("POST", DEFINITIONS, definition())
    assert again["id"] != made["id"]


def test_journeys_that_use_a_definition_are_counted(api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition())
    trigger = {"key": "T", "type": "APIEvent", "metaData": {"eventDefinitionId": made["id"]}}
    for key in ("j1", "j2"):
        body = {"key": key, "name": key, "workflowApiVersion": 1.0, "triggers": [trigger]}
        api.done("POST", "/interaction/v1/interactions", body)
    found = api.done("GET", f"{DEFINITIONS}/key:signup")
    assert (found["interactionCount"], found["publishedInteractionCount"]) == (2, 0)
    assert api.done("DELETE", f"{DEFINITIONS}/key:signup") == {}


def test_business_units_are_apart(server: Served, api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition())
    other = stranger(server, api)
    for path in (made["id"], "key:signup"):
        for verb in ("GET", "DELETE"):
            assert other(verb, f"{DEFINITIONS}/{path}").status_code == 404
        assert other("PUT", f"{DEFINITIONS}/{path}", {"name": "mine"}).status_code == 404
    assert other.done("GET", DEFINITIONS)["count"] == 0
    assert (
        other("POST", DEFINITIONS, definition(schema=None, dataExtensionId=made["dataExtensionId"])).status_code == 400
    )
    assert other.done("POST", DEFINITIONS, definition(dataExtensionId=made["dataExtensionId"]))["id"] != made["id"]
    assert api.done("GET", f"{DEFINITIONS}/key:signup") == made
    other.http.close()


def test_names_at_the_top_level_match_in_any_case(light: Api) -> None:
    body = {name[0].upper() + name[1:]: value for name, value in definition().items()}
    made = light.done("POST", DEFINITIONS, body)
    assert (made["name"], "Name" in made) == ("Event signup", False)
    assert re.fullmatch(r"[0-9a-f-]{36}", made["id"])


def test_a_body_must_be_an_object(light: Api) -> None:
    for raw in (b"[]", b'"x"', b"5", b"null"):
        assert light.http.post(DEFINITIONS, content=raw).json()["errorcode"] == 10001, raw


def running(server: Served) -> None:
    """Let every version look published; publishing itself has its own tests."""
    server.built.database.write(lambda tx: tx.run("UPDATE version SET status = 'Published'")).result()


def test_a_definition_of_a_running_journey_is_protected(server: Served, api: Api) -> None:
    made = api.done("POST", DEFINITIONS, definition())
    there = api.done("POST", OBJECTS, extension())
    trigger = {"key": "T", "type": "APIEvent", "metaData": {"eventDefinitionKey": "SignUp"}}
    body = {"key": "j", "name": "j", "workflowApiVersion": 1.0, "triggers": [trigger]}
    api.done("POST", "/interaction/v1/interactions", body)
    running(server)
    assert api.done("GET", f"{DEFINITIONS}/key:signup")["publishedInteractionCount"] == 1
    for change in ({"eventDefinitionKey": "other"}, {"dataExtensionId": there["id"]}):
        answer = api("PUT", f"{DEFINITIONS}/{made['id']}", change)
        assert (answer.status_code, answer.json()["errorcode"]) == (409, 30001)
    answer = api("DELETE", f"{DEFINITIONS}/{made['id']}")
    assert (answer.status_code, answer.json()["errorcode"]) == (409, 30002)
    same = {"eventDefinitionKey": "signup", "dataExtensionId": made["dataExtensionId"], "description": "new"}
    assert api.done("PUT", f"{DEFINITIONS}/{made['id']}", same)["description"] == "new"
