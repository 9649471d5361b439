"""Types of the hosted product that a server of one's own can give no meaning to: one table says what each does here.

Every one is accepted, kept, and noted at publish with the sentence of its row (journey-spec 3.2, 3.9, 3.13).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from waystage.plan import decisions, waits
from waystage.plan.criteria import Compiler
from waystage.plan.expressions import Condition, Never
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Park, Route, Step, Within
from waystage.plan.values import UnknownName
from waystage.spec import criteria, problems
from waystage.spec.criteria_tree import CriteriaError
from waystage.spec.document import Activity
from waystage.spec.fields import FieldType

_HOUR = 3_600_000
#: Hours of a month: no window of the hosted product is as long.
_LONGEST_WINDOW = 24 * 31


@dataclass(frozen=True, slots=True)
class PassThrough:
    """One row: the type, its other names, what happens instead (the publish warning), and the way that is taken."""

    type: str
    aliases: tuple[str, ...]
    sentence: str
    way: str
    step: Callable[[Activity, Site], Step]
    outputs: Mapping[str, FieldType] = field(default_factory=dict)


def _first(activity: Activity, site: Site) -> Step:
    return (Route.to(),)


def _random_time(activity: Activity, site: Site) -> Step:
    """A random time within `slidingWindowHours`, where that is wanted (journey-spec 3.9)."""
    params = activity.configuration.get("params")
    settings: dict[str, Any] = params if isinstance(params, dict) else {}
    if str(settings.get("enableRandomTime", "")).casefold() != "true":
        return (Route.to(),)
    hours = waits.whole(settings.get("slidingWindowHours"))
    if hours is None or not 1 <= hours <= _LONGEST_WINDOW:
        site.problem(
            problems.WAIT, f"Wait {activity.key}: slidingWindowHours must lie between 1 and {_LONGEST_WINDOW}."
        )
        return (Route.to(),)
    return (Park(Within(hours * _HOUR)), Route.to())


def _remainder(activity: Activity, site: Site) -> Step:
    """The outcome that says so, else the last one."""
    words = [str(outcome.arguments.get("splitResult", "")).casefold() for outcome in activity.outcomes]
    last = max(0, len(words) - 1)
    return (Route.to(words.index("remainder") if "remainder" in words else last),)


def _last(activity: Activity, site: Site) -> Step:
    return (Route.to(max(0, len(activity.outcomes) - 1)),)


def _decision(activity: Activity, site: Site) -> Step:
    return decisions.step(activity, site, partial(_lenient, site))


def _lenient(site: Site, criteria_xml: str, path: str) -> Condition:
    """As `Site.condition`, but a name that does not exist only keeps contacts off the path: scores live elsewhere."""
    try:
        Compiler(site.resolver, lambda _: None).condition(criteria.parse(criteria_xml))
    except UnknownName as error:
        site.problem(problems.PASSED_THROUGH, f"{path}: {error} Nobody takes this path.", path)
        return Never()
    except CriteriaError:
        pass  # the site notes it below
    return site.condition(criteria_xml, path)


FIRST, LAST, REMAINDER, CRITERIA = "the first", "the last", "the remainder", "by its criteria"

TABLE = (
    PassThrough(
        "STOWAIT", (),
        "there is no model of the best time to send: contacts wait a random time within the window if enableRandomTime"
        " asks for it, else not at all.",
        FIRST, _random_time,
    ),
    PassThrough(
        "EINSTEINENGAGEMENTFREQUENCYSPLIT", (),
        "there is no model of how often people are written to, so everybody takes the remainder.",
        REMAINDER, _remainder,
    ),
    PassThrough(
        "MULTICRITERIADECISIONEXTENSION", (),
        "it decides by its criteria like a decision split; scores that are not in contact data fit nobody.",
        CRITERIA, _decision, {"actualChoice": FieldType.NUMBER},
    ),
    PassThrough(
        "WAITUNTILCHATRESPONSE", (), "there are no chats, so nobody waits for an answer and none comes.", LAST, _last,
    ),
    PassThrough(
        "SALESCLOUDACTIVITY", ("OBJECTACTIVITY", "LEAD", "CAMPAIGNMEMBER"),
        "no customer-relationship system is connected, so no record is made or changed.", FIRST, _first,
        {"salesforceObjectID": FieldType.TEXT},
    ),
    PassThrough("ADDAUDIENCE", (), "there are no advertising audiences, so nobody is added to one.", FIRST, _first),
    PassThrough(
        "ACTIVEAUDIENCEJOURNEYACTIVITY", (), "there are no advertising audiences, so nobody is added to one.",
        FIRST, _first,
    ),
    PassThrough("SETCONTACTKEY", (), "the key of a contact never changes inside a journey.", FIRST, _first),
    PassThrough(
        "INTERACTION", (), "no event is fired into another journey; fire it from outside instead.", FIRST, _first,
    ),
)  # fmt: skip


def members() -> list[ActivityType]:
    """Every row as an activity type."""
    return [_member(row) for row in TABLE]


def _member(row: PassThrough) -> ActivityType:
    return ActivityType(
        type=row.type,
        aliases=row.aliases,
        summary=row.sentence,
        history_name=row.type.casefold(),
        step=partial(_step, row),
        outputs=row.outputs,
        warning=f"{row.sentence[0].upper()}{row.sentence[1:]}",
        examples=(Example("contacts go on", given={}, script=("enter",), trail={"ann": ("on",)}),),
    )


def _step(row: PassThrough, activity: Activity, site: Site) -> Step:
    site.problem(problems.PASSED_THROUGH, f"Activity {activity.key}: {row.sentence}")
    return row.step(activity, site)
