"""Random journeys, contacts and events for the comparison with the reference."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.engine.machine import (
    DAY,
    HOUR,
    MINUTE,
    activity,
    condition,
    criteria,
    decision,
    email,
    group,
    journey,
    split,
    update,
)

EVENT = "signup"
#: An event that starts nothing; it may release who waits for it.
ORDER = "order"
ORDER_FIELDS: list[dict[str, Any]] = [
    {"name": "ContactKey", "dataType": "Text", "maxLength": "50", "isPrimaryKey": True, "isNullable": False},
    {"name": "OrderTotal", "dataType": "Decimal", "maxLength": "18,2"},
    {"name": "Shop", "dataType": "Text", "maxLength": "50"},
    {"name": "Ready", "dataType": "Date"},
]
#: An attribute set whose key is the contact, one that has a field no update can fill, and a set of many rows.
PROFILE, STRICT, ORDERS = "Profile", "Strict", "Orders"
Fields: TypeAlias = list[dict[str, Any]]
PROFILE_FIELDS: Fields = [
    {"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
    {"name": "Tier", "type": "Text", "length": 50},
    {"name": "Level", "type": "Number"},
    {"name": "Rate", "type": "Decimal", "length": 10, "scale": 3},
    {"name": "Since", "type": "Date"},
    {"name": "Active", "type": "Boolean", "defaultValue": "true"},
]
STRICT_FIELDS: Fields = [
    {"name": "Who", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
    {"name": "Must", "type": "Text", "length": 50, "isNullable": False},
    {"name": "Note", "type": "Text", "length": 50},
]
ORDERS_FIELDS: Fields = [
    {"name": "Id", "type": "Text", "length": 50, "isPrimaryKey": True, "isNullable": False},
    {"name": "Who", "type": "Text", "length": 50, "isNullable": False},
    {"name": "Kind", "type": "Text", "length": 50},
    {"name": "Amount", "type": "Decimal", "length": 18, "scale": 2},
    {"name": "Placed", "type": "Date"},
]
TYPES = {
    f"Event.{EVENT}.ContactKey": "text",
    f"Event.{EVENT}.FirstName": "text",
    f"Event.{EVENT}.Tier": "text",
    f"Event.{EVENT}.Colour": "text",
    f"Event.{EVENT}.EmailAddress": "text",
    f"Event.{EVENT}.Score": "number",
    f"Event.{EVENT}.Total": "decimal",
    f"Event.{EVENT}.Day": "date",
    f"Event.{EVENT}.Paid": "boolean",
    f"{PROFILE}.Tier": "text",
    f"{PROFILE}.Level": "number",
    f"{PROFILE}.Rate": "decimal",
    f"{PROFILE}.Since": "date",
    f"{PROFILE}.Active": "boolean",
    f"{STRICT}.Note": "text",
}
#: What an awaited event brings; absent until it has come.
AWAITED = {
    f"Event.{ORDER}.OrderTotal": "decimal",
    f"Event.{ORDER}.Shop": "text",
    f"Event.{ORDER}.Ready": "date",
}
RELATED = {f"{ORDERS}.Kind": "text", f"{ORDERS}.Amount": "decimal", f"{ORDERS}.Placed": "date"}

TEXTS = [
    "",
    "a",
    "A",
    "aB",
    "ab c",
    "b",
    "é",
    "É",
    "ß",
    "10",
    "9",
    "%",
    "_b",
    "gold",
    "Gold",
    "it's",
    '"',
    "\\",
    "日本",
]
NUMBERS = [-10, -1, 0, 1, 2, 9, 10, 11, 2**53 + 1]
DECIMALS = ["-1.5", "0", "0.01", "1", "1.5", "9.99", "10", "1000000"]
DATES = ["2025-12-31", "2026-01-01", "2026-01-01T00:00:00", "2026-01-02T12:00:00Z", "2026-01-31", "2026-03-01T08:00:00"]
RELATIVES = [";+;0;days", ";-;1;days", ";+;1;days", ";-;2;hours", ";+;1;months", ";-;1;weeks", "Today", ";-;30;minutes"]
BOOLEANS = ["true", "False", "1", "no"]

texts = st.sampled_from(TEXTS) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0]", exclude_categories=["Cs", "Cc"]), max_size=4
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": texts,
    "number": st.sampled_from(NUMBERS),
    "decimal": st.sampled_from(DECIMALS),
    "date": st.sampled_from(DATES),
    "boolean": st.sampled_from(BOOLEANS),
}
_ANY = ["Equal", "NotEqual", "IsNull", "IsNotNull", "IsEmpty", "IsNotEmpty", "In", "NotIn"]
_SIZED = ["GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual", "Between"]
OPERATORS = {
    "text": [*_ANY, *_SIZED, "Contains", "NotContains", "BeginsWith", "EndsWith"],
    "number": [*_ANY, *_SIZED, "Contains", "NotContains", "BeginsWith", "EndsWith"],
    "decimal": [*_ANY, *_SIZED],
    "date": [*_ANY, *_SIZED, "After", "AtOrAfter", "Before", "AtOrBefore"],
    "boolean": [*_ANY, "Is", "IsNot"],
}
UNARY = {"IsNull", "IsNotNull", "IsEmpty", "IsNotEmpty"}
BINDINGS = {
    "text": ["{{Event.signup.Tier}}", "{{Contact.Attribute.Profile.Tier}}", "{{Contact.Key}}"],
    "number": ["{{Event.signup.Score}}", "{{Contact.Attribute.Profile.Level}}", "{{Event.signup.Total}}"],
    "decimal": ["{{Event.signup.Score}}", "{{Contact.Attribute.Profile.Rate}}", "{{Event.signup.Total}}"],
    "date": ["{{Event.signup.Day}}", "{{Contact.Attribute.Profile.Since}}", "{{DateTime.Now}}"],
    "boolean": ["{{Event.signup.Paid}}"],
}


@st.composite
def operands(draw: st.DrawFn, kind: str) -> str:
    """Mostly one of the field's type; sometimes another field, sometimes nonsense."""
    odd = draw(st.integers(0, 11))
    if odd == 0:
        return draw(st.sampled_from(["nonsense", "1.005", "1e3"]))
    if odd in {1, 2}:
        return draw(st.sampled_from(BINDINGS[kind]))
    if odd in {3, 4, 5} and kind == "date":
        return draw(st.sampled_from(RELATIVES))
    return str(draw(VALUES[kind]))


