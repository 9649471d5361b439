"""What the options of an e-mail do: copies, preheader, one body (journey-spec 3.10)."""

from typing import Any

import pytest

from tests.channels.servers import MailServer, RudeServer, parsed, part
from tests.contract.mailing import asset, define_event, fire, mail, messages, publish, settle
from tests.contract.served import Api, Served

pytestmark = pytest.mark.spec("3.10")

COPIES: dict[str, Any] = {
    "ccEmail": "boss@example.com; {{Contact.Key}}@cc.example, %%First Name%%",
    "bccEmail": ["%%Mail%%", "archive@example.com"],
}


def test_copies_go_to_whom_the_values_say(sqlite_url: str) -> None:
    """An expression may become several addresses, or none that can be used."""
    with MailServer() as post, Served(sqlite_url, WAYSTAGE_SMTP_URL=post.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="Hi")
        publish(api, [mail("M", emailId=7, **COPIES)])
        fire(api, "ann", **{"First Name": "x@first.example;nobody\r\nBcc: eve@example.com"})
        fire(api, "bob")
        settle(api)
    found = {to[0]: to[1:] for to in post.recipients}
    assert found == {
        "ann@example.com": [
            "boss@example.com", "ann@cc.example", "x@first.example", "ann@example.com", "archive@example.com",
        ],
        "bob@example.com": ["boss@example.com", "bob@cc.example", "bob@example.com", "archive@example.com"],
    }  # fmt: skip
    assert all(parsed(letter)["Bcc"] is None for letter in post.letters)


def test_a_refused_copy_is_no_failure(sqlite_url: str) -> None:
    def manners(verb: str, n: int) -> str | None:
        return "550 no such user" if (verb, n) == ("RCPT", 2) else None

    with RudeServer(manners) as post, Served(sqlite_url, WAYSTAGE_SMTP_URL=post.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", text="Hi")
        publish(api, [mail("M", emailId=7, ccEmail="boss@example.com")])
        fire(api, "ann")
        settle(api)
        assert [one["status"] for one in messages(api)] == ["sent"]


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ("<html><BODY bgcolor='x'><p>Hi</p></BODY></html>", "<html><BODY bgcolor='x'>{}<p>Hi</p></BODY></html>"),
        ("<p>Hi</p>", "{}<p>Hi</p>"),
    ],
)
def test_the_preheader_is_hidden_at_the_top(light: Api, html: str, seen: str) -> None:
    define_event(light)
    asset(light, subjectline="Hi", html=html, text="Hi")
    publish(light, [mail("M", emailId=7, preHeader=" For %%First Name%% & you ")])
    fire(light, "ann", **{"First Name": "<Ann>"})
    settle(light)
    (found,) = messages(light)
    hidden = '<div style="display:none;max-height:0;overflow:hidden;opacity:0">For &lt;Ann&gt; &amp; you</div>'
    assert found["html"] == seen.format(hidden)
    assert found["text"] == "Hi"


def test_without_multipart_there_is_one_body(light: Api) -> None:
    define_event(light)
    asset(light, 7, subjectline="Hi", html="<p>Hi</p>", text="Hi")
    asset(light, 8, subjectline="Hi", text="Hi")
    activities = [mail("A", "B", emailId=7, isMultipart=False), mail("B", emailId=8, isMultipart=False)]
    publish(light, activities)
    fire(light, "ann")
    settle(light)
    found = {one["activityKey"]: (one["html"], one["text"]) for one in messages(light)}
    assert found == {"A": ("<p>Hi</p>", ""), "B": ("", "Hi")}


def test_the_subject_of_the_activity_wins(light: Api) -> None:
    define_event(light)
    asset(light, subjectline="stored", text="x")
    send: dict[str, Any] = {"emailId": 7, "emailSubject": "fixed", "dynamicEmailSubject": "Hi %%First Name%%"}
    publish(light, [mail("M", **send)])
    fire(light, "ann", **{"First Name": "Ann"})
    settle(light)
    assert [one["subject"] for one in messages(light)] == ["Hi Ann"]


def test_odd_options_are_no_trouble(sqlite_url: str) -> None:
    odd: dict[str, Any] = {
        "preHeader": 5, "ccEmail": {"a": 1}, "bccEmail": [None, "", " "], "isMultipart": "no", "keyword": [],
        "campaigns": "x", "suppressTracking": "yes", "throttleLimit": 0,
    }  # fmt: skip
    with MailServer() as post, Served(sqlite_url, WAYSTAGE_SMTP_URL=post.url) as server:
        api = server.client()
        define_event(api)
        asset(api, subjectline="Hi", html="<p>Hi</p>", text="Hi")
        job = publish(api, [mail("M", emailId=7, **odd)])
        assert {one["errorCode"] for one in job["warnings"]} == {"190111"}
        fire(api, "ann")
        settle(api)
    assert post.recipients == [["ann@example.com"]]
    assert part(parsed(post.letters[0]), "plain") == "Hi"
