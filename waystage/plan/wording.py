"""What a message that is no e-mail says, what its provider is told, and how fast it may leave (journey-spec 3.11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waystage.plan import content, suppression
from waystage.plan.blackouts import Window, checked, covers_all, minutes_of
from waystage.plan.effects import Effect, Form, Pace
from waystage.plan.expressions import Value
from waystage.plan.kinds import Site
from waystage.plan.waits import whole
from waystage.spec import problems
from waystage.spec.document import Activity
from waystage.spec.parts import object_at, text_at

#: Where a configuration may hold the text and the title of a message itself; the first that is there counts.
_TEXTS = ("message", "messageText", "text", "content", "body")
_TITLES = ("title", "messageTitle", "subject")
#: Names under which a provider knows a message that it holds itself.
_HELD_ELSEWHERE = ("messageId", "templateId", "templateName")
#: What only the engine reads, or the editor of the hosted product; the provider is told everything else.
_OUR_OWN = frozenset({
    *_TEXTS, *_TITLES, "applicationExtensionKey", "applicationExtensionId", "description", "honorBlackoutWindowEnum",
    "mobileBlackoutWindowStartTime", "mobileBlackoutWindowEndTime", "blockoutWindows", "mobileNumberAttributeName",
    "throttleLimit", "throttleOpens", "throttleCloses",
})  # fmt: skip
#: "No time" as the hosted product writes it.
_NO_TIME = "1/1/0001"
_LONGEST_DETAIL = 2_000


def effect(
    activity: Activity,
    site: Site,
    channel: str,
    address: Value,
    *,
    quiet: tuple[Window, ...] = (),
    gives: tuple[tuple[str, Value], ...] = (),
    is_bare: bool = False,
) -> Effect:
    """The message of an activity; `is_bare` if it needs no text. Problems are noted."""
    texts = _texts(activity, site)
    bound = content.bind(site.resolver, texts)
    for message in bound.unknown:
        site.problem(problems.PERSONALISATION, f"Message {activity.key}: {message}")
    told = details(activity.configuration, _asset_id(activity))
    deliverable = is_bare or bool(texts.text or texts.html) or any(name in _HELD_ELSEWHERE for name, _ in told)
    form = Form(
        channel, texts.subject, texts.html, texts.text, bound.parameters, deliverable, site.offset,
        details=told, pace=pace(activity, site),
    )  # fmt: skip
    rules = suppression.of_channel(channel)
    return Effect(form, address, bound.values, quiet=quiet, gives=gives, rules=rules)


def _texts(activity: Activity, site: Site) -> content.Texts:
    """The stored message, else what the configuration says itself.

    A missing one is an error only where there are stored messages at all, as for e-mails (contract).
    """
    number = whole_number(_asset_id(activity))
    stored = site.catalog.message(number) if number is not None else None
    if stored is not None:
        return content.Texts(stored.subject, stored.html, stored.text)
    if number and site.catalog.messages:
        site.problem(problems.MESSAGE, f"Message {activity.key}: there is no stored message with the id {number}.")
    configured = (activity.configuration, activity.arguments, object_at(activity.meta, "messageConfiguration"))
    text = next((found for one in configured if (found := _first(one, *_TEXTS, "selectedContentBuilderMessage"))), "")
    title = next((found for one in configured if (found := _first(one, *_TITLES))), "")
    return content.Texts(title, "", text)


def _first(settings: Mapping[str, Any], *names: str) -> str:
    return next((text for name in names if (text := text_at(settings, name)).strip()), "")


def _asset_id(activity: Activity) -> object:
    """`assetId` stands in the configuration, the arguments or the triggered send (journey-spec 3.11)."""
    settings = activity.configuration
    places = (settings, activity.arguments, object_at(settings, "triggeredSend"))
    return next((one["assetId"] for one in places if one.get("assetId") not in (None, "", 0, "0")), None)


def whole_number(value: object) -> int | None:
    """An id as journeys write it: a number, or its digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def details(settings: Mapping[str, Any], asset_id: object) -> tuple[tuple[str, str | int | bool], ...]:
    """What a provider is told: every plain value of the configuration that is no setting of ours, by its name."""
    application = object_at(settings, "application")
    found: dict[str, Any] = {name: value for name, value in settings.items() if name not in _OUR_OWN}
    found |= {f"application{name.title()}": application.get(name) for name in ("id", "name")}
    found["assetId"] = asset_id
    return tuple((name, _bounded(value)) for name, value in found.items() if _is_told(value))


def _is_told(value: object) -> bool:
    is_small = not isinstance(value, int) or abs(value) < 2**53
    return isinstance(value, str | int) and value != "" and is_small


def _bounded(value: Any) -> str | int | bool:
    told: str | int | bool = value[:_LONGEST_DETAIL] if isinstance(value, str) else value
    return told


def pace(activity: Activity, site: Site) -> Pace | None:
    """The limit of an activity, where it has one: `throttleLimit` an hour, between two times of the day."""
    settings = object_at(activity.configuration, "triggeredSend") or activity.configuration
    limit = whole(settings.get("throttleLimit")) or 0
    try:
        opens, closes = (_minutes(text_at(settings, name)) for name in ("throttleOpens", "throttleCloses"))
    except ValueError as error:
        site.problem(problems.MESSAGE, f"Message {activity.key}: throttleOpens or throttleCloses: {error}")
        return None
    return Pace(limit, opens, closes) if limit > 0 or opens != closes else None


def _minutes(text: str) -> int:
    """The minute of the day of a time, whatever the day; midnight where there is none."""
    words = text.replace("T", " ").split(" ", 1)
    time_of_day = words[1] if len(words) > 1 else words[0]
    is_empty = not time_of_day or time_of_day == _NO_TIME
    return 0 if is_empty else minutes_of(time_of_day)


def quiet(activity: Activity, site: Site, given: list[tuple[object, object, str]]) -> tuple[Window, ...]:
    """Black-out windows (start, end, zone); what cannot be read, and what leaves no hour to send, is noted."""
    try:
        windows = tuple(checked(start, end, zone) for start, end, zone in given)
    except ValueError as error:
        site.problem(problems.MESSAGE, f"Message {activity.key}: black-out window: {error}")
        return ()
    if covers_all(windows, 0):
        site.problem(problems.MESSAGE, f"Message {activity.key}: the black-out windows leave no hour to send.")
        return ()
    return windows