def _is_date(output: str) -> bool:
    return output.casefold().endswith("enddate")


def _field_for(output: str) -> str:
    """The field of a profile that takes an output."""
    if _is_date(output):
        return "Since"
    return "Active" if ".is" in output else "Level"


@st.composite
def conditions(draw: st.DrawFn, outputs: list[str], *, related: bool = False, awaited: bool = False) -> str:
    if outputs and not related and draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(outputs))
        operand = draw(operands("date")) if _is_date(name) else draw(st.sampled_from(["1", "50"]))
        return condition(f"Interaction.{name}", draw(st.sampled_from(["Equal", "GreaterThan", "IsNull"])), operand)
    types = RELATED if related else TYPES | AWAITED if awaited else TYPES
    key = draw(st.sampled_from(sorted(types)))
    operator = draw(st.sampled_from(OPERATORS[types[key]]))
    count = 0 if operator in UNARY else 2 if operator == "Between" else 1
    values = [draw(operands(types[key])) for _ in range(count)]
    if operator in {"In", "NotIn"}:
        values = [draw(operands(types[key])) for _ in range(draw(st.integers(2, 4)))]
    return condition(key, operator, *values, related="r1" if related else None)


def trees(outputs: list[str], *, awaited: bool = False) -> st.SearchStrategy[str]:
    """Conditions in sets of any depth; conditions of one set on the related rows speak of one row."""
    operator = st.sampled_from(["AND", "OR"])
    related = st.builds(
        lambda parts, word: group(*parts, operator=word),
        st.lists(conditions(outputs, related=True), min_size=1, max_size=2),
        operator,
    )
    leaf = conditions(outputs, awaited=awaited) | conditions(outputs, awaited=awaited) | related
    return st.recursive(
        leaf,
        lambda inner: st.builds(
            lambda parts, word: group(*parts, operator=word), st.lists(inner, min_size=1, max_size=3), operator
        ),
        max_leaves=5,
    ).map(criteria)


