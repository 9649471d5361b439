"""Text, push and other messages over HTTP: captured, and posted to a real receiver (journey-spec 3.11, 1.6, 8.8)."""

from typing import Any

import pytest

from tests.channels.receivers import SECRET, Receiver
from tests.contract.event_bodies import ASSETS, CONTACTS, DEFINITIONS
from tests.contract.journeys import INTERACTIONS, minimal
from tests.contract.mailing import ADVANCE, MESSAGES, POLLS, fire, messages, publish, settle, wait
from tests.contract.served import Api, Served
from waystage.channels.webhook import key_of

pytestmark = pytest.mark.spec("3.11", "1.6", "8.8")

FIELDS = [
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "Mail", "dataType": "Text", "maxLength": "100"},
    {"name": "Mobile", "dataType": "Text", "maxLength": "100"},
    {"name": "Digits", "dataType": "Number"},
    {"name": "First Name", "dataType": "Text", "maxLength": "100"},
]
MOBILE: dict[str, Any] = {"defaults": {"mobileNumber": ["{{Event.signup.Mobile}}"]}}
#: 21:00 to 08:00; the clock begins at midnight.
NIGHT: dict[str, Any] = {
    "honorBlackoutWindowEnum": 1,
    "mobileBlackoutWindowStartTime": "21:00",
    "mobileBlackoutWindowEndTime": "08:00",
}


def define(api: Api) -> None:
    schema = {"fields": FIELDS, "sendableCustomObjectField": "ContactKey", "sendableSubscriberField": "_SubscriberKey"}
    api.done(
        "POST", DEFINITIONS, {"type": "APIEvent", "name": "signup", "eventDefinitionKey": "signup", "schema": schema}
    )


def send(key: str, type_: str, following: str | None = None, **configuration: Any) -> dict[str, Any]:
    """A message activity."""
    outcome = {"key": "on"} | ({"next": following} if following else {})
    return {"key": key, "name": key, "type": type_, "configurationArguments": configuration, "outcomes": [outcome]}


def findings(api: Api, activities: list[dict[str, Any]], key: str = "refused", **more: Any) -> list[tuple[str, str]]:
    """(code, text) of every error of a publication that must fail."""
    trigger = {"key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"}}
    given = {"entryMode": "MultipleEntries", "triggers": [trigger], **more}
    made = api.done("POST", INTERACTIONS, minimal(key, activities=activities, **given))
    job = api.done("POST", f"{INTERACTIONS}/publishAsync/{made['id']}?versionNumber={made['version']}")
    for _ in range(POLLS):
        result = api.done("GET", job["statusUrl"])
        if result["status"] != "PublishInProcess":
            break
    assert result["status"] == "Error", result
    return [(one["errorCode"], one["errorDetail"]) for one in result["errors"] if one["errorType"] == "Error"]


def asset(api: Api, text: str, *, title: str = "", number: int | None = None, **more: Any) -> int:
    """A stored message that is no e-mail; gives its id."""
    views = {"subjectline": {"content": title}, "text": {"content": text}}
    legacy = {"legacyData": {"legacyId": number}} if number else {}
    body = {"name": "A message", "assetType": {"id": 230}, "views": views, **legacy, **more}
    made = api.done("POST", ASSETS, body)
    assert made["assetType"] == {"id": 230, "name": "jsonmessage"}
    return int(made["id"])


def statuses(api: Api) -> set[str]:
    return {one["status"] for one in messages(api, pageSize=500)}


def test_without_a_receiver_every_message_is_captured(api: Api) -> None:
    define(api)
    types = {
        "SMSSYNC": "sms",
        "sms": "sms",
        "PUSHNOTIFICATIONACTIVITY": "push",
        "MobilePush": "push",
        "PUSHSYNC": "push",
        "PUSHINBOXACTIVITY": "inbox",
        "INBOX": "inbox",
        "INAPPSYNCACTIVITY": "inapp",
        "INAPP": "inapp",
        "LINEACTIVITY": "line",
        "LINE": "line",
        "WHATSAPPACTIVITY": "whatsapp",
        "WHATSAPPSESSIONTRANSFERACTIVITY": "whatsapp",
    }
    keys = [f"M{place}" for place in range(len(types))]
    following = [*keys[1:], None]
    publish(
        api,
        [
            send(key, type_, after, message="Hi %%First Name%%", title="Dear %%First Name%%")
            for key, type_, after in zip(keys, types, following, strict=True)
        ],
        **MOBILE,
    )
    fire(api, "ann", Mobile=" +49 (151) 2345-678 ", **{"First Name": "Zoë <&>"})
    settle(api)
    found = {one["activityKey"]: one for one in messages(api)}
    assert {key: found[key]["channel"] for key in keys} == dict(zip(keys, types.values(), strict=True))
    for one in found.values():
        assert (one["subject"], one["text"], one["html"]) == ("Dear Zoë <&>", "Hi Zoë <&>", "")
        assert (one["status"], one["reason"]) == ("captured", None)
        by_number = one["channel"] == "sms" or one["activityKey"] == "M11"
        assert one["to"] == ("+491512345678" if by_number else "ann")


