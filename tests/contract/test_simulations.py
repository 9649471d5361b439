"""Simulations over HTTP: the same seed gives the same bytes, and nothing stored is touched (contract 21, 36)."""

from typing import Any

import pytest

from tests.contract.event_bodies import DEFINITIONS, OBJECTS, ROWS, codes, extension, stranger
from tests.contract.journeys import INTERACTIONS, made, minimal
from tests.contract.mailing import ADVANCE, FIELDS, asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served
from tests.engine.machine import condition, criteria, decision
from waystage.store.sql import Tx

SIMULATIONS = "/waystage/v1/simulations"
DAYS = [("ann", "2026-03-01"), ("bob", "2026-03-01"), ("cid", "2026-04-01"), ("dan", "2025-03-01")]
START, UNTIL = "2026-02-01T00:00:00Z", "2026-12-31T00:00:00Z"


def document(activities: list[dict[str, Any]], event: str = "signup", **more: Any) -> dict[str, Any]:
    """The body of a journey that an event starts."""
    given = {
        "entryMode": "MultipleEntries",
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": event}}],
        "defaults": {"email": [f"{{{{Event.{event}.Mail}}}}"]},
        **more,
    }
    return minimal("welcome", activities=activities, **given)


def rich() -> list[dict[str, Any]]:
    """A split by total, two waits, e-mails."""
    much = criteria(condition("Event.signup.Total", "GreaterThan", "100"))
    return [wait("W", "D", 2), decision("D", [(much, "M")], "V"), mail("M"), wait("V", "N", 30), mail("N")]


def asked(journey: Any = None, **more: Any) -> dict[str, Any]:
    return {"journey": journey or document(rich()), "seed": 7, "start": START, "until": UNTIL, "contacts": 200} | more


def over(server: Served) -> None:
    """Every simulation that was asked for so far is over: they run one after the other."""
    server.built.simulations._thread.submit(lambda: None).result()