@dataclass(frozen=True)
class Script:
    """What happens: events at once, time that passes (ms), a pause, or something that somebody does with every message
    that it has got so far; and who is deleted beforehand.

    An event is (contact, data), or (contact, data, key of its definition). A pause is what is asked of it. What is done
    is (contact, kind, link).
    """

    steps: tuple[list[tuple[Any, ...]] | int | dict[str, Any] | tuple[str, str, str], ...]
    deleted: frozenset[str]
    profiles: dict[str, dict[str, Any]]
    strict: frozenset[str]
    orders: dict[str, list[dict[str, Any]]]


CONTACTS = ["ann", "bob", "Ann", "çağ", "d d"]
durations = st.sampled_from([30 * MINUTE, HOUR, 5 * HOUR, DAY, 3 * DAY, 8 * DAY, 40 * DAY])
optional_data = st.fixed_dictionaries(
    {},
    optional={
        "FirstName": texts,
        "Tier": texts,
        "Colour": st.sampled_from(["red", "blue", ""]),
        "EmailAddress": st.sampled_from(["ann@example.com", "Bo.B@Example.COM", None]),
        "Score": VALUES["number"] | st.none(),
        "Total": VALUES["decimal"] | st.none(),
        "Day": VALUES["date"] | st.none(),
        "Paid": VALUES["boolean"],
    },
)


order_data = st.fixed_dictionaries(
    {}, optional={"OrderTotal": VALUES["decimal"], "Shop": texts, "Ready": VALUES["date"] | st.none()}
)
#: At the next pause that is drawn the journey goes on.
pauses = st.fixed_dictionaries(
    {},
    optional={
        "ExtendWaitEndDates": st.just(value=True),
        "RetainContactInjectionWhileJourneyPaused": st.just(value=True),
        "ProcessWaitUntilEvents": st.just(value=False),
    },
)


DONE = ["open", "click", "click", "bounce", "unsubscribe"]
LINKS = ["", "https://example.com/a", "https://example.com/b"]


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    signups = st.lists(st.tuples(st.sampled_from(CONTACTS), optional_data), min_size=1, max_size=12)
    orders = st.lists(st.tuples(st.sampled_from(CONTACTS), order_data, st.just(ORDER)), min_size=1, max_size=6)
    done = st.tuples(st.sampled_from(CONTACTS), st.sampled_from(DONE), st.sampled_from(LINKS))
    steps = draw(st.lists(signups | durations | durations | orders | pauses | done, min_size=2, max_size=10))
    profile = st.fixed_dictionaries(
        {},
        optional={
            "Tier": texts,
            "Level": VALUES["number"],
            "Rate": st.sampled_from(["0.001", "1", "1.5", "10"]),
            "Since": VALUES["date"],
            "Active": VALUES["boolean"],
        },
    )
    order = st.fixed_dictionaries({}, optional={"Kind": texts, "Amount": VALUES["decimal"], "Placed": VALUES["date"]})
    some = st.sampled_from(CONTACTS)
    return Script(
        tuple(steps),
        draw(st.frozensets(some, max_size=1)),
        draw(st.dictionaries(some, profile, max_size=3)),
        draw(st.frozensets(some, max_size=2)),
        draw(st.dictionaries(some, st.lists(order, min_size=1, max_size=3), max_size=3)),
    )


DATE_BINDINGS = [
    '{{Event.signup."Day"}}',
    "Event.signup.Day",
    "{{Contact.Attribute.Profile.Since}}",
    "{{Event.signup.Tier}}",
]


@st.composite
def dated_waits(draw: st.DrawFn, key: str, following: str | None, *, awaited: bool) -> dict[str, Any]:
    """A wait until a date of the contact's own."""
    bindings = [*DATE_BINDINGS, "{{Event.order.Ready}}"] if awaited else DATE_BINDINGS
    settings = {
        "waitEndDateAttributeExpression": draw(st.sampled_from(bindings)),
        "waitDuration": draw(st.sampled_from([0, 1, "-2", 30, None])),
        "waitUnit": draw(st.sampled_from(["HOURS", "days", "WEEKS", "MONTHS"])),
        "specifiedTime": draw(st.sampled_from(["", "00:00", "10:00"])),
        "timeZone": draw(st.sampled_from(["", "W. Europe Standard Time", "Asia/Tokyo"])),
    }
    return activity(key, "WAITBYATTRIBUTE", following, configurationArguments=settings)


