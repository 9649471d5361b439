"""The message store over HTTP (contract, "Our own resources", 24; design 8.1)."""

from typing import Any

import pytest

from tests.channels.servers import MailServer, RudeServer, parsed, part
from tests.contract.event_bodies import ASSETS, CONTACTS, OBJECTS, ROWS, extension, stranger
from tests.contract.mailing import (
    ADVANCE,
    MESSAGES,
    SETTLE,
    asset,
    define_event,
    fire,
    mail,
    messages,
    publish,
    settle,
    wait,
)
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("3.10", "8.8")

NAMES = [
    *("requestId", "channel", "contactKey", "to", "subject", "html", "text", "status", "reason", "journeyKey"),
    *("version", "activityKey", "createdDate", "sentDate"),
]


def test_a_captured_message_says_everything(api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi %%First Name%%", html="<p>%%First Name%%</p>", text="%%First Name%%!")
    publish(api, [wait("W", "M"), mail("M")])
    fire(api, "ann", **{"First Name": "Zoë <&>"})
    settle(api)
    assert messages(api) == []
    api.done("POST", ADVANCE, {"by": "P1D"})
    (found,) = messages(api)
    assert list(found) == NAMES
    request = found.pop("requestId")
    assert found == {
        "channel": "email",
        "contactKey": "ann",
        "to": "ann@example.com",
        "subject": "Hi Zoë <&>",
        "html": "<p>Zoë &lt;&amp;&gt;</p>",
        "text": "Zoë <&>!",
        "status": "captured",
        "reason": None,
        "journeyKey": "welcome",
        "version": 1,
        "activityKey": "M",
        "createdDate": "2026-01-02T00:00:00",
        "sentDate": None,
    }
    assert messages(api)[0]["requestId"] == request


def test_without_an_address_a_message_is_suppressed_and_the_contact_goes_on(api: Api) -> None:
    define_event(api)
    publish(api, [mail("M1", "M2"), mail("M2", emailSubject="two")])
    for number, address in enumerate([None, "", " ", "nobody", "a b@c", "a@", "@b"]):
        fire(api, f"c{number}", Mail=address)
    settle(api)
    found = messages(api)
    assert len(found) == 14
    assert {(one["to"], one["status"], one["reason"]) for one in found} == {(None, "suppressed", "InvalidDefaultEmail")}


def test_filters_and_pages(api: Api) -> None:
    define_event(api)
    publish(api, [mail("M1", "W"), wait("W", "M2"), mail("M2")], "one")
    publish(api, [mail("M1")], "Two")
    for number in range(10):
        fire(api, f"c{number}", Mail=None if number < 3 else f"c{number}@example.com")
    settle(api)
    api.done("POST", ADVANCE, {"by": "P1D"})
    everything = messages(api, pageSize=500)
    assert len(everything) == 30
    dates = [one["createdDate"] for one in everything]
    assert dates == sorted(dates, reverse=True)
    for query, count in [
        ({}, 30),
        ({"journeyKey": "ONE"}, 20),
        ({"journeyKey": "two"}, 10),
        ({"journeyKey": "three"}, 0),
        ({"activityKey": "M1"}, 20),
        ({"activityKey": "M1", "journeyKey": "one"}, 10),
        ({"activityKey": "m1"}, 0),
        ({"contactKey": "c4"}, 3),
        ({"contactKey": "C4"}, 0),
        ({"contactKey": "c1", "status": "suppressed"}, 3),
        ({"contactKey": "nobody"}, 0),
        ({"status": "captured"}, 21),
        ({"status": "Suppressed"}, 9),
        ({"status": "sent"}, 0),
        ({"status": "failed"}, 0),
        ({"status": "queued"}, 0),
        ({"status": ""}, 30),
        ({"channel": "Email"}, 30),
        ({"channel": "sms"}, 0),
        ({"nothing": "known"}, 30),
    ]:
        pages: list[dict[str, Any]] = []
        for page in range(1, 6):
            answer = api.done("GET", MESSAGES, params={**query, "$page": page, "$pageSize": 7})
            assert (answer["count"], answer["page"], answer["pageSize"], answer["links"]) == (count, page, 7, {}), query
            pages += answer["items"]
        chosen = {one["requestId"] for one in pages}
        assert len(pages) == len(chosen) == count, query
        assert pages == [one for one in everything if one["requestId"] in chosen]  # same order, same bytes


@pytest.mark.parametrize(
    ("query", "code"),
    [({"status": "lost"}, 10005), ({"$page": "0"}, 10001), ({"$pageSize": "x"}, 10001), ({"contactKey": "a\0"}, 10001)],
)
def test_what_cannot_be_asked_names_the_parameter(light: Api, query: dict[str, str], code: int) -> None:
    answer = light("GET", MESSAGES, params=query)
    assert (answer.status_code, answer.json()["errorcode"]) == (400, code)
    assert next(iter(query)) in answer.json()["message"]


def test_business_units_are_apart(server: Served, api: Api) -> None:
    define_event(api)
    publish(api, [mail("M")])
    fire(api, "ann")
    settle(api)
    other = stranger(server, api)
    for query in ({}, {"contactKey": "ann"}, {"journeyKey": "welcome"}, {"status": "captured"}, {"activityKey": "M"}):
        assert other.done("GET", MESSAGES, params=query)["count"] == 0
    other.http.close()


def test_dates_have_the_offset_of_the_account(sqlite_url: str) -> None:
    with MailServer() as mails, Served(sqlite_url, WAYSTAGE_UTC_OFFSET="-06:00", WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="%%Day%%")
        publish(api, [mail("M")])
        fire(api, "ann", Day="2026-03-01T10:00:00")
        settle(api)
        (found,) = messages(api)
        assert (found["createdDate"], found["sentDate"]) == ("2025-12-31T18:00:00", "2025-12-31T18:00:00")
        assert found["text"] == "2026-03-01T10:00:00"
        api.http.close()


TEXT = (
    '%%First Name%%|%%first name%%|{{Event.signup."First Name"}}|{{Event.Total}}|{{Event.signup.Paid}}|'
    "{{Contact.Key}}|%%_subscriberkey%%|%%emailaddr%%|{{Contact.Attribute.Loyalty.Tier}}|"
    '{{Contact.Attribute."Email Demographics"."Last Name"}}|%%Tier%%|{{InteractionDefaults.Email}}|'
    "{{Context.VersionNumber}}|{{Context.IsTest}}|{{Context.ExecutionMode}}|%%Nothing%%|{{Event.signup.Nope}}|"
    "100%% {{Context.DefinitionId}}"
)


def test_personalisation_from_everywhere(api: Api) -> None:
    define_event(api)
    loyalty = extension("loyalty", name="Loyalty")
    loyalty["fields"][2] = {"name": "Tier", "type": "Text", "length": 20}
    api.done("POST", OBJECTS, loyalty)
    api.done("POST", f"{ROWS}/key:loyalty/rowset", [{"keys": {"Id": "1"}, "values": {"Who": "ann", "Tier": "<gold>"}}])
    name = {"name": "Email Demographics", "items": [{"values": [{"name": "Last Name", "value": "O'Hara"}]}]}
    api.done("POST", CONTACTS, {"contactKey": "ann", "attributeSets": [name]})
    asset(api, subjectline="%%First Name%% %%Nothing%%.", html=TEXT, text=TEXT)
    job = publish(api, [mail("M")])
    warnings = "\n".join(one["errorDetail"] for one in job["warnings"])
    assert all(word in warnings for word in ("%%Nothing%%", "Nope")), job
    fire(api, "ann", Total="12.5", Paid=True, **{"First Name": "%%Tier%% {{Contact.Key}} <b>"})
    settle(api)
    (found,) = messages(api)
    named = "%%Tier%% {{Contact.Key}} <b>"
    assert found["subject"] == f"{named} ."
    values = found["text"].split("|")
    assert values[:3] == [named] * 3  # values are never expanded again
    assert values[3:7] == ["12.50", "True", "ann", "ann"]
    assert values[7:12] == ["ann@example.com", "<gold>", "O'Hara", "<gold>", "ann@example.com"]
    assert values[12:17] == ["1", "false", "Production", "", ""]
    assert values[17].startswith("100%% ")
    assert len(values[17]) == 42
    escaped = found["html"].split("|")
    assert escaped[0] == "%%Tier%% {{Contact.Key}} &lt;b&gt;"
    assert (escaped[8], escaped[9]) == ("&lt;gold&gt;", "O&#x27;Hara")


def test_what_is_read_is_what_was_sent(database_url: str) -> None:
    with MailServer() as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        made = asset(api, subjectline="Hi %%First Name%%", html="<p>%%First Name%%</p>", text="%%First Name%%")
        publish(api, [mail("M", "W"), wait("W", "M2"), mail("M2")])
        fire(api, "ann", **{"First Name": "Zoë\r\nBcc: eve@example.com"})
        settle(api)
        api.done("PUT", f"{ASSETS}/{made['id']}", {"views": {"text": {"content": "new"}}})
        settle(api)
        api.done("POST", ADVANCE, {"by": "P1D"})
        newer, older = messages(api)
        assert [one["status"] for one in (newer, older)] == ["sent", "sent"]
        assert (older["sentDate"], newer["sentDate"]) == ("2026-01-01T00:00:00", "2026-01-02T00:00:00")
        assert (newer["text"], newer["html"], older["text"]) == ("new", "", "Zoë\r\nBcc: eve@example.com")
        assert messages(api, status="sent") == [newer, older]
        letters = {str(parsed(octets)["Message-ID"]): parsed(octets) for octets in mails.letters}
        assert list(letters) == [f"<{one['requestId']}@waystage>" for one in (older, newer)]
        first = letters[f"<{older['requestId']}@waystage>"]
        assert (first["Subject"], first["To"]) == (older["subject"], "ann@example.com")
        assert older["subject"] == "Hi Zoë Bcc: eve@example.com"
        assert "Bcc" not in first
        assert part(first, "plain") == older["text"].replace("\r\n", "\n")
        assert part(first, "html") == older["html"].replace("\r\n", "\n")
        api.http.close()


def test_a_refused_message_has_failed_with_its_reason(database_url: str) -> None:
    def manners(verb: str, n: int) -> str | None:
        return "550 no such user" if (verb, n) == ("RCPT", 1) else None

    with RudeServer(manners) as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="text")
        publish(api, [mail("M", "M2"), mail("M2", emailId=7)])
        fire(api, "ann")
        settle(api)
        found = {one["status"]: one for one in messages(api)}
        sent, failed = found["sent"], found["failed"]  # two connections at once: either may be the first to ask
        assert sent["reason"] is None
        assert (failed["reason"], failed["sentDate"]) == ("550 no such user", None)
        assert messages(api, status="failed", contactKey="ann", activityKey=failed["activityKey"]) == [failed]
        assert messages(api, status="failed", activityKey=sent["activityKey"]) == []
        figures = api.http.get("/metrics").text
        assert 'waystage_sends_total{channel="email",result="failed"} 1.0' in figures
        assert 'waystage_sends_total{channel="email",result="sent"} 1.0' in figures
        assert 'waystage_outbox_queued{channel="email"} 0.0' in figures
        assert "waystage_inbox_oldest_seconds 0.0" in figures
        api.http.close()


