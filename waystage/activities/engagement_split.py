"""ENGAGEMENTDECISION: one way for who opened, clicked or bounced a message, one for all others (journey-spec 3.7)."""

from __future__ import annotations

from typing import Any

from waystage.plan.engagement import bare
from waystage.plan.expressions import Always, Engaged
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Arm, Route, Step
from waystage.spec import problems
from waystage.spec.document import Activity
from waystage.spec.parts import object_at

#: What each statsTypeId means in facts; who clicks has opened.
_KINDS = {2: ("open", "click"), 3: ("click",), 6: ("bounce",)}
_CLICKED = 3
_MOST_LINKS = 100
_WORDS = {"true": True, "false": False}


_SENT = (
    {"key": "mail", "type": "EMAILV2", "configurationArguments": {"triggeredSend": {"emailSubject": "Hello"}}},
    {"key": "pause", "type": "WAIT", "configurationArguments": {"waitDuration": 1, "waitUnit": "DAYS"}},
)
_YES_AND_NO = ({"key": "yes", "arguments": {"when": True}}, {"key": "no", "arguments": {"when": False}})
_PEOPLE = {name: {"EmailAddress": f"{name}@example.com"} for name in ("ann", "bob", "cem")}


def step(activity: Activity, site: Site) -> Step:
    """One route by what was done with the send of this very passage; whoever has no way of their own leaves."""
    ways = _ways(activity, site)
    fact = _fact(activity, site)
    conditions = {True: fact or Always(), False: Always()}
    return (Route(tuple(Arm(ways[when], conditions[when]) for when in (True, False) if when in ways)),)


def _ways(activity: Activity, site: Site) -> dict[bool, int]:
    """The place of the outcome for each answer."""
    ways: dict[bool, int] = {}
    for place, outcome in enumerate(activity.outcomes):
        when = _WORDS.get(str(outcome.arguments.get("when")).casefold())
        if when is None or when in ways:
            _refuse(activity, site, f"outcome {place + 1} needs arguments.when, true in one and false in the other.")
        else:
            ways[when] = place
    if not activity.outcomes:
        _refuse(activity, site, "it has no outcome.")
    return ways


def _fact(activity: Activity, site: Site) -> Engaged | None:
    named = activity.configuration.get("refActivityCustomerKey")
    kinds = _KINDS.get(_number(activity.configuration.get("statsTypeId")))
    if kinds is None:
        said = activity.configuration.get("statsTypeId")
        _refuse(activity, site, f"statsTypeId must be 2 (opened), 3 (clicked) or 6 (bounced), not {said!r}.")
    number = site.number_of(named) if isinstance(named, str) else None
    if number is None:
        _refuse(activity, site, f"refActivityCustomerKey must be the key of a message activity, not {named!r}.")
    if kinds is None or number is None:
        return None
    links = _links(activity, site) if kinds == _KINDS[_CLICKED] else ()
    return Engaged(number, kinds, links, newest=str(named) in site.graph.reachable(str(named)))


def _number(value: object) -> int:
    text = str(value).strip()
    return int(text) if not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) == 1 else 0


def _links(activity: Activity, site: Site) -> tuple[str, ...]:
    """The addresses of which one must be clicked, without query and fragment; none means any."""
    listed = object_at(activity.configuration, "engagementUrls").get("urls")
    entries: list[Any] = listed if isinstance(listed, list) else []
    links = [one.get("url") if isinstance(one, dict) else one for one in entries]
    if listed and (not isinstance(listed, list) or not all(isinstance(link, str) and link.strip() for link in links)):
        _refuse(activity, site, "engagementUrls.urls must be a list of addresses, or of objects with url.")
        return ()
    if len(links) > _MOST_LINKS:
        _refuse(activity, site, f"{len(links)} addresses in engagementUrls.urls; {_MOST_LINKS} at most.")
    return tuple(dict.fromkeys(bare(str(link)) for link in links[:_MOST_LINKS]))


def _refuse(activity: Activity, site: Site, why: str) -> None:
    site.problem(problems.ENGAGEMENT_SPLIT, f"Engagement split {activity.key}: {why}")


ACTIVITY = ActivityType(
    type="ENGAGEMENTDECISION",
    aliases=("ENGAGEMENTSPLITV2",),
    summary="Send each contact down a path by whether it opened, clicked or bounced one message of this passage.",
    history_name="engagementdecision",
    step=step,
    examples=(
        Example(
            "who has opened the message, and a click is one too",
            given={"refActivityCustomerKey": "mail", "statsTypeId": 2},
            before=_SENT,
            outcomes=_YES_AND_NO,
            contacts=_PEOPLE,
            script=("enter", "open ann", "click bob https://example.com/a", "P1D"),
            trail={
                "ann": ("waiting", "waiting", "waiting", "yes"),
                "bob": ("waiting", "waiting", "waiting", "yes"),
                "cem": ("waiting", "waiting", "waiting", "no"),
            },
        ),
        Example(
            "who has clicked on one of these addresses, whatever its query",
            given={
                "refActivityCustomerKey": "mail",
                "statsTypeId": 3,
                "engagementUrls": {"urls": ["https://example.com/a", {"url": "https://example.com/b", "alias": "B"}]},
            },
            before=_SENT,
            outcomes=_YES_AND_NO,
            contacts=_PEOPLE,
            script=(
                "enter",
                "open ann",
                "click bob https://example.com/b?x=1#top",
                "click cem https://example.com/c",
                "P1D",
            ),
            trail={
                "ann": ("waiting", "waiting", "waiting", "waiting", "no"),
                "bob": ("waiting", "waiting", "waiting", "waiting", "yes"),
                "cem": ("waiting", "waiting", "waiting", "waiting", "no"),
            },
        ),
    ),
)