@st.composite
def event_waits(draw: st.DrawFn, key: str, nexts: list[str | None], outputs: list[str], *, own: bool) -> dict[str, Any]:
    """A wait until an event: the order, or maybe, if `own`, the one that also starts the journey."""
    settings = {
        "waitForEventKey": draw(st.sampled_from([ORDER, EVENT])) if own else ORDER,
        "waitDuration": draw(st.sampled_from([1, 3, 30])),
        "waitUnit": draw(st.sampled_from(["HOURS", "DAYS"])),
        "criteria": draw(st.just("") | trees(outputs, awaited=True)),
    }
    made = activity(key, "WAITBYEVENT", *nexts, configurationArguments=settings)
    for outcome, when in zip(made["outcomes"], (True, False), strict=True):
        outcome["arguments"] = {"when": when}
    return made


@st.composite
def waits(draw: st.DrawFn, key: str, following: str | None) -> dict[str, Any]:
    if draw(st.integers(0, 4)) == 0:
        dated = {
            "specificDate": draw(st.sampled_from(["2025-06-01", "2026-01-02", "2026-02-01"])),
            "specifiedTime": draw(st.sampled_from(["", "08:30"])),
            "timeZone": draw(st.sampled_from(["UTC", "Eastern Standard Time", "Asia/Tokyo"])),
        }
        return activity(key, "WAITUNTILDATE", following, configurationArguments=dated)
    settings: dict[str, Any] = {
        "waitDuration": draw(st.sampled_from([1, 2, "3", 30])),
        "waitUnit": draw(st.sampled_from(["MINUTES", "hours", "DAYS", "Weeks", "MONTHS"])),
    }
    if draw(st.booleans()):
        settings |= {
            "specifiedTime": draw(st.sampled_from(["09:00", "00:00", "23:30"])),
            "timeZone": draw(st.sampled_from(["W. Europe Standard Time", "America/New_York"])),
        }
    meta = draw(st.sampled_from([{}, {"isExtended": True}, {"isExtended": False}]))
    return activity(key, "Wait", following, configurationArguments=settings, metaData=meta)


@st.composite
def updates(draw: st.DrawFn, key: str, following: str | None, outputs: list[str], own: str) -> dict[str, Any]:
    choices: list[tuple[str, str, Any]] = [
        (PROFILE, "Tier", "gold"),
        (PROFILE, "Tier", "{{Event.signup.FirstName}}"),
        (PROFILE, "Level", 7),
        (PROFILE, "Level", "{{Event.signup.Score}}"),
        (PROFILE, "Since", "{{DateTime.Now}}"),
        (PROFILE, "Active", False),
        (PROFILE, "Rate", None),
        (STRICT, "Note", "seen {{Event.signup.Tier}}"),
        (STRICT, "Note", "{{Contact.Attribute.Profile.Tier}}"),
        (own, "Tier", "silver"),
        (own, "Score", "{{Contact.Attribute.Profile.Level}}"),
        (ORDERS, "Kind", "touched"),
        *((PROFILE, _field_for(one), f"{{{{Interaction.{one}}}}}") for one in outputs),
        *((STRICT, "Note", f"way {{{{Interaction.{one}}}}}") for one in outputs if _field_for(one) == "Level"),
    ]
    fields = draw(st.lists(st.sampled_from(choices), min_size=1, max_size=3, unique_by=lambda one: one[:2]))
    return update(key, following, *fields)


SUBJECTS = [
    "Hello",
    "%%FirstName%% %%Tier%%",
    "{{Event.signup.Total}} {{Event.signup.Day}} {{Contact.Key}}",
    "{{Contact.Attribute.Profile.Tier}} {{Contact.Attribute.Profile.Rate}} {{DateTime.Now}}",
]
ADDRESSES = [
    [],
    ["{{Event.signup.EmailAddress}}", "{{Contact.Default.Email}}"],
    ["{{Contact.Attribute.Profile.Tier}}@example.com", "{{Event.signup.EmailAddress}}"],
]


