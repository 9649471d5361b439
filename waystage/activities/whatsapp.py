"""WHATSAPPACTIVITY: send a WhatsApp message and go on at once (journey-spec 3.11)."""

from __future__ import annotations

from typing import Any

import msgspec

from waystage.plan import wording
from waystage.plan.blackouts import Window
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Emit, Route, Step
from waystage.plan.values import Bound, UnknownName
from waystage.spec import problems
from waystage.spec.document import Activity
from waystage.spec.parts import text_at


def step(activity: Activity, site: Site) -> Step:
    """Emit one message to the number that the activity or the journey names, then go on."""
    number = site.mobile_number(_own_number(activity, site))
    return (Emit(wording.effect(activity, site, "whatsapp", number, quiet=_quiet(activity, site))), Route.to())


def _own_number(activity: Activity, site: Site) -> Bound | None:
    """`mobileNumberAttributeName`: a binding, `<attribute set>.<field>`, or the name of a field."""
    name = text_at(activity.configuration, "mobileNumberAttributeName").strip()
    if not name:
        return None
    where = f"WhatsApp {activity.key}: mobileNumberAttributeName"
    if "{{" in name:
        return site.bound(name, where)
    set_name, dot, field = name.rpartition(".")
    try:
        return site.resolver.attribute(set_name, field) if dot else site.resolver.personal(name)
    except UnknownName as error:
        site.problem(problems.EXPRESSION, f"{where}: {error}")
        return None


def _quiet(activity: Activity, site: Site) -> tuple[Window, ...]:
    """`blockoutWindows`: the JSON text of a list of {startTime, endTime, timezone}, or the list itself."""
    given: Any = activity.configuration.get("blockoutWindows") or []
    try:
        listed: Any = msgspec.json.decode(given) if isinstance(given, str) else given
        windows = msgspec.convert(listed, list[dict[str, Any]])
    except msgspec.MsgspecError:
        text = "blockoutWindows must be the JSON text of a list of {startTime, endTime, timezone}."
        site.problem(problems.MESSAGE, f"Message {activity.key}: {text}")
        return ()
    return wording.quiet(
        activity, site, [(one.get("startTime"), one.get("endTime"), _zone(one)) for one in windows]
    )  # fmt: skip


def _zone(window: dict[str, Any]) -> str:
    return text_at(window, "timezone") or text_at(window, "timeZone") or "UTC"


ACTIVITY = ActivityType(
    type="WHATSAPPACTIVITY",
    aliases=("WHATSAPP",),
    summary="Send a WhatsApp message; the contact goes on at once.",
    history_name="whatsappactivity",
    step=step,
    examples=(
        Example(
            "the contact does not wait for the delivery",
            given={"assetId": 7, "channelId": "main", "mobileNumberAttributeName": "Tier"},
            contacts={"ann": {"Tier": "+49 151 2345678"}, "bob": {}},
            script=("enter",),
            trail={"ann": ("on",), "bob": ("on",)},
        ),
    ),
)
