"""Who is not written to, in which order that is asked, and how it is told (journey-spec 8.8, contract 25)."""

from typing import Any

import pytest

from tests.channels.servers import RudeServer
from tests.contract.event_bodies import CONTACTS, OBJECTS, ROWS, extension, stranger
from tests.contract.journeys import INTERACTIONS, minimal
from tests.contract.mailing import ADVANCE, asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("8.8")

ENGAGEMENTS = "/waystage/v1/engagements"
UNSUBSCRIBES = "/waystage/v1/contacts/{}/unsubscribes"
HISTORY = "/interaction/v1/interactions/journeyhistory/search"


def reasons(api: Api, **query: Any) -> dict[str, str | None]:
    """Why each contact's newest message was not sent; None for one that was."""
    return {one["contactKey"]: one["reason"] for one in reversed(messages(api, pageSize=500, **query))}


def blocked(api: Api, *contacts: str, name: str = "blocked") -> dict[str, Any]:
    """A data extension that these contacts have a row in."""
    made: dict[str, Any] = api.done("POST", OBJECTS, extension(name))
    rows = [{"keys": {"Id": one}, "values": {"Who": one}} for one in contacts]
    if rows:
        api.done("POST", f"{ROWS}/key:{name}/rowset", rows)
    return made


def send(api: Api, *people: tuple[str, dict[str, Any]], **settings: Any) -> None:
    """Publish a journey of one e-mail and let these enter."""
    define_event(api)
    asset(api, subjectline="Hi", text="Hi")
    publish(api, [mail("M", emailId=7, **settings)])
    for contact, data in people:
        fire(api, contact, **data)
    settle(api)


def test_each_rule_has_its_reason_and_its_sentence(api: Api) -> None:
    blocked(api, "listed")
    people = [
        ("ann", {}),
        ("nobody", {"Mail": "nowhere"}),
        ("listed", {}),
        ("here", {"Mail": "x@Blocked.Example"}),
        ("below", {"Mail": "x@mail.blocked.example"}),
        ("beside", {"Mail": "x@notblocked.example"}),
        ("poor", {"Total": "1.50"}),
        ("rich", {"Total": "10.00"}),
        ("dots", {"Mail": "a..b@example.com"}),
        ("abuse", {"Mail": "Abuse@example.com"}),
    ]
    send(
        api, *people, suppressionLists=[{"id": 5, "key": "blocked"}],
        domainExclusions=[{"id": 1, "name": "blocked.example"}], exclusionFilter="NOT Empty(Total) AND Total < 2",
    )  # fmt: skip
    assert reasons(api) == {
        "ann": None,
        "nobody": "InvalidDefaultEmail",
        "listed": "SuppressionList",
        "here": "DomainExclusion",
        "below": "DomainExclusion",
        "beside": None,
        "poor": "ExclusionScript",
        "rich": None,
        "dots": "InvalidSyntax",
        "abuse": "InvalidSyntax",
    }
    assert len(messages(api, status="suppressed", pageSize=500)) == 7
    assert len(messages(api, status="captured", pageSize=500)) == 3
    rows = api.done("POST", HISTORY, {}, params={"$pageSize": 500})["items"]
    warned = {row["contactKey"]: row["message"] for row in rows if row["clientStatus"] == "Warning"}
    assert warned.keys() == {"nobody", "listed", "here", "below", "poor", "dots", "abuse"}
    assert "excluded by Suppression logic" in warned["listed"]
    assert "excluded by List Detective" in warned["dots"]
    assert "has invalid syntax" in warned["dots"]
    ended = {row["contactKey"] for row in rows if row["activityType"] == "stopinteractionactivity"}
    assert ended == {contact for contact, _ in people}


