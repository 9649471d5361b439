"""What happened to one contact and why, over HTTP (contract 22; design 8.5, 8.6, 8.10)."""

from typing import Any

import pytest

from tests.contract import calling
from tests.contract.explaining import W, advance, explained, the_passage, visits, why
from tests.contract.mailing import asset, define_event, fire, mail, messages, publish, settle, wait
from tests.contract.served import Api, Served
from tests.engine.machine import condition, criteria, decision, group, split
from waystage.operations import explain

pytestmark = pytest.mark.spec("2.7", "4", "9.1", "9.3")

JAN = "2026-01-0{}T00:00:00Z"


def ask(api: Api, path: str) -> tuple[int, int]:
    answer = api("GET", f"{W}/journeys/{path}")
    return answer.status_code, answer.json().get("errorcode", 0)


def contact(api: Api, key: str, **profile: Any) -> None:
    """Create a contact with a first name and other e-mail demographics."""
    body = {
        "contactKey": key,
        "attributeSets": [
            {
                "name": "Email Demographics",
                "items": [
                    {"values": [{"name": name.replace("_", " "), "value": one} for name, one in profile.items()]}
                ],
            }
        ],
    }
    answer = api("POST", "/contacts/v1/contacts", body)
    if answer.status_code == 409 or not answer.is_success:
        api.done("PATCH", "/contacts/v1/contacts", body)