def test_messages_are_found_by_their_channel(api: Api) -> None:
    define(api)
    publish(api, [send("S", "SMS", "P", message="one"), send("P", "MOBILEPUSH", message="two")], **MOBILE)
    for number in range(5):
        fire(api, f"c{number}", Mobile="0151234567" if number else None)
    settle(api)
    for query, count in [
        ({"channel": "sms"}, 5),
        ({"channel": "SMS", "status": "captured"}, 4),
        ({"channel": "sms", "status": "suppressed"}, 1),
        ({"channel": "push"}, 5),
        ({"channel": "push", "contactKey": "c1"}, 1),
        ({"channel": "push", "status": "queued"}, 0),
        ({"channel": "email"}, 0),
        ({"channel": "fax"}, 0),
    ]:
        assert api.done("GET", MESSAGES, params=query)["count"] == count, query


@pytest.mark.parametrize(
    ("mobile", "to"),
    [
        ("+1 (555) 010-9999", "+15550109999"),
        ("1234567", "1234567"),
        ("123456789012345", "123456789012345"),
        ("123456", None),
        ("1234567890123456", None),
        ("+", None),
        ("++1234567", None),
        ("123+4567", None),
        ("12345x7", None),
        ("١٢٣٤٥٦٧", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_a_mobile_number(light: Api, mobile: str | None, to: str | None) -> None:
    define(light)
    publish(light, [send("S", "SMS", "W", message="x"), wait("W")], **MOBILE)
    fire(light, "ann", Mobile=mobile)
    settle(light)
    (found,) = messages(light)
    wanted = ("captured", None) if to else ("suppressed", "InvalidDefaultMobileNumber")
    assert (found["to"], found["status"], found["reason"]) == (to, *wanted)


def test_the_first_usable_number_counts(api: Api) -> None:
    """The journey's list in its order; without one the event's phone fields, then the contact's own number."""
    define(api)
    listed = ["{{Event.signup.Mobile}}", "{{Event.signup.Digits}}", "{{Contact.Default.SMS}}"]
    publish(api, [send("S", "SMS", message="x")], "listed", defaults={"mobileNumber": listed})
    publish(api, [send("S", "SMS", message="x")], "unlisted")
    number = {"name": "Mobile Number", "value": "0160 1111111"}
    sets = [{"name": "MobileConnect Demographics", "items": [{"values": [number]}]}]
    api.done("POST", CONTACTS, {"contactKey": "own", "attributeSets": sets})
    fire(api, "first", Mobile="0151 1234567", Digits=1601111111)
    fire(api, "second", Mobile="none", Digits=1601111111)
    fire(api, "own", Mobile=None)
    settle(api)
    found = {(one["journeyKey"], one["contactKey"]): one["to"] for one in messages(api)}
    assert found == {
        ("listed", "first"): "01511234567",
        ("listed", "second"): "1601111111",
        ("listed", "own"): "01601111111",
        ("unlisted", "first"): None,
        ("unlisted", "second"): None,
        ("unlisted", "own"): "01601111111",
    }


def test_a_stored_message_is_named_by_its_id_or_its_legacy_id(api: Api) -> None:
    define(api)
    by_id = asset(api, "by id %%First Name%%", title="t")
    asset(api, "by legacy id", number=77310)
    deep = {"push": {"meta": {"options": {"customBlockData": {"display:title": "T", "display:message": "deep"}}}}}
    inner = api.done("POST", ASSETS, {"name": "Deep", "assetType": {"name": "JsonMessage"}, "views": deep})["id"]
    publish(
        api,
        [
            send("A", "SMS", "B", assetId=by_id),
            send("B", "SMS", "C", assetId="77310"),
            send("C", "MOBILEPUSH", triggeredSend={"assetId": inner}),
        ],
        **MOBILE,
    )
    fire(api, "ann", Mobile="0151234567", **{"First Name": "Ann"})
    settle(api)
    found = {one["activityKey"]: (one["subject"], one["text"]) for one in messages(api)}
    assert found == {"A": ("t", "by id Ann"), "B": ("", "by legacy id"), "C": ("T", "deep")}


def test_a_missing_message_matters_only_where_there_are_messages(api: Api) -> None:
    define(api)
    publish(api, [send("A", "SMS", assetId=99)], "captured", **MOBILE)
    fire(api, "ann", Mobile="0151234567")
    settle(api)
    assert statuses(api) == {"captured"}
    asset(api, "text")
    ((code, text),) = findings(api, [send("A", "SMS", assetId=99)], **MOBILE)
    assert (code, "99" in text) == ("190019", True)


@pytest.mark.parametrize(
    ("activity", "code", "words"),
    [
        (send("A", "SMS", message="x", **NIGHT | {"mobileBlackoutWindowEndTime": "late"}), "190019", "black-out"),
        (send("A", "SMS", message="x", honorBlackoutWindowEnum="1"), "190019", "black-out"),
        (send("A", "WHATSAPPACTIVITY", message="x", blockoutWindows="["), "190019", "blockoutWindows"),
        (send("A", "WHATSAPPACTIVITY", message="x", blockoutWindows="[1]"), "190019", "blockoutWindows"),
        (send("A", "WHATSAPPACTIVITY", message="x", blockoutWindows={"a": 1}), "190019", "blockoutWindows"),
        (
            send(
                "A", "WHATSAPPACTIVITY", message="x",
                blockoutWindows=[{"startTime": "21:00", "endTime": "08:00", "timezone": "Mars"}],
            ),
            "190019",
            "Mars",
        ),
        (
            send(
                "A", "WHATSAPPACTIVITY", message="x",
                blockoutWindows=[
                    {"startTime": "00:00", "endTime": "12:30"}, {"startTime": "12:00", "endTime": "00:00"},
                ],
            ),
            "190019",
            "no hour",
        ),
        (send("A", "WHATSAPPACTIVITY", message="x", mobileNumberAttributeName="Nowhere.Number"), "190011", "Nowhere"),
        (send("A", "SMS", message="x", throttleLimit=5, throttleOpens="soon"), "190019", "throttleOpens"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_at_publish(light: Api, activity: dict[str, Any], code: str, words: str) -> None:
    define(light)
    ((found, text),) = findings(light, [activity], **MOBILE)
    assert found == code
    assert words in text
    assert text.endswith(".")


@pytest.mark.parametrize("listed", [["nobody"], ["{{Event.signup.Nowhere}}"], ["{{Event.signup"]])
def test_a_default_number_that_can_be_none_is_refused(light: Api, listed: list[str]) -> None:
    define(light)
    found = findings(light, [send("A", "SMS", message="x")], defaults={"mobileNumber": listed})
    assert {code for code, _ in found} == {"121226"}


def test_a_suppressed_text_message_is_a_warning_in_the_history(api: Api) -> None:
    define(api)
    publish(api, [send("S", "SMS", "W", message="x"), wait("W")], **MOBILE)
    fire(api, "ann", Mobile="none")
    settle(api)
    rows = api.done("POST", f"{INTERACTIONS}/journeyhistory/search", {})["items"]
    told = [row for row in rows if row.get("activityName") == "S"]
    assert any("InvalidDefaultMobileNumber" in str(row) for row in told), told


def test_a_receiver_gets_every_message_once_with_who_and_what(database_url: str) -> None:
    with Receiver() as receiver, Served(database_url, **receiver.settings) as server:
        api = server.client()
        define(api)
        number = asset(api, "Hi %%First Name%%")
        publish(
            api,
            [
                send("S", "SMS", "P", assetId=number, keywordId="K", isOptIn=True, campaignId=3, fromName=""),
                send("P", "MOBILEPUSH", "E", message="push", application={"id": "a1", "name": "Shop"}),
                send("E", "EMAILV2", triggeredSend={"emailSubject": "mail"}),
            ],
            **MOBILE,
        )
        for place in range(40):
            fire(api, f"c{place}", Mobile="0151234567" if place else None, **{"First Name": f"n{place}"})
        settle(api)
        found = {one["requestId"]: one for one in messages(api, pageSize=500)}
        sent = {key: one for key, one in found.items() if one["status"] == "sent"}
        assert len(sent) == 79
        assert {one["status"] for one in found.values() if one["channel"] == "email"} <= {"captured", "suppressed"}
        assert sorted(receiver.taken) == sorted(sent)
        assert {len(posts) for posts in receiver.taken.values()} == {1}
        for key, (post,) in receiver.taken.items():
            body, row = post.body, sent[key]
            assert post.is_signed(key_of(SECRET))
            for name in ("requestId", "channel", "contactKey", "to", "subject", "html", "text", "journeyKey"):
                assert body[name] == row[name]
            assert (body["version"], body["activityKey"]) == (1, row["activityKey"])
        texts = {post.body["text"] for (post,) in receiver.taken.values() if post.body["channel"] == "sms"}
        assert texts == {f"Hi n{place}" for place in range(1, 40)}
        details = {str(post.body["details"]) for (post,) in receiver.taken.values()}
        assert details == {
            str({"assetId": number, "keywordId": "K", "isOptIn": True, "campaignId": 3}),
            str({"applicationId": "a1", "applicationName": "Shop"}),
        }


def test_e_mails_may_go_to_the_receiver_too(sqlite_url: str) -> None:
    with Receiver() as receiver, Served(sqlite_url, **receiver.settings, WAYSTAGE_WEBHOOK_CHANNELS="email") as server:
        api = server.client()
        define(api)
        body = {"name": "M", "assetType": {"id": 208}, "legacyData": {"legacyId": 7}}
        views = {"subjectline": {"content": "Hi"}, "html": {"content": "<p>x</p>"}}
        api.done("POST", ASSETS, body | {"views": views})
        publish(
            api,
            [send("E", "EMAILV2", "S", triggeredSend={"emailId": 7}), send("S", "SMS", message="x")],
            defaults={"email": ["{{Event.signup.Mail}}"], "mobileNumber": ["{{Event.signup.Mobile}}"]},
        )
        fire(api, "ann", Mobile="0151234567")
        settle(api)
        assert {one["channel"]: one["status"] for one in messages(api)} == {"email": "sent", "sms": "captured"}
        (post,) = receiver.posts
        assert (post.body["channel"], post.body["to"], post.body["subject"]) == ("email", "ann@example.com", "Hi")


OUTPUTS = ("smsJobId", "outMessageId", "isValidMobileNumber", "isWithinBlackout", "isTriggeredSend", "isAddressCreated")


def test_the_outputs_of_a_text_message_are_readable_later(api: Api) -> None:
    define(api)
    text = "|".join(f"{{{{Interaction.S.{name}}}}}" for name in OUTPUTS)
    publish(
        api,
        [send("S", "SMS", "W", message="x", **NIGHT), wait("W", "P"), send("P", "PUSHSYNC", message=text)],
        **MOBILE,
    )
    fire(api, "ann", Mobile="0151234567")
    fire(api, "bob", Mobile="none")
    settle(api)
    api.done("POST", ADVANCE, {"by": "P1D"})
    found = {(one["contactKey"], one["activityKey"]): one for one in messages(api)}
    for who, valid in (("ann", "True"), ("bob", "False")):
        name = found[who, "S"]["requestId"]
        assert found[who, "P"]["text"] == f"{name}|{name}|{valid}|True|True|False"


def test_a_split_may_look_at_the_outputs(api: Api) -> None:
    define(api)
    value = "<Value><![CDATA[true]]></Value>"
    condition = f'<Condition Key="Interaction.S.isValidMobileNumber" Operator="Equal">{value}</Condition>'
    criteria = f'<FilterDefinition><ConditionSet Operator="AND">{condition}</ConditionSet></FilterDefinition>'
    split = {
        "key": "D",
        "name": "D",
        "type": "MULTICRITERIADECISION",
        "configurationArguments": {"criteria": {"yes": criteria}},
        "outcomes": [{"key": "yes", "next": "P"}, {"key": "remainder_path", "next": "W"}],
    }
    publish(
        api, [send("S", "SMS", "D", message="x"), split, send("P", "PUSHSYNC", "W", message="p"), wait("W")], **MOBILE
    )
    fire(api, "ann", Mobile="0151234567")
    fire(api, "bob", Mobile="none")
    settle(api)
    assert [one["contactKey"] for one in messages(api, channel="push")] == ["ann"]