#: Some are numbers, some are none: what contacts have lies inside what is too short or long enough without it.
MOBILES: list[list[str]] = [
    [],
    ["{{Event.signup.FirstName}}", "+1 (555){{Event.signup.Score}}-00"],
    ["12345{{Contact.Attribute.Profile.Level}}", "{{Contact.Key}}", "{{Event.signup.Score}}"],
]


@st.composite
def documents(draw: st.DrawFn, own: str) -> dict[str, Any]:
    """A journey without loops whose activities stand in any order; joins are frequent.

    Several passages of one contact at once have no order among them, so such journeys do not change contact data that
    they look at.
    """
    mode = draw(st.sampled_from(["OnceAndDone", "SingleEntryAcrossAllVersions", "MultipleEntries"]))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=9))
    if mode == "MultipleEntries":
        kinds = ["email" if kind == "update" else kind for kind in kinds]
    keys = [f"{kind}{place}" for place, kind in enumerate(kinds)]
    nexts = {
        key: draw(_ways(kind, keys[place + 1 :])) for place, (key, kind) in enumerate(zip(keys, kinds, strict=True))
    }
    for key, kind in zip(keys, kinds, strict=True):
        if kind == "hear" and draw(st.integers(0, 3)) == 0:  # a loop; every round needs an event
            nexts[key][0] = draw(st.sampled_from(keys[: keys.index(key) + 1]))
    reached = _reached(keys[0], nexts)
    kept = [(key, kind) for key, kind in zip(keys, kinds, strict=True) if key in reached]
    first_hear = next((key for key, kind in kept if kind == "hear"), None)
    awaited = first_hear is not None
    made = []
    for place, (key, kind) in enumerate(kept):
        seen = kept if draw(st.booleans()) else kept[:place]
        outputs = [f"{one}.{name}" for one, other in seen for name in OUTPUTS.get(other, ())]
        senders = [one for one, other in kept if other in {"email", "text"} and _leads(one, key, nexts)]
        made.append(
            draw(_activity(key, kind, nexts[key], outputs, own, senders, awaited=awaited, own_event=key != first_hear))
        )
    entry = draw(st.none() | trees([]))
    trigger: dict[str, Any] = {"configurationArguments": {"criteria": entry}} if entry else {}
    trigger["outcomes"] = [{"key": "start", "next": keys[0]}]
    return journey(
        draw(st.permutations(made)),
        entryMode=mode,
        trigger=trigger,
        defaults={"email": draw(st.sampled_from(ADDRESSES)), "mobileNumber": draw(st.sampled_from(MOBILES))},
        goals=draw(_departures(awaited=awaited)),
        exits=draw(_departures(awaited=False)),
    )


@st.composite
def _departures(draw: st.DrawFn, *, awaited: bool) -> list[dict[str, Any]]:
    """None, or the one goal or exit."""
    if draw(st.booleans()):
        return []
    meta: dict[str, Any] = {"conversionValue": "15", "conversionUnit": "percentage"}
    meta |= {"isExitCriteria": draw(st.booleans()), "waystage": {"immediate": draw(st.booleans())}}
    criteria_ = draw(trees([], awaited=awaited))
    return [
        {"key": "G", "name": "G", "type": "Event", "configurationArguments": {"criteria": criteria_}, "metaData": meta}
    ]


KINDS = [
    *["wait", "email", "decision", "split", "update", "odd", "wait", "decision", "split", "update"],
    *["dated", "hear", "hear", "spread", "email", "engaged", "engaged", "text"],
]
#: What activities of a kind give out for others to read, also for those before them on a loop.
OUTPUTS = {
    "split": ("actualChoice", "RandomNumber"),
    "decision": ("actualChoice",),
    "wait": ("endDate",),
    "dated": ("EndDate",),
    "hear": ("enddate",),
    "text": ("isValidMobileNumber", "isWithinBlackout"),
}
SHARES = [(50, 50), (1, 99), (45, 45, 10), (10,) * 10]