def test_a_whole_passage(api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    big = criteria(condition("Event.signup.Total", "GreaterThan", "50.5"))
    paid = criteria(
        condition("Event.signup.Paid", "Equal", "true"), condition("Event.signup.Day", "After", "2025-12-31")
    )
    publish(api, [wait("W", "D"), decision("D", [(big, "M"), (paid, "M")], None), mail("M", "V"), wait("V")])
    fire(api, "ann", Total="7.25", Paid=True, Day="2026-01-01")
    settle(api)
    found = explained(api)
    assert (found["contactKey"], found["journeyKey"], found["refusals"]) == ("ann", "welcome", [])
    assert (found["count"], found["page"]) == (1, 1)
    (passage,) = found["passages"]
    assert passage["entered"] == JAN.format(1)
    assert passage["entry"]["decision"] == "Entered"
    assert "MultipleEntries" in passage["entry"]["reason"]
    assert (passage["state"], passage["waitingFor"]) == ("Waiting", {"until": JAN.format(2)})
    assert "ended" not in passage
    assert visits(passage) == [("W", None)]
    assert why(passage, "W") == [["waitDuration", JAN.format(1), "Plus", "1 DAYS", JAN.format(2)]]
    advance(api, "P1D")
    passage = the_passage(api)
    assert visits(passage) == [("W", "on"), ("D", "path-1"), ("M", "on"), ("V", None)]
    assert [one["type"] for one in passage["visits"]] == ["WAIT", "MULTICRITERIADECISION", "EMAILV2", "WAIT"]
    assert why(passage, "D") == [
        ["Event.signup.Total", 7.25, "GreaterThan", 50.5, False],
        ["Event.signup.Paid", True, "Equal", True, True],
        ["Event.signup.Day", "2026-01-01T00:00:00", "After", "2025-12-31", True],
        ["path-1", None, "And", None, True],
    ]
    (sent,) = messages(api)
    assert passage["visits"][2]["message"] == {
        "requestId": sent["requestId"], "channel": "email", "status": "captured", "reason": None,
    }  # fmt: skip
    advance(api, "P1D")
    passage = the_passage(api)
    assert (passage["state"], passage["ended"]) == ("Ended", {"at": JAN.format(3), "reason": "EndOfPath"})
    assert [(one["arrived"], one["departed"]) for one in passage["visits"]] == [
        (JAN.format(1), JAN.format(2)), (JAN.format(2), JAN.format(2)), (JAN.format(2), JAN.format(2)),
        (JAN.format(2), JAN.format(3)),
    ]  # fmt: skip
    assert explained(api) == explained(api, "ANN", "WELCOME")


def test_who_is_not_known(server: Served, api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    contact(api, "ann", First_Name="Ann")
    assert ask(api, "none/contacts/ann") == (404, 30003)
    assert ask(api, "welcome/contacts/nobody") == (404, 30003)
    empty = explained(api)
    assert (empty["passages"], empty["refusals"], empty["count"]) == ([], [], 0)
    made = api.done("POST", "/waystage/v1/clients", {"name": "b", "accountId": 2, "scopes": ["journeys_read"]})
    stranger = server.client(made["clientId"], made["clientSecret"])
    assert ask(stranger, "welcome/contacts/ann") == (404, 30003)


def test_contact_data_is_told_as_it_was_looked_at(api: Api) -> None:
    """What changes afterwards changes no reason; nothing is kept for journeys that look at entry data alone."""
    define_event(api)
    gold = criteria(condition("Email Demographics.Company", "Equal", "gold"))
    some = criteria(group(condition("Email Demographics.City", "IsNotNull"), gold_like(), operator="OR"))
    publish(api, [decision("D", [(gold, "W"), (some, "W")], "W"), wait("W", "E"), decision("E", [(gold, None)], None)])
    contact(api, "ann", Company="silver", City="Rome")
    fire(api, "ann")
    fire(api, "bob")
    settle(api)
    contact(api, "ann", Company="gold", City="Oslo")
    advance(api, "P1D")
    passage = the_passage(api)
    assert visits(passage) == [("D", "path-1"), ("W", "on"), ("E", "path-0")]
    assert why(passage, "D") == [
        ["Email Demographics.Company", "silver", "Equal", "gold", False],
        ["Email Demographics.City", "Rome", "IsNotNull", None, True],
        ["Email Demographics.Company", "silver", "BeginsWith", "go", False],
        ["path-1", None, "Or", None, True],
    ]
    assert why(passage, "E") == [["Email Demographics.Company", "gold", "Equal", "gold", True]]
    nobody = the_passage(api, "bob")
    assert visits(nobody)[0] == ("D", "remainder_path")
    assert why(nobody, "D")[0] == ["Email Demographics.Company", None, "Equal", "gold", False]
    assert [one[-1] for one in why(nobody, "D")] == [False] * 4


def gold_like() -> str:
    return condition("Email Demographics.Company", "BeginsWith", "go")


@pytest.mark.spec("3.6")
def test_a_draw_is_told_with_its_bounds(api: Api) -> None:
    define_event(api)
    publish(api, [split("S", (30, None), (30, None), (40, None))])
    people = [f"c{number}" for number in range(12)]
    for one in people:
        fire(api, one)
    settle(api)
    for one in people:
        passage = the_passage(api, one)
        ((_, outcome),) = visits(passage)
        lines = why(passage, "S")
        assert {line[0] for line in lines} == {"random number from 1 to 100"}
        assert [line[3] for line in lines] == [30, 60, 100][: len(lines)]
        assert outcome == f"branchResult-{len(lines)}"
        assert all(line[4] is (line[1] <= line[3]) for line in lines)
        assert [line[4] for line in lines] == [False] * (len(lines) - 1) + [True]


@pytest.mark.spec("3.3", "8.6")
def test_the_end_of_a_wait_is_told(api: Api) -> None:
    define_event(api)
    dated = {"waitEndDateAttributeExpression": "{{Event.signup.Day}}", "waitDuration": -1, "waitUnit": "DAYS"}
    fixed = {"specificDate": "2026-01-05", "specifiedTime": "09:00"}
    outcome = [{"key": "on", "next": "F"}]
    publish(
        api,
        [
            {"key": "A", "type": "WAIT", "configurationArguments": dated, "outcomes": outcome},
            {"key": "F", "type": "WAIT", "configurationArguments": fixed, "outcomes": [{"key": "on", "next": "W"}]},
            wait("W"),
        ],
    )
    fire(api, "ann", Day="2026-01-04")
    settle(api)
    advance(api, "P5D")
    passage = the_passage(api)
    assert why(passage, "A") == [
        ["{{Event.signup.Day}}", "2026-01-04T00:00:00", "Plus", "-1 DAYS", JAN.format(3)],
    ]  # fmt: skip
    assert why(passage, "F") == [["specificDate", "2026-01-05T09:00:00Z", "Until", None, "2026-01-05T09:00:00Z"]]
    pause = {"ExtendWaitEndDates": True}
    api.done("POST", "/interaction/v1/interactions/pause/key:welcome?versionNumber=1", pause)
    settle(api)
    advance(api, "P2D")
    passage = the_passage(api)
    assert (passage["state"], passage["waitingFor"]) == ("Paused", {"until": "2026-01-08T09:00:00Z"})
    api.done("POST", "/interaction/v1/interactions/resume/key:welcome?versionNumber=1", {})
    settle(api)
    passage = the_passage(api)
    assert (passage["state"], passage["waitingFor"]) == ("Waiting", {"until": "2026-01-08T09:00:00Z"})
    advance(api, "P2D")
    passage = the_passage(api)
    assert passage["ended"] == {"at": "2026-01-08T09:00:00Z", "reason": "EndOfPath"}
    assert why(passage, "W") == [
        ["waitDuration", "2026-01-05T09:00:00Z", "Plus", "1 DAYS", "2026-01-06T09:00:00Z"],
        ["pause", "2026-01-06T09:00:00Z", "Plus", "172800 SECONDS", "2026-01-08T09:00:00Z"],
    ]


@pytest.mark.spec("3.4")
def test_what_was_heard_is_told_and_stays(api: Api) -> None:
    define_event(api)
    define_event(api, "order")
    large = criteria(condition("Event.order.Total", "GreaterThan", "10"))
    hears = {"waitForEventKey": "order", "waitDuration": 3, "waitUnit": "DAYS", "criteria": large}
    ways = [{"key": "heard", "next": "H", "arguments": {"when": True}}, {"key": "silent", "arguments": {"when": False}}]
    loop = {"key": "H", "type": "WAITBYEVENT", "configurationArguments": hears, "outcomes": ways}
    publish(api, [loop])
    fire(api, "ann")
    settle(api)
    assert the_passage(api)["waitingFor"] == {"until": JAN.format(4), "event": "order"}
    for total in ("5", "20", "30"):
        advance(api, "P1D")
        fire(api, "ann", "order", Total=total)
        settle(api)
    advance(api, "P5D")
    passage = the_passage(api)
    assert visits(passage) == [("H", "heard"), ("H", "heard"), ("H", "silent")]
    told = [[list(line.values()) for line in one["why"]][1:] for one in passage["visits"]]
    assert told == [
        [
            ["Event.order", JAN.format(3), "Heard", None, True],
            ["Event.order.Total", 20.0, "GreaterThan", 10.0, True],
        ],
        [
            ["Event.order", JAN.format(4), "Heard", None, True],
            ["Event.order.Total", 30.0, "GreaterThan", 10.0, True],
        ],
        [["Event.order", None, "Heard", None, False]],
    ]


@pytest.mark.spec("7.1", "7.2")
@pytest.mark.parametrize("sweeps", [False, True])
def test_goal_and_exit_criteria_are_told_to_whoever_leaves_by_them(api: Api, sweeps: bool) -> None:
    define_event(api)
    goal = criteria(condition("Email Demographics.Company", "Equal", "gold"))
    left = criteria(condition("Email Demographics.City", "Equal", "Rome"))
    publish(
        api,
        [wait("W", None, 9 if sweeps else 1)],
        goals=[{"key": "G", "name": "G", "type": "Event", "configurationArguments": {"criteria": goal},
            "metaData": {"isExitCriteria": True}}],
        exits=[{"key": "X", "name": "X", "type": "Event", "configurationArguments": {"criteria": left}}],
    )  # fmt: skip
    for one in ("ann", "bob"):
        fire(api, one)
    settle(api)
    contact(api, "ann", Company="gold")
    contact(api, "bob", City="Rome")
    advance(api, "P2D")
    contact(api, "ann", Company="lead")
    passage = the_passage(api)
    assert passage["ended"]["reason"] == "MetGoal"
    assert ["Email Demographics.Company", "gold", "Equal", "gold", True] in why(passage, "W")
    advance(api, "P9D")
    other = the_passage(api, "bob")
    assert other["ended"]["reason"] == "MetExitCriteria"
    assert why(other, "W")[-2:] == [
        ["Email Demographics.Company", None, "Equal", "gold", False],
        ["Email Demographics.City", "Rome", "Equal", "Rome", True],
    ]


@pytest.mark.spec("7.2")
def test_exit_criteria_that_act_at_once_are_told_alone(api: Api) -> None:
    define_event(api)
    goal = criteria(condition("Email Demographics.Company", "Equal", "gold"))
    left = criteria(condition("Email Demographics.City", "Equal", "Rome"))
    publish(
        api,
        [wait("W", None, 9)],
        goals=[{"key": "G", "name": "G", "type": "Event", "configurationArguments": {"criteria": goal},
            "metaData": {"isExitCriteria": True}}],
        exits=[{"key": "X", "name": "X", "type": "Event", "configurationArguments": {"criteria": left},
            "metaData": {"waystage": {"immediate": True}}}],
    )  # fmt: skip
    fire(api, "ann")
    settle(api)
    contact(api, "ann", City="Rome")
    settle(api)
    contact(api, "ann", City="Oslo")
    settle(api)
    passage = the_passage(api)
    assert passage["ended"] == {"at": JAN.format(1), "reason": "MetExitCriteria"}
    assert why(passage, "W")[-1] == ["Email Demographics.City", "Rome", "Equal", "Rome", True]


def test_the_entry_and_refusals(api: Api) -> None:
    define_event(api)
    filtered = criteria(condition("Event.signup.Total", "GreaterThan", "10"))
    trigger = {
        "key": "TRIGGER", "type": "APIEvent", "metaData": {"eventDefinitionKey": "signup"},
        "configurationArguments": {"criteria": filtered},
    }  # fmt: skip
    publish(api, [wait("W")], entryMode="SingleEntryAcrossAllVersions", triggers=[trigger])
    for total in ("5", "20", "30"):
        fire(api, "ann", Total=total)
        settle(api)
    found = explained(api)
    (passage,) = found["passages"]
    assert passage["entry"]["reason"].startswith("SingleEntryAcrossAllVersions")
    assert [list(one.values()) for one in passage["entry"]["why"]] == [
        ["Event.signup.Total", 20.0, "GreaterThan", 10.0, True]
    ]
    first, second = found["refusals"]
    assert (first["at"], first["version"], first["reason"]) == (JAN.format(1), 1, "DidNotMeetEntryCriteria")
    assert [list(one.values()) for one in first["why"]] == [["Event.signup.Total", 30.0, "GreaterThan", 10.0, False]]
    assert (second["reason"], "why" in second) == ("CurrentlyWaitingInSameInteraction", False)


@pytest.mark.spec("8.8")
def test_a_message_that_nobody_gets_is_told_with_the_reason(api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", text="text")
    publish(api, [mail("M", "W"), wait("W")])
    fire(api, "ann", Mail="")
    settle(api)
    message = the_passage(api)["visits"][0]["message"]
    assert (message["status"], message["reason"]) == ("suppressed", "InvalidDefaultEmail")


@pytest.mark.spec("8.5", "8.7")
def test_every_version_and_every_end(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    fire(api, "ann")
    settle(api)
    advance(api, "PT1H")
    publish(api, [wait("W", None, 9)])
    fire(api, "ann")
    fire(api, "ann")
    settle(api)
    api.done("POST", "/interaction/v1/interactions/stop/key:welcome?versionNumber=1", {})
    first, second, third = explained(api)["passages"]
    assert [one["version"] for one in (first, second, third)] == [1, 2, 2]
    stopped = {"at": "2026-01-01T01:00:00Z", "reason": "Stopped"}
    assert (first["state"], first["ended"], first["visits"][0]["departed"]) == ("Ended", stopped, stopped["at"])
    settle(api)
    assert explained(api)["passages"][0] == first
    assert [second["state"], third["state"]] == ["Waiting", "Waiting"]
    newest, older = explained(api, pageSize=1), explained(api, pageSize=2, page=2)
    assert ([newest["passages"], newest["count"], newest["pageSize"]], older["passages"]) == ([[third], 3, 1], [first])
    api.done("POST", "/interaction/v1/interactions/contactexit", [{"ContactKey": "ann", "DefinitionKey": "welcome"}])
    settle(api)
    ended = [one["ended"]["reason"] for one in explained(api)["passages"]]
    assert ended == ["Stopped", "Ejected", "Ejected"]


def test_of_a_deleted_contact_the_way_stays_and_no_value(api: Api) -> None:
    define_event(api)
    rich = criteria(condition("Event.signup.Total", "GreaterThan", "10"))
    gold = criteria(condition("Email Demographics.Company", "Equal", "secret"))
    publish(api, [decision("D", [(rich, "E")], None), decision("E", [(gold, "W")], None), wait("W")])
    contact(api, "ann", Company="secret")
    fire(api, "ann", Total="20")
    settle(api)
    assert why(the_passage(api), "D") == [["Event.signup.Total", 20.0, "GreaterThan", 10.0, True]]
    api.done("POST", "/contacts/v1/contacts/actions/delete?type=keys", {"values": ["ann"]})
    settle(api)
    passage = the_passage(api)
    assert passage["ended"]["reason"] == "ContactDeleted"
    assert visits(passage) == [("D", "path-0"), ("E", "path-0"), ("W", None)]
    assert why(passage, "D") == [["Event.signup.Total", None, "GreaterThan", 10.0, True]]
    assert why(passage, "E") == [["Email Demographics.Company", None, "Equal", "secret", True]]


@pytest.mark.spec("3.7")
def test_what_was_done_with_a_message_is_told(api: Api) -> None:
    define_event(api)
    asset(api, subjectline="Hi", html="<p>Hi</p>", text="text")
    opened = {
        "key": "E",
        "type": "ENGAGEMENTDECISION",
        "configurationArguments": {"refActivityCustomerKey": "M", "statsTypeId": 2},
        "outcomes": [{"key": "yes", "arguments": {"when": True}}, {"key": "no", "arguments": {"when": False}}],
    }
    publish(api, [mail("M", "W"), wait("W", "E"), opened])
    for one in ("ann", "bob"):
        fire(api, one)
    settle(api)
    (sent,) = messages(api, contactKey="ann")
    api.done("POST", f"{W}/engagements", {"requestId": sent["requestId"], "type": "open"})
    advance(api, "P1D")
    (late,) = messages(api, contactKey="bob")
    api.done("POST", f"{W}/engagements", {"requestId": late["requestId"], "type": "open"})
    settle(api)
    assert visits(the_passage(api))[-1] == ("E", "yes")
    assert why(the_passage(api), "E") == [["M: open or click", None, "Happened", None, True]]
    assert visits(the_passage(api, "bob"))[-1] == ("E", "no")
    assert why(the_passage(api, "bob"), "E") == [["M: open or click", None, "Happened", None, False]]


@pytest.mark.spec("6.3")
def test_a_custom_activity_is_told_with_its_answer(database_url: str) -> None:
    with calling.served(database_url) as (_, api, service):
        calling.run(api, calling.rest(service))
        calling.run(api, calling.rest(service, "s400"), "bob")
        passage = the_passage(api)
        assert visits(passage) == [("CALL", "on"), ("MAIL", "on")]
        assert why(passage, "CALL") == [["answer of the custom activity", "on", "Reply", None, JAN.format(1)]]
        failed = the_passage(api, "bob")
        assert (visits(failed), failed["ended"]["reason"]) == ([("CALL", None)], "Error")
        assert any("The service answered 400." in str(line[1]) for line in why(failed, "CALL"))


def test_odd_names(api: Api) -> None:
    define_event(api)
    publish(api, [wait("W")])
    for name in ("a%00b", "%ff%fe", "' OR 1=1", "a" * 5_000, "%F0%9F%92%A9"):
        assert ask(api, f"welcome/contacts/{name}")[0] == 404
        assert ask(api, f"{name}/contacts/ann")[0] == 404
    for paging in ("$page=0", "$pageSize=x"):
        assert api("GET", f"{W}/journeys/welcome/contacts/ann?{paging}").status_code == 400


def test_an_endless_passage_is_told_from_its_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one answer does not hold is left out at the begin, and counted."""
    monkeypatch.setattr(explain, "MOST_ROWS", 20)
    define_event(api)
    define_event(api, "order")
    hears = {"waitForEventKey": "order", "waitDuration": 9, "waitUnit": "DAYS"}
    ways = [{"key": "heard", "next": "D", "arguments": {"when": True}}, {"key": "silent", "arguments": {"when": False}}]
    loop = {"key": "H", "type": "WAITBYEVENT", "configurationArguments": hears, "outcomes": ways}
    big = criteria(condition("Event.signup.Total", "GreaterThan", "50"))
    publish(api, [loop, decision("D", [(big, "H")], "H")])
    fire(api, "ann")
    settle(api)
    for _ in range(12):
        fire(api, "ann", "order")
        settle(api)
    passage = the_passage(api)
    assert (len(passage["visits"]), passage["leftOut"]) == (14, 2 + 1 + 3 * 12 - 20)
    assert (passage["visits"][-1]["activityKey"], passage["visits"][-2]["outcome"]) == ("H", "remainder_path")
    assert (passage["state"], passage["waitingFor"]["event"]) == ("Waiting", "order")