def run(server: Served, api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """The report of a simulation."""
    opened = api.done("POST", SIMULATIONS, body)
    assert sorted(opened) == ["id", "status"]
    over(server)
    found: dict[str, Any] = api.done("GET", f"{SIMULATIONS}/{opened['id']}")
    return found


def raw(server: Served, api: Api, body: dict[str, Any]) -> bytes:
    """The bytes of a report, but for its id."""
    opened = api.done("POST", SIMULATIONS, body)
    over(server)
    answer = api("GET", f"{SIMULATIONS}/{opened['id']}")
    assert answer.json()["status"] == "completed", answer.text
    return answer.content.replace(opened["id"].encode(), b"")


def passed(report: dict[str, Any], key: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [one for one in report["funnel"] if one["activityKey"] == key]
    return found[0]


def everything(server: Served) -> dict[str, int]:
    """How many rows each table has that a simulation must not touch."""

    def count(tx: Tx) -> dict[str, int]:
        names = (
            "contact",
            "row",
            "inbox",
            "instance",
            "outbox",
            "hop_log",
            "counter",
            "seat",
            "form",
            "job",
            "version",
        )
        more = ("engagement", "event_definition", "data_extension", "journey", "audit")
        return {table: tx.rows(f"SELECT count(*) FROM {table}")[0][0] for table in (*names, *more)}

    return server.built.database.read(count).result()


def test_given_contacts(server: Served, api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", html='<a href="https://example.com/a?x=1">a</a>', text="x")
    before = everything(server)
    contacts = [
        {"contactKey": "ann", "data": {"Mail": "ann@example.com", "Total": 200}},
        {"contactKey": "bob", "data": {"Mail": "bob@example.com", "Total": 1}, "at": "2026-02-03T12:00:00Z"},
        {"contactKey": "cid", "data": {"Mail": "nobody", "Total": 1}},
    ]
    report = run(server, api, asked(contacts=contacts, engagement={"open": 1, "click": 1}))
    assert (report["status"], report["seed"], report["contacts"], report["entered"]) == ("completed", 7, 3, 3)
    assert passed(report, "D") == {
        "activityKey": "D",
        "arrived": 3,
        "waiting": 0,
        "outcomes": {"path-0": 1, "remainder_path": 2},
    }
    day = 86_400
    assert report["timing"] == [
        {"activityKey": "W", "contacts": 3, "least": 2 * day, "median": 2 * day, "average": 2 * day, "most": 2 * day},
        {
            "activityKey": "V",
            "contacts": 2,
            "least": 30 * day,
            "median": 30 * day,
            "average": 30 * day,
            "most": 30 * day,
        },
    ]
    assert report["messages"] == [
        {"activityKey": "M", "day": "2026-02-03", "count": 1},
        {"activityKey": "N", "day": "2026-03-07", "count": 1},
    ]
    assert report["engagement"] == [
        {"activityKey": key, "type": kind, "count": 1} for key in ("M", "N") for kind in ("click", "open")
    ]
    assert report["ended"] == {"EndOfPath": 3}
    suppressed = {"code": "Suppressed", "severity": "Warning", "activityKey": "N", "count": 1}
    assert [one for one in report["problems"] if one["code"] == "Suppressed"] == [
        suppressed | {"message": "Messages were suppressed: InvalidDefaultEmail."}
    ]
    settle(api)
    assert everything(server) == before
    assert messages(api) == []
    assert api.done("GET", "/waystage/v1/clock")["now"] == "2026-01-01T00:00:00Z"


def test_the_same_seed_gives_the_same_bytes_also_beside_others_and_after_a_restart(database_url: str) -> None:
    body = asked(engagement={"open": 0.5, "click": 0.2, "bounce": 0.1})
    body["journey"]["activities"].insert(0, wait("FIRST", "W"))
    with Served(database_url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", html="x", text="x")
        first = raw(server, api, body)
        publish(api, rich(), "other")
        for name in ("ann", "bob"):
            fire(api, name)
        settle(api)
        assert raw(server, api, body) == first
        assert raw(server, api, body | {"seed": 8}) != first
    with Served(database_url) as server:
        assert raw(server, server.client(), body) == first


def test_a_simulation_that_was_cut_off_is_run_again(database_url: str) -> None:
    with Served(database_url) as server:
        api = server.client()
        define_event(api)
        expected = raw(server, api, asked())
        server.built.simulations.close()
        opened = api.done("POST", SIMULATIONS, asked())
        where = f"{SIMULATIONS}/{opened['id']}"
        waiting = api.done("GET", where)
        assert (waiting["status"], waiting["funnel"], waiting["seed"]) == ("running", [], 7)
    with Served(database_url) as server:
        over(server)
        answer = server.client()("GET", where)
        assert answer.content.replace(opened["id"].encode(), b"") == expected


def test_made_contacts_walk_every_path(server: Served, api: Api) -> None:
    define_event(api)
    loyalty = extension("loyalty", name="Loyalty")
    loyalty["fields"][2] = {"name": "Tier", "type": "Text", "length": 20}
    api.done("POST", OBJECTS, loyalty)
    paths: list[tuple[str, str | None]] = [
        (criteria(condition("Event.signup.Total", "Equal", "12.5")), "END-0"),
        (criteria(condition("Loyalty.Tier", "Equal", "gold")), "END-1"),
        (criteria(condition("Event.signup.Paid", "Equal", "true")), "END-2"),
        (criteria(condition("Event.signup.First Name", "Contains", "nna")), "END-3"),
        (criteria(condition("Event.signup.Day", "LessThan", "2026-03-01")), "END-4"),
    ]
    ends = [wait(f"END-{number}", None) for number in range(6)]
    report = run(server, api, asked(document([decision("D", paths, "END-5"), *ends]), contacts=500))
    assert report["entered"] == 500
    assert all(passed(report, "D")["outcomes"].values()), passed(report, "D")
    assert sum(passed(report, "D")["outcomes"].values()) == 500
    assert report["ended"] == {"EndOfPath": 500}


def test_everybody_made_can_be_reached(server: Served, api: Api) -> None:
    define_event(api)
    report = run(server, api, asked(document([mail("M", emailSubject="Hello")]), contacts=50))
    assert report["messages"] == [{"activityKey": "M", "day": "2026-02-01", "count": 50}]


def test_text_messages_and_their_black_out_window(server: Served, api: Api) -> None:
    define_event(api)
    night = {"mobileBlackoutWindowStartTime": "22:00", "mobileBlackoutWindowEndTime": "08:00"}
    sms: dict[str, Any] = {"key": "S", "type": "SMS", "outcomes": [{"key": "on"}]}
    sms |= {"configurationArguments": {"message": "Hello", "honorBlackoutWindowEnum": 1, **night}}
    journey = document([sms], defaults={"mobileNumber": ["{{Event.signup.Mail}}"]})
    report = run(server, api, asked(journey, contacts=50, start="2026-02-01T23:00:00Z"))
    assert report["messages"] == [{"activityKey": "S", "day": "2026-02-02", "count": 50}]


def test_an_event_definition_of_its_own(server: Served, api: Api) -> None:
    before = everything(server)
    schema = {"fields": FIELDS, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    event = {"type": "APIEvent", "name": "Later", "eventDefinitionKey": "later", "schema": schema}
    report = run(server, api, asked(document([wait("W")], "later"), eventDefinition=event, contacts=3))
    assert (report["status"], report["ended"]) == ("completed", {"EndOfPath": 3})
    assert everything(server) == before


def test_a_stored_version_by_its_key(server: Served, api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", html="x", text="x")
    publish(api, rich())
    body = {name: value for name, value in asked().items() if name != "journey"}
    report = run(server, api, body | {"journeyKey": "WELCOME", "version": 1, "eventDefinition": "signup"})
    assert report["entered"] == 200
    counts = api.done("GET", f"{INTERACTIONS}/key:welcome")["stats"]
    assert counts["cumulativePopulation"] == 0


def test_what_is_known_of_a_contact_comes_along(server: Served, api: Api) -> None:
    define_event(api)
    loyalty = extension("loyalty", name="Loyalty")
    loyalty["fields"][2] = {"name": "Tier", "type": "Text", "length": 20}
    api.done("POST", OBJECTS, loyalty)
    api.done("POST", f"{ROWS}/key:loyalty/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "ann", "Tier": "gold"}}])
    gold = criteria(condition("Loyalty.Tier", "Equal", "gold"))
    journey = document([decision("D", [(gold, "A")], "B"), wait("A"), wait("B")])
    contacts = [{"contactKey": "ann"}, {"contactKey": "bob", "data": None}]
    report = run(server, api, asked(journey, contacts=contacts))
    assert passed(report, "D")["outcomes"] == {"path-0": 1, "remainder_path": 1}


def test_who_is_inside_at_the_end_and_who_is_refused(server: Served, api: Api) -> None:
    define_event(api)
    journey = document([wait("W", amount=300)], entryMode="SingleEntryAcrossAllVersions")
    contacts = [{"contactKey": "ann", "at": f"2026-02-0{day}T00:00:00Z"} for day in (1, 2, 3)]
    report = run(server, api, asked(journey, contacts=contacts, until="2026-03-01T00:00:00Z"))
    assert (report["entered"], report["ended"], passed(report, "W")["waiting"]) == (1, {}, 1)
    counts = {one["code"]: one["count"] for one in report["problems"] if "count" in one}
    assert counts["StillInside"] == 1
    assert counts["Refused"] == 2


def test_an_audience_is_let_in_as_its_event_definition_says(server: Served, api: Api) -> None:
    sendable = {"sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    people = api.done("POST", OBJECTS, {"name": "People", "key": "people", "fields": FIELDS, **sendable})
    body = {"type": "EmailAudience", "name": "signup", "eventDefinitionKey": "signup", "dataExtensionId": people["id"]}
    api.done("POST", DEFINITIONS, body)
    trigger = {"key": "TRIGGER", "type": "EmailAudience", "metaData": {"eventDefinitionKey": "signup"}}
    journey = document([mail("M", emailSubject="x")], triggers=[trigger], definitionType="Quicksend", channel="email")
    report = run(server, api, asked(journey, contacts=30))
    assert (report["entered"], report["ended"]) == (30, {"EndOfPath": 30})


def test_a_date_lets_contacts_in_on_its_day(server: Served, api: Api) -> None:
    sendable = {"sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    people = api.done("POST", OBJECTS, {"name": "People", "key": "people", "fields": FIELDS, **sendable})
    rule = {"contactAttributeName": "Day", "dateOffset": 0, "dateOffsetUnit": "Days", "dateType": "once"}
    body = {"type": "DateEvent", "name": "signup", "eventDefinitionKey": "signup", "arguments": rule}
    api.done("POST", DEFINITIONS, body | {"dataExtensionId": people["id"]})
    trigger = {"key": "TRIGGER", "type": "DateEvent", "metaData": {"eventDefinitionKey": "signup"}}
    journey = document([mail("M", emailSubject="x")], triggers=[trigger])
    contacts = [{"contactKey": key, "data": {"Mail": "a@example.com", "Day": day}} for key, day in DAYS]
    report = run(server, api, asked(journey, contacts=contacts))
    assert [(one["day"], one["count"]) for one in report["messages"]] == [("2026-03-01", 2), ("2026-04-01", 1)]
    assert run(server, api, asked(journey, contacts=40))["entered"] == 40


def test_engagement_is_seen_when_its_time_comes(server: Served, api: Api) -> None:
    define_event(api)
    ways = [{"key": "yes", "arguments": {"when": True}}, {"key": "no", "arguments": {"when": False}}]
    for way in ways:
        way["next"] = "END"
    settings = {"refActivityCustomerKey": "M", "statsTypeId": 2}
    split = {"key": "E", "type": "ENGAGEMENTDECISION", "outcomes": ways, "configurationArguments": settings}
    journey = document([mail("M", "W", emailSubject="x"), wait("W", "E", 1), split, wait("END")])
    report = run(server, api, asked(journey, contacts=400, engagement={"open": 0.5}))
    (opened,) = [one["count"] for one in report["engagement"]]
    assert 150 < opened < 250
    found = passed(report, "E")["outcomes"]
    assert 0 < found["yes"] < opened, "some have opened only after the split"
    assert found["yes"] + found["no"] == 400


def test_a_link_that_a_split_asks_for_is_clicked(server: Served, api: Api) -> None:
    """Also where the message has no text that could hold it."""
    define_event(api)
    link = "https://events.example.com/register"
    split = {
        "key": "CLICKED",
        "name": "Clicked",
        "type": "ENGAGEMENTDECISION",
        "configurationArguments": {
            "statsTypeId": 3, "refActivityCustomerKey": "M", "engagementUrls": {"urls": [link]},
        },
        "outcomes": [{"key": "yes", "arguments": {"when": True}}, {"key": "no", "arguments": {"when": False}}],
    }  # fmt: skip
    activities = [mail("M", "W", emailSubject="Come"), wait("W", "CLICKED", 4), split]
    report = run(server, api, asked(document(activities), contacts=5, engagement={"open": 1, "click": 1}))
    assert passed(report, "CLICKED")["outcomes"] == {"yes": 5, "no": 0}


def test_custom_activities_are_not_called(server: Served, api: Api) -> None:
    define_event(api)
    execute = {"url": "http://127.0.0.1:9/never", "verb": "POST", "inArguments": [], "outArguments": []}
    ways = [{"key": key, "arguments": {"branchResult": key}, "next": "END"} for key in ("a", "b")]
    call: dict[str, Any] = {"key": "C", "type": "RESTDECISION", "outcomes": ways, "arguments": {"execute": execute}}
    call["configurationArguments"] = {"publish": {"url": "http://127.0.0.1:9/never"}}
    report = run(server, api, asked(document([call, wait("END")]), contacts=100))
    assert (report["status"], report["ended"]) == ("completed", {"EndOfPath": 100}), report["problems"]
    assert all(passed(report, "C")["outcomes"].values())
    assert [one["activityKey"] for one in report["problems"] if one["code"] == "NotCalled"] == ["C"]


def test_who_unsubscribes_gets_nothing_more(server: Served, api: Api) -> None:
    define_event(api)
    activities = [mail("M", "W", emailSubject="x"), wait("W", "N", 9), mail("N", emailSubject="y")]
    report = run(server, api, asked(document(activities), contacts=100, engagement={"unsubscribe": 0.5}))
    left = {one["type"]: one["count"] for one in report["engagement"] if one["activityKey"] == "M"}
    assert left["open"] == left["unsubscribe"]
    (suppressed,) = [one for one in report["problems"] if one["code"] == "Suppressed"]
    assert (suppressed["activityKey"], suppressed["count"]) == ("N", left["unsubscribe"])


def test_a_version_that_cannot_be_published_has_failed(server: Served, api: Api) -> None:
    define_event(api)
    report = run(server, api, asked(document([wait("W", "NOWHERE")])))
    assert (report["status"], report["funnel"]) == ("failed", [])
    assert report["problems"][0]["severity"] == "Error"
    assert "NOWHERE" in report["problems"][0]["message"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"journey": None}, [10002]),
        ({"journeyKey": "welcome"}, [10002]),
        ({"journey": {"key": 5}}, [10001]),
        ({"contacts": None}, [10002]),
        ({"contacts": 0}, [10005]),
        ({"contacts": 100_001}, [10005]),
        ({"contacts": {}}, [10001]),
        ({"contacts": []}, [10005]),
        ({"contacts": [5, {"data": {}}]}, [10001, 10002]),
        ({"contacts": [{"contactKey": "ann", "data": {"Total": "much"}}]}, [10001]),
        ({"contacts": [{"contactKey": "ann", "at": "2027-01-01"}]}, [10005]),
        ({"contacts": [{"contactKey": "ann", "at": "soon"}]}, [10003]),
        ({"seed": 1.5}, [10001]),
        ({"seed": 2**63}, [10005]),
        ({"seed": "x" * 201}, [10005]),
        ({"start": "soon"}, [10003]),
        ({"until": "2026-01-31T00:00:00Z"}, [10005]),
        ({"until": "2036-01-31T00:00:00Z"}, [10005]),
        ({"engagement": {"open": 2, "click": "x"}}, [10005, 10001]),
        ({"eventDefinition": 5}, [10001]),
        ({"eventDefinition": "nothing"}, [10005]),
        ({"eventDefinition": {"type": "APIEvent"}}, [10002, 10002, 10002]),
    ],
)
def test_a_body_that_cannot_be_run(light: Api, more: dict[str, Any], expected: list[int]) -> None:
    define_event(light)
    assert codes(light("POST", SIMULATIONS, asked() | more)) == expected


def test_nothing_of_others(server: Served, api: Api) -> None:
    define_event(api)
    made(api, "welcome", activities=[wait("W")])
    opened = api.done("POST", SIMULATIONS, asked())
    other = stranger(server, api)
    assert other("GET", f"{SIMULATIONS}/{opened['id']}").status_code == 404
    assert api("GET", f"{SIMULATIONS}/unknown").status_code == 404
    body = {name: value for name, value in asked().items() if name != "journey"} | {"journeyKey": "welcome"}
    assert other("POST", SIMULATIONS, body).status_code == 404
    answer = other("POST", SIMULATIONS, asked())
    assert codes(answer) == [10005]


def test_a_queue_that_is_full(light_server: Served, light: Api) -> None:
    define_event(light)
    light_server.built.simulations.close()
    for _ in range(20):
        light.done("POST", SIMULATIONS, asked(contacts=1))
    answer = light("POST", SIMULATIONS, asked(contacts=1))
    assert (answer.status_code, answer.json()["errorcode"]) == (503, 50300)


def test_old_ones_are_forgotten(light_server: Served, light: Api) -> None:
    define_event(light)
    report = run(light_server, light, asked(contacts=1))
    light.done("POST", ADVANCE, {"by": "P32D"})
    engine = light_server.built.engine
    engine.ask(lambda: [None for _ in iter(engine.stepper.tidy, False)]).result()
    assert light("GET", f"{SIMULATIONS}/{report['id']}").status_code == 404


def test_no_personal_data_stays(light_server: Served, light: Api) -> None:
    define_event(light)
    contacts = [{"contactKey": "ann", "data": {"First Name": "Annabel"}}]
    run(light_server, light, asked(contacts=contacts))

    def stored(tx: Tx) -> str:
        return str(tx.rows("SELECT * FROM simulation"))

    assert "Annabel" not in light_server.built.database.read(stored).result()
