"""Who changed what and when: the audit of a journey (api.md 5.9, D-46), and ours of everything (contract 40)."""

from typing import Any

import pytest

from tests.contract.event_bodies import ASSETS, DEFINITIONS
from tests.contract.journeys import INTERACTIONS, change, made, minimal
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, publish, settle, wait
from tests.contract.served import Api, Served
from tests.contract.test_transactional import does, draft, refused

pytestmark = pytest.mark.spec("5.9")

AUDIT = "/waystage/v1/audit"
CLIENTS = "/waystage/v1/clients"
OBJECTS = "/data/v1/customobjects"
ACTIONS = ("all", "create", "modify", "publish", "unpublish", "stop", "pause", "resume", "delete")


def told(api: Api, key: str = "welcome", action: str = "all", **params: Any) -> list[dict[str, Any]]:
    """The entries of a journey, newest first."""
    page = api.done("GET", f"{INTERACTIONS}/key:{key}/audit/{action}", params=params)
    assert list(page) == ["count", "page", "pageSize", "links", "items"]
    found: list[dict[str, Any]] = page["items"]
    return found


def actions(found: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["action"], one["versionNumber"]) for one in found]


def every(api: Api, **params: Any) -> list[tuple[str, str]]:
    """(kind, action) of everything, newest first."""
    found = api.done("GET", AUDIT, params={"$pageSize": 200, **params})
    assert found["count"] == len(found["items"])
    return [(one["kind"], one["action"]) for one in found["items"]]


def advance(api: Api, by: str) -> None:
    api.done("POST", ADVANCE, {"by": by})


def run(api: Api, verb: str, body: Any = None, key: str = "welcome", version: int = 1) -> None:
    api.done("POST", f"{INTERACTIONS}/{verb}/key:{key}?versionNumber={version}", body)


def test_5_9_the_life_of_a_journey_newest_first(api: Api) -> None:
    define_event(api)
    journey = made(api, description="first")
    advance(api, "PT1H")
    triggers = [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}]
    changed = api.done(
        "PUT", INTERACTIONS, change(journey, name="New", activities=[wait("W")], triggers=triggers, description="d")
    )
    advance(api, "PT1H")
    job = api.done("POST", f"{INTERACTIONS}/publishAsync/key:welcome?versionNumber=1")
    while api.done("GET", job["statusUrl"])["status"] == "PublishInProcess":
        pass
    for key in ("ann", "bob"):
        fire(api, key)
    settle(api)
    run(api, "pause", {})
    run(api, "resume")
    run(api, "stop")
    api.done("DELETE", f"{INTERACTIONS}/key:welcome")
    found = told(api)
    words = ["Delete", "Stop", "Resume", "Pause", "Publish", "Publish", "Modify", "Create"]
    assert actions(found) == [(word, 1) for word in words]
    client = api.done("GET", CLIENTS)["items"][0]
    for one in found:
        assert one["user"] == {"name": client["name"], "userId": 1}
        assert (one["id"], one["originalDefinitionId"], one["key"]) == (
            changed["definitionId"],
            journey["id"],
            "welcome",
        )
        assert ("executionMode" in one) is (one["action"] != "Stop")
    assert [one["timeStamp"] for one in found[-2:]] == ["2026-01-01T01:00:00", "2026-01-01T00:00:00"]
    assert (found[-1]["name"], found[-1]["description"]) == ("Journey welcome", "first")
    assert (found[0]["name"], found[0]["description"], found[0]["executionMode"]) == ("New", "d", "Production")
    assert [one["publishStatus"] for one in found[4:6]] == ["PublishCompleted"] * 2
    assert found[4]["publishRequestId"] == job["statusId"] != found[5]["publishRequestId"]
    assert found[1]["ContactsEjected"] == 2
    assert found[6]["changed"] == ["activities", "description", "name", "triggers"]
    assert not any({"errors", "sourceInteraction"} & {*one} for one in found)