def test_an_email_that_comes_later_is_sent_from_then_on(database_url: str) -> None:
    with MailServer() as mails, Served(database_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        publish(api, [mail("M", emailId=7)])
        fire(api, "ann")
        settle(api)
        made = asset(api, subjectline="Hi", text="text")
        fire(api, "bob")
        settle(api)
        api.done("DELETE", f"{ASSETS}/{made['id']}")
        fire(api, "cid")
        settle(api)
        found = {one["contactKey"]: (one["status"], one["text"]) for one in messages(api)}
        assert found == {"ann": ("captured", ""), "bob": ("sent", "text"), "cid": ("sent", "text")}
        api.http.close()


def test_what_has_no_content_is_kept_even_where_there_is_a_way_out(sqlite_url: str) -> None:
    with MailServer() as mails, Served(sqlite_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        define_event(api)
        publish(api, [mail("M", emailSubject="Only a subject")])
        fire(api, "ann")
        settle(api)
        (found,) = messages(api)
        assert (found["status"], found["subject"], mails.letters) == ("captured", "Only a subject", [])
        api.http.close()


def test_messages_outlive_their_way_out(sqlite_url: str) -> None:
    """What was queued for a server is queued still when the program runs without one, and goes when it is back."""
    with Served(sqlite_url, WAYSTAGE_SMTP_URL="smtp://127.0.0.1:1") as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="text")
        publish(api, [mail("M")])
        fire(api, "ann")
        assert api("POST", SETTLE, {"timeoutSeconds": 0.2}).status_code == 504
        (queued,) = messages(api, status="queued")
        assert (queued["status"], queued["sentDate"]) == ("queued", None)
        api.http.close()
    with Served(sqlite_url) as server:
        api = server.client()
        settle(api)
        assert messages(api, status="queued")[0]["requestId"] == queued["requestId"]
        api.http.close()
    with MailServer() as mails, Served(sqlite_url, WAYSTAGE_SMTP_URL=mails.url) as server:
        api = server.client()
        settle(api)
        (sent,) = messages(api)
        assert (sent["status"], sent["requestId"]) == ("sent", queued["requestId"])
        assert [parsed(octets)["Message-ID"] for octets in mails.letters] == [f"<{sent['requestId']}@waystage>"]
        api.http.close()