def test_the_first_reason_counts(api: Api) -> None:
    blocked(api, "ann", "bob", "cem", "dan", "eve")
    define_event(api)
    asset(api, subjectline="Hi", text="Hi")
    settings: dict[str, Any] = {
        "publicationListId": "12",
        "suppressionLists": [{"id": 5, "key": "blocked"}],
        "domainExclusions": ["example.com"],
        "exclusionFilter": "SubscriberKey != ''",
    }
    publish(api, [mail("M", emailId=7, **settings)])
    for key in ("ann", "bob", "cem"):
        api.done("POST", CONTACTS, {"contactKey": key})
    for key, list_id in (("ann", 0), ("ann", 12), ("bob", 12), ("cem", 13)):
        api.done("POST", UNSUBSCRIBES.format(key), {"publicationListId": list_id})
    fire(api, "ann", Mail="nowhere")
    settle(api)
    assert reasons(api) == {"ann": "InvalidDefaultEmail"}
    for key in ("ann", "bob", "cem", "dan"):
        fire(api, key, Mail="..@example.com")
    fire(api, "zoe", Mail="..@example.com")
    fire(api, "yan", Mail="..@elsewhere.example")
    settle(api)
    assert reasons(api) == {
        "ann": "GlobalUnsubscribe",
        "bob": "ListUnsubscribe",
        "cem": "SuppressionList",
        "dan": "SuppressionList",
        "zoe": "DomainExclusion",
        "yan": "ExclusionScript",
    }