def test_5_9_a_failed_publication_leaves_one_entry_with_its_errors(api: Api) -> None:
    made(api)
    job = api.done("POST", f"{INTERACTIONS}/publishAsync/key:welcome?versionNumber=1")
    while (status := api.done("GET", job["statusUrl"]))["status"] == "PublishInProcess":
        pass
    failure, _ = told(api)
    assert (failure["publishStatus"], failure["publishRequestId"]) == ("Error", job["statusId"])
    listed = [{"ErrorDetail": one["errorDetail"], "ErrorCode": one["errorCode"]} for one in status["errors"]]
    assert failure["errors"] == [one for one in listed if one] != []


def test_5_9_a_new_version_names_its_source_and_retires_it(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    first = api.done("GET", f"{INTERACTIONS}/key:welcome")
    publish(api, [wait("V")])
    found = told(api)
    assert actions(found) == [
        ("Publish", 2), ("Unpublish", 1), ("Publish", 2), ("Create", 2), ("Publish", 1), ("Publish", 1), ("Create", 1),
    ]  # fmt: skip
    assert found[3]["sourceInteraction"] == {"id": first["definitionId"], "version": 1, "key": "welcome"}
    assert "sourceInteraction" not in found[-1]
    assert actions(told(api, versionNumber=1)) == [("Unpublish", 1), ("Publish", 1), ("Publish", 1), ("Create", 1)]
    assert told(api, versionNumber=9) == []
    by_id = api.done("GET", f"{INTERACTIONS}/{first['id'].upper()}/audit/ALL")["items"]
    assert by_id == found
    second = api.done("GET", f"{INTERACTIONS}/key:welcome")["definitionId"]
    of_version = api.done("GET", f"{INTERACTIONS}/{second}/audit/all")["items"]
    assert of_version == told(api, versionNumber=2)


def test_5_9_actions_and_pages(api: Api) -> None:
    journey = made(api)
    for name in ("a", "b", "c"):
        journey = api.done("PUT", INTERACTIONS, change(journey, name=name))
    found = told(api)
    for action in ACTIONS[1:]:
        assert told(api, action=action) == [one for one in found if one["action"].lower() == action]
    first = api.done("GET", f"{INTERACTIONS}/key:welcome/audit/all", params={"$pageSize": 3})
    second = api.done("GET", f"{INTERACTIONS}/key:WELCOME/audit/all", params={"$pageSize": 3, "$page": 2})
    assert (first["count"], first["page"], second["page"], first["pageSize"]) == (4, 1, 2, 3)
    assert first["items"] + second["items"] == found
    answer = api("GET", f"{INTERACTIONS}/key:welcome/audit/publishes")
    assert (answer.status_code, answer.json()["errorcode"]) == (400, 10005)
    for named in ("key:nobody", "00000000-0000-0000-0000-000000000000"):
        answer = api("GET", f"{INTERACTIONS}/{named}/audit/all")
        assert (answer.status_code, answer.json()["errorcode"]) == (404, 30003)
    assert api("GET", f"{INTERACTIONS}/key:welcome/audit/all?versionNumber=x").status_code == 400


def test_5_9_what_is_refused_or_changes_nothing_leaves_no_entry(api: Api) -> None:
    journey = made(api)
    before = every(api)
    assert api("PUT", INTERACTIONS, change(journey)).status_code == 304
    assert (
        api("PUT", INTERACTIONS, change(journey, name="x") | {"modifiedDate": "2020-01-01T00:00:00"}).status_code == 409
    )
    assert api("POST", INTERACTIONS, minimal()).status_code == 409
    assert api("POST", INTERACTIONS, {"key": "x"}).status_code == 400
    assert api("POST", f"{INTERACTIONS}/stop/key:welcome?versionNumber=1").status_code == 400
    assert api("DELETE", f"{INTERACTIONS}/key:nobody").status_code == 404
    assert every(api) == before


def test_5_9_a_deleted_key_shows_the_younger_journey_while_it_lives(api: Api) -> None:
    old = made(api)
    api.done("DELETE", f"{INTERACTIONS}/key:welcome")
    assert actions(told(api)) == [("Delete", 1), ("Create", 1)]
    made(api)
    assert actions(told(api)) == [("Create", 2)]
    of_old = api.done("GET", f"{INTERACTIONS}/{old['id']}/audit/all")["items"]
    assert actions(of_old) == [("Delete", 1), ("Create", 1)]


@pytest.mark.parametrize(("guard", "word"), [("stop", "Stop"), ("resume", "Resume")])
def test_5_9_a_guard_acts_for_nobody(api: Api, guard: str, word: str) -> None:
    define_event(api)
    publish(api, [wait("W", amount=30)])
    fire(api, "ann")
    settle(api)
    run(api, "pause", {"PausedDays": 2, "GuardrailAction": guard})
    advance(api, "P3D")
    act, pause, *_ = told(api)
    assert (pause["action"], pause["user"]["userId"]) == ("Pause", 1)
    assert (act["action"], act["user"]) == (word, {"name": "Waystage", "userId": 0})
    assert act["timeStamp"] == "2026-01-03T00:00:00"
    assert act.get("ContactsEjected") == (1 if guard == "stop" else None)
    assert len(told(api, action=guard)) == 1


def test_5_9_transactional_journeys_are_told_too(api: Api) -> None:
    journey = draft(api, key="welcome")
    for verb in ("create", "pause", "clearQueue", "resume"):
        does(api, verb, journey)
    words = ["Resume", "Pause", "Publish", "Publish", "Create"]
    assert actions(told(api)) == [(word, 1) for word in words]
    assert every(api, kind="transactionalQueue") == [("transactionalQueue", "Clear")]
    assert refused(api, "create", journey)
    assert len(told(api)) == len(words)


def test_every_kind_of_change_is_one_entry(database_url: str) -> None:
    """All else: definitions, content, clients, maps, keys, imports, contacts that are deleted or taken out."""
    with Served(database_url, WAYSTAGE_SECRET_KEY="sealing-wax-for-tests-of-the-audit") as server:
        api = server.client()
        change_everything(api)
        api.http.close()


def change_everything(api: Api) -> None:
    define_event(api)
    assert every(api) == [("eventDefinition", "Create"), ("dataExtension", "Create")]
    api.done("PUT", f"{DEFINITIONS}/key:signup", {"description": "new"})
    api.done("PUT", f"{DEFINITIONS}/key:signup", {"description": "new"})
    mine = asset(api, subjectline="a")
    api.done("PUT", f"{ASSETS}/{mine['id']}", {"name": "b"})
    api.done("PUT", f"{ASSETS}/{mine['id']}", {"name": "b"})
    api.done("DELETE", f"{ASSETS}/{mine['id']}")
    fields = [{"name": "Id", "type": "Text", "length": 5, "isPrimaryKey": True, "isNullable": False}]
    table = api.done("POST", OBJECTS, {"name": "T", "key": "t", "fields": fields})
    api.done("DELETE", f"{OBJECTS}/{table['id']}")
    api.done("POST", "/interaction/v1/map", {"a": 1})
    api.done("POST", "/interaction/v1/map", {"a": 1})
    api.done("POST", "/interaction/v1/map", {"a": 2})
    asset(api, 8, subjectline="x")
    publish(api, [wait("W", "M"), mail("M", emailId=8)])
    test = f"{INTERACTIONS}/triggerTest/{api.done('GET', f'{DEFINITIONS}/key:signup')['id']}"
    contacts = {"contacts": [{"contactKey": "secret@example.com", "data": {"Mail": "secret@example.com"}}]}
    api.done("POST", test, contacts)
    api.done("PUT", test, contacts)
    api.done("DELETE", test)
    journey = api.done("GET", f"{INTERACTIONS}/key:welcome")
    api.done("POST", f"/interaction/v1/goalstatistics/clear/{journey['id']}")
    fire(api, "secret@example.com", **{"First Name": "Secretive"})
    settle(api)
    left = [{"ContactKey": "secret@example.com", "DefinitionKey": key} for key in ("welcome", "secret@example.com")]
    api.done("POST", f"{INTERACTIONS}/contactexit", left)
    gone = {"values": ["secret@example.com"], "DeleteOperationType": "ContactAndAttributes"}
    api.done("POST", "/contacts/v1/contacts/actions/delete?type=keys", gone)
    api.http.put("/waystage/v1/keys/mine", json={"secret": "tell-nobody"})
    api.http.delete("/waystage/v1/keys/mine")
    rows = {
        "content": "ContactKey\nsecretary\n",
        "headers": {"content-type": "text/csv"},
    }
    api.done("POST", "/waystage/v1/imports?target=contacts", **rows)
    made_client = api.done("POST", CLIENTS, {"name": "other", "scopes": ["journeys_read"]})
    api.done("DELETE", f"{CLIENTS}/{made_client['clientId']}")
    assert every(api)[::-1] == [
        ("dataExtension", "Create"), ("eventDefinition", "Create"), ("eventDefinition", "Modify"),
        ("asset", "Create"), ("asset", "Modify"), ("asset", "Delete"),
        ("dataExtension", "Create"), ("dataExtension", "Delete"),
        ("map", "Create"), ("map", "Modify"), ("asset", "Create"),
        ("journey", "Create"), ("journey", "Publish"), ("journey", "Publish"),
        ("triggerTest", "Create"), ("triggerTest", "Modify"), ("triggerTest", "Delete"),
        ("goalStatistics", "Clear"), ("contactExit", "Request"), ("contactDeletion", "Request"),
        ("key", "Store"), ("key", "Delete"), ("import", "Begin"), ("client", "Create"), ("client", "Revoke"),
    ]  # fmt: skip
    raw = api.http.get(AUDIT, params={"$pageSize": 200}).text.lower()
    assert "secret" not in raw
    assert "tell-nobody" not in raw
    assert made_client["clientSecret"].lower() not in raw
    (exit_,) = api.done("GET", AUDIT, params={"kind": "ContactExit"})["items"]
    assert exit_["details"] == {"contacts": 1, "journeys": ["welcome"]}


def test_entries_are_found_by_kind_and_time(api: Api) -> None:
    made(api)
    advance(api, "P1D")
    api.done("POST", "/interaction/v1/map", {})
    assert every(api) == [("map", "Create"), ("journey", "Create")]
    assert every(api, kind="MAP") == [("map", "Create")]
    assert every(api, kind="client") == []
    assert every(api, start="2026-01-02T00:00:00Z") == [("map", "Create")]
    assert every(api, end="2026-01-01T23:59:59") == [("journey", "Create")]
    assert every(api, start="2026-01-01T00:00:00", end="2026-01-01T00:00:00.000Z") == [("journey", "Create")]
    (entry,) = api.done("GET", AUDIT, params={"$page": 2, "$pageSize": 1})["items"]
    assert (entry["key"], entry["versionNumber"], entry["timeStamp"]) == ("welcome", 1, "2026-01-01T00:00:00Z")
    assert entry["realTime"] > "2026-01-02"
    assert entry["user"]["clientId"] == "contract-client"
    for params, code in (({"kind": "nothing"}, 10005), ({"start": "soon"}, 10003), ({"$page": 0}, 10001)):
        answer = api("GET", AUDIT, params=params)
        assert (answer.status_code, answer.json()["errorcode"]) == (400, code)


def test_the_audit_belongs_to_its_business_unit_and_to_administrators(api: Api, server: Served) -> None:
    journey = made(api)
    asked = {"accountId": 77, "scopes": ["journeys_read", "waystage_admin"]}
    theirs = api.done("POST", CLIENTS, {"name": "other", **asked})
    reader = api.done("POST", CLIENTS, {"name": "reader", "scopes": ["journeys_read"]})
    other = server.client(theirs["clientId"], theirs["clientSecret"])
    light = server.client(reader["clientId"], reader["clientSecret"])
    assert other("GET", f"{INTERACTIONS}/key:welcome/audit/all").status_code == 404
    assert other("GET", f"{INTERACTIONS}/{journey['id']}/audit/all").status_code == 404
    assert every(other) == [("client", "Create")]
    made(other)
    assert told(other)[0]["user"]["name"] == "other"
    assert every(other) == [("journey", "Create"), ("client", "Create")]
    assert every(api) == [("client", "Create"), ("journey", "Create")]
    assert light("GET", AUDIT).status_code == 403
    assert actions(told(light)) == [("Create", 1)]
    other.http.close()
    light.http.close()