@st.composite
def _ways(draw: st.DrawFn, kind: str, later: list[str]) -> list[str | None]:
    """Where each outcome leads: mostly to one of the next few."""
    ahead = st.sampled_from([*later[:3], *later[:2], None]) if later else st.none()
    count: dict[str, st.SearchStrategy[int]] = {
        "hear": st.just(2),
        "engaged": st.just(2),
        "split": st.sampled_from([2, 2, 3, 10]),
        "decision": st.integers(1, 4),
        "odd": st.sampled_from([1, 1, 2]),
    }
    return [draw(ahead) for _ in range(draw(count.get(kind, st.just(1))))]


@st.composite
def _activity(  # noqa: C901, PLR0912 - one arm each
    draw: st.DrawFn,
    key: str,
    kind: str,
    nexts: list[str | None],
    outputs: list[str],
    own: str,
    senders: list[str],
    *,
    awaited: bool,
    own_event: bool,
) -> dict[str, Any]:
    match kind:
        case "engaged" if senders:
            return draw(_engaged(key, nexts, senders))
        case "engaged":
            return split(key, (50, nexts[0]), (50, nexts[1]))
        case "dated":
            return draw(dated_waits(key, nexts[0], awaited=awaited))
        case "hear":
            return draw(event_waits(key, nexts, outputs, own=own_event))
        case "wait":
            return draw(waits(key, nexts[0]))
        case "spread":
            params = {"enableRandomTime": draw(st.sampled_from([True, "true", False])), "slidingWindowHours": "24"}
            return activity(key, "STOWAIT", nexts[0], configurationArguments={"params": params})
        case "email":
            subject = draw(st.sampled_from([*SUBJECTS, *(f"{{{{Interaction.{one}}}}}" for one in outputs)]))
            return email(key, nexts[0], subject)
        case "text":
            night = {"honorBlackoutWindowEnum": 1, "mobileBlackoutWindowStartTime": "20:00"}
            subject = draw(st.sampled_from(SUBJECTS))
            given_ = {
                "message": subject,
                **night,
                "mobileBlackoutWindowEndTime": draw(st.sampled_from(["08:00", "23:30"])),
            }
            return activity(key, "SMSSYNC", nexts[0], configurationArguments=given_)
        case "split":
            shares = draw(st.sampled_from([one for one in SHARES if len(one) == len(nexts)]))
            return split(key, *zip(shares, nexts, strict=True))
        case "decision":
            paths = [(draw(trees(outputs, awaited=awaited)), following) for following in nexts[1:]]
            made = decision(key, paths, nexts[0])
            if paths and nexts[0] is None and draw(st.booleans()):
                del made["outcomes"][-1]
            return made
        case "update":
            return draw(updates(key, nexts[0], outputs, own))
        case _:
            return activity(key, "SOMETHINGELSE", *nexts)


@st.composite
def _engaged(draw: st.DrawFn, key: str, nexts: list[str | None], senders: list[str]) -> dict[str, Any]:
    """A split by what was done with the newest message of an activity before it."""
    urls: list[list[Any]] = [[], [LINKS[1]], [{"url": LINKS[2]}, LINKS[1]]]
    settings = {
        "refActivityCustomerKey": draw(st.sampled_from(senders)),
        "statsTypeId": draw(st.sampled_from([2, 3, 6])),
        "engagementUrls": {"urls": draw(st.sampled_from(urls))},
    }
    made = activity(key, "ENGAGEMENTDECISION", *nexts, configurationArguments=settings)
    for outcome, when in zip(made["outcomes"], (False, True), strict=True):
        outcome["arguments"] = {"when": when}
    return made


def _leads(first: str, key: str, nexts: dict[str, list[str | None]]) -> bool:
    """Whether a path leads from the one activity to the other."""
    return any(key in _reached(ahead, nexts) for ahead in nexts[first] if ahead)


def _reached(first: str, nexts: dict[str, list[str | None]]) -> set[str]:
    found: set[str] = set()
    ahead = [first]
    while ahead:
        key = ahead.pop()
        if key not in found:
            found.add(key)
            ahead.extend(following for following in nexts[key] if following)
    return found