def test_whoever_unsubscribes_gets_nothing_more_from_that_list(api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", text="Hi")
    activities = [mail("A", "B", emailId=7, publicationListId=412), mail("B", emailId=7)]
    publish(api, activities)
    fire(api, "ann")
    fire(api, "bob")
    settle(api)
    sent = {(one["contactKey"], one["activityKey"]): one["requestId"] for one in messages(api)}
    api.done("POST", ENGAGEMENTS, {"requestId": sent["ann", "A"], "type": "unsubscribe"})
    api.done("POST", ENGAGEMENTS, {"requestId": sent["bob", "B"], "type": "unsubscribe"})
    fire(api, "ann")
    fire(api, "bob")
    settle(api)
    again = [one for one in messages(api, pageSize=500) if one["requestId"] not in sent.values()]
    found = [(one["contactKey"], one["activityKey"], one["reason"]) for one in again]
    assert sorted(found, key=str) == [
        ("ann", "A", "ListUnsubscribe"), ("ann", "B", None),
        ("bob", "A", "GlobalUnsubscribe"), ("bob", "B", "GlobalUnsubscribe"),
    ]  # fmt: skip
    wishes = api.done("GET", UNSUBSCRIBES.format("ann"))["items"]
    assert wishes == [{"channel": "email", "publicationListId": 412, "unsubscribedDate": "2026-01-01T00:00:00"}]


def test_wishes_are_seen_and_taken_back(server: Served, api: Api) -> None:
    for path, verb in ((UNSUBSCRIBES.format("ann"), "GET"), (UNSUBSCRIBES.format("ann"), "DELETE")):
        assert api(verb, path).status_code == 404
    assert api("POST", UNSUBSCRIBES.format("ann"), {}).status_code == 404
    api.done("POST", CONTACTS, {"contactKey": "ann"})
    path = UNSUBSCRIBES.format("ann")
    assert api.done("GET", path)["count"] == 0
    for body in ({}, {"publicationListId": 0}, {"PublicationListId": "5"}, {"publicationListId": 5, "channel": "SMS"}):
        api.done("POST", path, body)
    found = [(one["channel"], one["publicationListId"]) for one in api.done("GET", path)["items"]]
    assert found == [("email", 0), ("email", 5), ("sms", 5)]
    bad: list[Any] = [{"publicationListId": -1}, {"publicationListId": "x"}, {"channel": 5}, {"channel": "x" * 51}, []]
    for body in bad:
        assert api("POST", path, body).status_code == 400, body
    assert api("DELETE", path, params={"publicationListId": "x"}).status_code == 400
    assert api("DELETE", path, params={"publicationListId": "-1"}).status_code == 400
    other = stranger(server, api)
    assert [other(verb, path).status_code for verb in ("GET", "DELETE")] == [404, 404]
    left = api.done("DELETE", path, params={"channel": "Email", "publicationListId": 5})["items"]
    assert [(one["channel"], one["publicationListId"]) for one in left] == [("email", 0), ("sms", 5)]
    assert api.done("DELETE", path)["items"] == []
    assert api.done("GET", path)["items"] == []
    other.http.close()


def test_a_deleted_contact_leaves_no_wish(server: Served, api: Api) -> None:
    api.done("POST", CONTACTS, {"contactKey": "ann"})
    api.done("POST", UNSUBSCRIBES.format("ann"), {})
    gone = {"values": ["ann"], "DeleteOperationType": "ContactAndAttributes"}
    api.done("POST", f"{CONTACTS}/actions/delete?type=keys", gone)
    assert server.built.database.read(lambda tx: tx.rows("SELECT channel FROM unsubscribed")).result() == [("",)]
    api.done("POST", CONTACTS, {"contactKey": "ann"})
    assert api.done("GET", UNSUBSCRIBES.format("ann"))["items"] == []


EXCLUSIONS = [
    ("[First Name] == 'ann'", {"ann"}),
    ('%%First Name%% == "ANN"', {"ann"}),
    ("'ann' == AttributeValue('First Name')", {"ann"}),
    ("{{Event.signup.Total}} >= 10", {"bob"}),
    ("10 <= Total", {"bob"}),
    ("NOT Empty([First Name]) and Total > 5 or Paid == true", {"bob", "cem"}),
    ("NOT (Empty([First Name]) OR [First Name] != 'ann')", {"ann"}),
    ("Domain(emailaddr) == 'b.example'", {"bob"}),
    ("Domain(emailaddr) != 'b.example'", {"ann", "cem"}),
    ("Day < '2026-01-01'", {"cem"}),
    ("SubscriberKey <> 'ann'", {"bob", "cem"}),
]


@pytest.mark.parametrize(("script", "kept"), EXCLUSIONS)
def test_exclusion_filters(light: Api, script: str, kept: set[str]) -> None:
    people: list[tuple[str, dict[str, Any]]] = [
        ("ann", {"First Name": "Ann", "Total": "1.50", "Mail": "a@a.example"}),
        ("bob", {"First Name": "Bob", "Total": "10.00", "Mail": "b@b.example"}),
        ("cem", {"Paid": True, "Mail": "c@c.example", "Day": "2025-12-31"}),
    ]
    send(light, *people, exclusionFilter=script)
    assert {key for key, reason in reasons(light).items() if reason == "ExclusionScript"} == kept


UNREADABLE = [
    "RowCount(LookupRows('a','b','c')) > 0",
    "Total",
    "Total ==",
    "Total == [First Name]",
    "1 == 2",
    "Nowhere == 1",
    "Total == 'many'",
    "(Total == 1",
    "Total == 1)",
    "Total == 1 Paid == true",
    "Total = 1",
    "Empty()",
    "Domain(emailaddr) < 'x'",
    "AND",
    "Total == 1 --",
    "[" * 5000,
    "(" * 30 + "Total == 1" + ")" * 30,
    "NOT " * 30 + "Total == 1",
    "'unended",
    "Paid == 'perhaps'",
    5,
    {"a": 1},
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server with an event and an e-mail, for what is refused at publish."""
    with Served(f"sqlite:///{tmp_path_factory.mktemp('shop')}/shop.db") as served:
        api = served.client()
        define_event(api)
        asset(api, subjectline="Hi", text="Hi")
        api.done("POST", OBJECTS, {**extension("shelf"), "isSendable": False})
        yield api


def findings(api: Api, key: str, **settings: Any) -> list[tuple[str, str]]:
    """(code, sentence) of what publishing such an e-mail would report, by a lint of the body."""
    given = {
        "triggers": [{"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}],
        "defaults": {"email": ["{{Event.signup.Mail}}"]},
        "entryMode": "MultipleEntries",
    }
    body = minimal(key, activities=[mail("M", emailId=7, **settings)], **given)
    found = api.done("POST", "/waystage/v1/lint", body)["items"]
    return [(one["code"], one["message"]) for one in found if one["severity"] != "Advice"]


@pytest.mark.parametrize("script", UNREADABLE, ids=lambda script: str(script)[:30])
def test_what_cannot_be_read_keeps_the_journey_from_running(shop: Api, script: Any) -> None:
    ((code, message),) = findings(shop, "x", exclusionFilter=script)
    assert code == "121008"
    assert "exclusionFilter: " in message
    assert message.endswith(".")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"suppressionLists": [{"id": 7, "name": "nowhere"}]},
            "suppressionLists[0] is no data extension: 7 / nowhere.",
        ),
        ({"suppressionLists": [{"name": "shelf"}]}, "suppressionLists[0] has no sendable field: shelf."),
        ({"suppressionLists": [{}]}, "suppressionLists[0] is no data extension: it has neither id nor name."),
        ({"suppressionLists": 5}, "suppressionLists must be a list"),
        ({"domainExclusions": [{"name": "not a domain"}]}, "domainExclusions[0] must name a domain"),
        ({"domainExclusions": [{"id": 5}]}, "domainExclusions[0] must name a domain"),
        ({"domainExclusions": ["a.example"] * 101}, "domainExclusions must be a list"),
        ({"publicationListId": "many"}, "publicationListId must be a whole number"),
        ({"publicationListId": -1}, "publicationListId must be a whole number"),
    ],
)
def test_rules_that_name_nothing(shop: Api, settings: dict[str, Any], said: str) -> None:
    found = findings(shop, "x", **settings)
    assert {code for code, _ in found} == {"121008"}
    assert all(said in message for _, message in found)


def test_without_any_email_they_are_warnings(light: Api) -> None:
    define_event(light)
    job = publish(light, [mail("M", emailId=7, emailSubject="Hi", suppressionLists=[{"name": "nowhere"}])])
    assert "190111" in {one["errorCode"] for one in job["warnings"]}


def test_copies_that_are_none_are_warnings(shop: Api) -> None:
    found = findings(shop, "x", ccEmail="nobody", bccEmail=["a@b.example", 5, "{{Contact.Key}}@c.example"])
    assert [(code, "ccEmail: 'nobody' is no address." in text) for code, text in found] == [
        ("190111", True), ("190111", False),
    ]  # fmt: skip
    assert shop("GET", f"{INTERACTIONS}/key:x").status_code == 404


def test_each_channel_has_wishes_of_its_own(api: Api) -> None:
    """Who wants no texts still gets e-mails, and is told so by the text's own message."""
    define_event(api)
    asset(api, subjectline="Hi", text="Hi")
    text = {
        "key": "S",
        "name": "S",
        "type": "SMSSYNC",
        "configurationArguments": {"message": "Hello"},
        "outcomes": [{"key": "on", "next": "M"}],
    }
    numbers = {"email": ["{{Event.signup.Mail}}"], "mobileNumber": ["+44 7700 900123"]}
    publish(api, [text, mail("M", emailId=7)], defaults=numbers)
    fire(api, "ann")
    settle(api)
    (sent,) = messages(api, channel="sms")
    api.done("POST", ENGAGEMENTS, {"requestId": sent["requestId"], "type": "unsubscribe"})
    fire(api, "ann")
    settle(api)
    assert [(one["activityKey"], one["reason"]) for one in messages(api)[:2]] == [
        ("M", None), ("S", "GlobalUnsubscribe"),
    ]  # fmt: skip
    assert [one["channel"] for one in api.done("GET", UNSUBSCRIBES.format("ann"))["items"]] == ["sms"]


def test_a_bounce_at_the_door_is_a_fact(database_url: str) -> None:
    """An engagement split by bounces sees what the SMTP server said of the recipient."""

    def manners(verb: str, n: int) -> str | None:
        return "550 no such user" if verb == "RCPT" and n <= 1 else None

    with RudeServer(manners) as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="Hi")
        settings = {"refActivityCustomerKey": "M", "statsTypeId": 6}
        outcomes = [
            {"key": "yes", "arguments": {"when": True}, "next": "Y"}, {"key": "no", "arguments": {"when": False}},
        ]  # fmt: skip
        split = {
            "key": "E",
            "name": "E",
            "type": "ENGAGEMENTDECISION",
            "configurationArguments": settings,
            "outcomes": outcomes,
        }
        publish(api, [mail("M", "W"), wait("W", "E"), split, wait("Y", None, 9)])
        fire(api, "ann")
        settle(api)
        assert server.built.database.read(lambda tx: tx.rows("SELECT kind FROM engagement")).result() == [("bounce",)]
        api.done("POST", ADVANCE, {"by": "P1D"})
        stats = api.done("GET", f"{INTERACTIONS}/key:welcome")["stats"]
        assert stats["currentPopulation"] == 1
