"""Compiling a document: everything that is wrong with it, all at once, and never an exception."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.machine import condition, criteria, decision, email, journey, split, update, wait
from waystage.installed import installed_kinds
from waystage.plan.catalog import Catalog, EventDefinition, Extension
from waystage.plan.compile import Compiled, Identity, compile_journey
from waystage.plan.effects import Content
from waystage.plan.strides import stride
from waystage.spec import problems as p
from waystage.spec.document import parse
from waystage.spec.fields import Field, FieldType, Schema

pytestmark = pytest.mark.spec("2.1", "5.2", "5.3", "10.2")

KINDS = installed_kinds()
SIGNUP = Extension(
    1,
    "11111111-1111-1111-1111-111111111111",
    "signups",
    "Signups",
    Schema(
        (Field("ContactKey", is_primary_key=True, is_nullable=False), Field("Score", FieldType.NUMBER)), "ContactKey"
    ),
)
LOOSE = Extension(2, "22222222-2222-2222-2222-222222222222", "loose", "Loose", Schema((Field("A"),)))
CATALOG = Catalog(
    0,
    (
        EventDefinition(1, "e1", "signup", "APIEvent", SIGNUP),
        EventDefinition(2, "e2", "loose", "APIEvent", LOOSE),
        EventDefinition(3, "e3", "lost", "APIEvent", None),
    ),
    (SIGNUP, LOOSE),
)
WITH_CONTENT = Catalog(0, CATALOG.events, CATALOG.extensions, {7: Content(1, "s", "h", "t")})


def _compile(document: dict[str, Any], catalog: Catalog = CATALOG, former: str | None = None) -> Compiled:
    return compile_journey(parse(document), KINDS, catalog, Identity(1, 1, 1, "d", former))


def _codes(document: dict[str, Any], catalog: Catalog = CATALOG, former: str | None = None) -> list[str]:
    return sorted(found.code for found in _compile(document, catalog, former).problems)


def test_every_problem_of_a_document_is_found_at_once() -> None:
    bad = criteria(condition("Event.signup.Score", "GreaterThan", "many"))
    unread = wait("unread", "dangling")
    unread["metaData"] = {"isConfigured": False}
    chain = [email(f"c{number}", f"c{number + 1}") for number in range(95)]
    document = journey(
        [
            split("first", (50, "unread"), (49, "d")),
            unread,
            decision("d", [(bad, "w"), ("<broken", "l1")], "odd"),
            wait("w", "u", 0),
            {"key": "odd", "type": "MADEUP", "outcomes": [{"key": "o", "next": "rest"}]},
            {"key": "rest", "type": "REST", "outcomes": [{"key": "o", "next": "m"}]},
            email("m", "l1", "%%Nowhere%%"),
            email("l1", "l2"),
            email("l2", "l1"),
            update("u", "x", ("Nowhere", "A", "x")),
            decision("x", [(criteria(condition("Nowhere.A", "Equal", "1")), "c0")]),
            *chain,
            email("c95"),
            email("island"),
        ],
        entryMode="NotSet",
        goals=[{}, {}],
        defaults={"email": ["{{Event.signup.Nothing}}"]},
        trigger={
            "outcomes": [{"key": "start", "next": "first"}],
            "configurationArguments": {"unconfigured": True},
        },
    )
    expected = {
        p.EMAIL_INVALID,
        p.DEFAULT_ADDRESS_INVALID,
        p.TRIGGER_UNUSABLE,
        p.ACTIVITY_NOT_CONFIGURED,
        p.NEXT_UNKNOWN,
        p.LOOP,
        p.UNREACHABLE,
        p.RANDOM_SPLIT,
        p.DECISION_SPLIT,
        p.WAIT,
        p.EXPRESSION,
        p.GOAL_OR_EXIT,
        p.ENTRY_MODE_CHANGE,
        p.UPDATE_CONTACT,
        p.CUSTOM_ACTIVITY,
        p.MANY_ACTIVITIES,
        p.ENTRY_MODE_NOT_SET,
        p.ACTIVITY_TYPE_UNKNOWN,
        p.OPERAND_UNREADABLE,
        p.PERSONALISATION,
    }
    compiled = _compile(document, WITH_CONTENT, "OnceAndDone")
    assert {found.code for found in compiled.problems} == expected
    assert compiled.plan is None


def test_problems_name_their_activity() -> None:
    (found,) = _compile(journey([wait("w", None, 0)])).errors
    assert (found.code, found.activity_key, found.activity_type) == (p.WAIT, "w", "WAIT")


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        (journey([]), [p.NO_ACTIVITIES]),
        (journey([email("a"), email("b")]), [p.UNREACHABLE]),
        (journey([email("a", "b"), email("b", "a")]), [p.LOOP]),
        (journey([email("a")], event="nowhere"), [p.TRIGGER_UNUSABLE]),
        (journey([email("a")], event="loose"), [p.DATA_EXTENSION]),
        (journey([email("a")], event="lost"), [p.DATA_EXTENSION]),
        (journey([email("a")]) | {"triggers": []}, [p.TRIGGER_UNUSABLE]),
        (journey([email("a")]) | {"triggers": journey([])["triggers"] * 2}, [p.TRIGGER_UNUSABLE]),
        (journey([email("a")], trigger={"type": "DateEvent"}), [p.DATA_EXTENSION]),
        (journey([email("a")], trigger={"type": "Telepathy"}), [p.TRIGGER_UNUSABLE]),
        (journey([email("a")], exits=[{}]), [p.GOAL_OR_EXIT]),
        (journey([email("a")], entryMode="NotSet"), [p.ENTRY_MODE_NOT_SET]),
        (journey([email("a")], entryMode="NotSet", definitionType="Quicksend"), [p.SINGLE_SEND]),
    ],
)
def test_problems_of_the_whole(document: dict[str, Any], codes: list[str]) -> None:
    assert _codes(document) == codes


def test_a_missing_e_mail_matters_only_where_there_are_e_mails() -> None:
    document = journey([email("m")])
    document["activities"][0]["configurationArguments"]["triggeredSend"]["emailId"] = "8"
    assert _codes(document) == []
    assert _codes(document, WITH_CONTENT) == [p.EMAIL_INVALID]
    document["activities"][0]["configurationArguments"]["triggeredSend"]["emailId"] = "7"
    assert _codes(document, WITH_CONTENT) == []


def test_once_and_done_stays() -> None:
    former = "OnceAndDone"
    assert _codes(journey([email("a")]), former=former) == [p.ENTRY_MODE_CHANGE]
    assert _codes(journey([email("a")], entryMode=former), former=former) == []


def test_what_runs_is_compiled_in_spite_of_problems() -> None:
    document = parse(journey([decision("d", [(criteria(condition("Gone.A", "Equal", "1")), None)])]))
    assert compile_journey(document, KINDS, CATALOG, Identity()).plan is None
    assert compile_journey(document, KINDS, CATALOG, Identity(), anyway=True).plan is not None


def test_a_hundred_activities() -> None:
    activities = [split(f"s{n}", (50, f"s{n + 1}"), (50, f"s{n + 2}" if n < 98 else None)) for n in range(99)]
    plan = _compile(journey([*activities, email("s99")])).plan
    assert plan is not None
    assert len(stride(plan, plan.start).leaves) < 200


def test_too_many_values_are_refused() -> None:
    names = ",".join(f"n{number}" for number in range(13_000))
    text = criteria(condition("Event.signup.ContactKey", "In", names))
    assert _codes(journey([decision("d", [(text, None), (text, None)])])) == [p.DECISION_SPLIT]


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        ["a", "DAYS", "1", "50", "{{", "{{Event.signup.Score}}", "%%Score%%", "2026-01-01", "UTC", "signups"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [
    "waitDuration", "waitUnit", "specifiedTime", "specificDate", "timeZone", "criteria", "triggeredSend", "percentage",
    "waitForEventKey", "waitEndDateAttributeExpression", "emailId", "emailSubject", "duration", "durationUnits",
    "isExtended", "isConfigured", "updateContactFields", "activityData", "dataExtensionId", "field", "value",
    "holdBackPercentage", "winnerEvaluationType", "engagementPeriod", "engagementPeriodUnits", "engagementWinnerMetric",
    "splitResult",
]  # fmt: skip
settings_ = st.dictionaries(st.sampled_from(NAMES), junk, max_size=5)
TYPES = [
    "WAIT", "EMAILV2", "RANDOMSPLIT", "MULTICRITERIADECISION", "UPDATECONTACTDATA", "wait", "REST", "X", "ABNTEST",
    "ABNTESTSTOP", "DATAEXTENSIONUPDATE", "MULTICRITERIADECISIONEXTENSION", "EINSTEINENGAGEMENTFREQUENCYSPLIT", "LEAD",
]  # fmt: skip
entries = st.fixed_dictionaries({}, optional={"dataExtensionId": junk, "field": junk, "value": junk})
activities_: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "key": st.sampled_from(["a", "b", "c", "a.b", 'q"', ""]),
        "type": st.sampled_from(TYPES),
        "outcomes": st.lists(
            st.fixed_dictionaries(
                {"key": st.sampled_from(["a", "remainder_path"])},
                optional={"next": st.sampled_from("abc"), "arguments": settings_},
            ),
            max_size=3,
        ),
        "configurationArguments": settings_ | st.fixed_dictionaries({"criteria": st.dictionaries(st.just("a"), junk)}),
        "arguments": settings_
        | st.fixed_dictionaries({"activityData": st.fixed_dictionaries({"updateContactFields": st.lists(entries)})}),
        "metaData": settings_,
    }
)


def test_an_activity_may_be_named_by_nothing() -> None:
    """Found by the test below: such a start was taken for none, without a problem."""
    compiled = _compile(journey([{"key": "", "type": "ADDAUDIENCE"}]))
    assert compiled.plan is not None
    assert compiled.plan.start == 1


@given(
    activities=st.lists(activities_, max_size=4, unique_by=lambda one: str(one["key"])),
    more=st.fixed_dictionaries(
        {},
        optional={"defaults": st.dictionaries(st.just("email"), st.lists(st.text())), "entryMode": junk, "goals": junk},
    ),
)
def test_no_document_is_too_odd(activities: list[dict[str, Any]], more: dict[str, Any]) -> None:
    """Whatever a draft may hold: a plan whose strides can be made, or errors."""
    compiled = _compile(journey(activities, **more), WITH_CONTENT)
    assert (compiled.plan is None) == bool(compiled.errors)
    for activity in compiled.plan.activities if compiled.plan else ():
        stride(compiled.plan, activity.number) if compiled.plan else None
