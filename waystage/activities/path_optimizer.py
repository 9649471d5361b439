"""ABNTEST: try several paths on some of the contacts, and send everybody else down the best (journey-spec 3.8)."""

from __future__ import annotations

from itertools import accumulate

from waystage.plan.expressions import Always, Condition, ShareBelow
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Arm, Fixed, Park, Route, Span, Step, Verdict
from waystage.spec import moments, problems
from waystage.spec.document import Activity

_FEWEST, _MOST = 2, 10
_METRICS = ("Clicks", "Opens", "Unsubscribes")
#: ids.SHARE_RANGE; a law of shares that this floor must know without reaching down to where they are drawn.
_SHARE_RANGE = 2_147_483_647
_LONGEST = 10_000


def step(activity: Activity, site: Site) -> Step:
    """Whoever is tested takes a path by lot, whoever is held back rests until there is a winner and follows it.

    The rest is there in any case: who came before the decision goes on behind it.
    """
    verdict, shares = _verdict(activity, site), _shares(activity, site)
    winner = site.winner(activity.key)
    if winner is not None and winner < len(activity.outcomes):
        return (Route.to(winner), Park(Fixed(0)), Route.to(winner))
    number = site.number_of(activity.key) or 0
    arms = tuple(Arm(place, _below(number, share)) for place, share in enumerate(shares))
    return (Route(arms, otherwise=None), Park(verdict), Route.to())


def _below(number: int, share: int) -> Condition:
    """`share` is in hundredths of a percent; where nobody is held back, the last path takes whoever is left."""
    return Always() if share == 10_000 else ShareBelow(number, _SHARE_RANGE * share // 10_000)


def _shares(activity: Activity, site: Site) -> list[int]:
    """Running totals of the paths in hundredths of a percent of all contacts.

    The percentages are those of the tested contacts (sum 100), or of all (100 with those who are held back).
    """
    held = _whole(activity.configuration.get("holdBackPercentage", 0))
    percentages = [_whole(outcome.arguments.get("percentage")) for outcome in activity.outcomes]
    tested = [one for one in percentages if one is not None and one >= 1]
    found = _problem(percentages, tested, held)
    if found or held is None:
        site.problem(problems.RANDOM_SPLIT, f"Path optimizer {activity.key}: {found}")
        return [10_000]
    per_cent = 100 - held if sum(tested) == 100 else 100
    return [total * per_cent for total in accumulate(tested)]


def _problem(percentages: list[int | None], tested: list[int], held: int | None) -> str | None:
    if not _FEWEST <= len(percentages) <= _MOST:
        return f"it has {len(percentages)} paths; {_FEWEST} to {_MOST} are allowed."
    if held is None or held > 99:
        return "holdBackPercentage must be a whole number from 0 to 99."
    if len(tested) < len(percentages):
        return "every outcome needs arguments.percentage, a whole number of at least 1."
    if sum(tested) not in {100, 100 - held}:
        return f"the percentages add up to {sum(tested)}, not 100."
    return None


def _whole(value: object) -> int | None:
    """A whole number of at most five digits, as a number or a text; documents have both."""
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def _verdict(activity: Activity, site: Site) -> Verdict:
    """How the winner is found; Manual means that somebody says so."""
    settings = activity.configuration
    kind = str(settings.get("winnerEvaluationType") or "Engagement").casefold()
    if kind == "manual":
        return Verdict(None, "")
    metric = str(settings.get("engagementWinnerMetric") or "").casefold()
    if kind != "engagement" or metric not in {one.casefold() for one in _METRICS}:
        site.problem(
            problems.ACTIVITY_NOT_CONFIGURED,
            f"Path optimizer {activity.key}: winnerEvaluationType must be Engagement or Manual, and"
            f" engagementWinnerMetric one of {', '.join(_METRICS)}.",
        )
    return Verdict(_period(activity, site), metric)


def _period(activity: Activity, site: Site) -> Span | None:
    amount = _whole(activity.configuration.get("engagementPeriod"))
    try:
        unit = moments.unit_of(str(activity.configuration.get("engagementPeriodUnits") or ""))
    except ValueError:
        unit = None
    if amount is None or not 1 <= amount <= _LONGEST or unit is None:
        site.problem(
            problems.ACTIVITY_NOT_CONFIGURED,
            f"Path optimizer {activity.key}: engagementPeriod must be a whole number from 1 to {_LONGEST}, and"
            " engagementPeriodUnits a unit such as DAYS.",
        )
        return None
    return Span(amount, unit.value)


_PATHS = ({"key": "a", "arguments": {"percentage": "50"}}, {"key": "b", "arguments": {"percentage": 50}})

ACTIVITY = ActivityType(
    type="ABNTEST",
    aliases=("PATHOPTIMIZER",),
    summary="Send some of the contacts down different paths, measure what people do with the messages there until the"
    " engagement period after the publication is over, then send everybody down the best path. Contacts that are held"
    " back wait for the decision. Messages that lie on one path only count; the share of those that were opened or"
    " clicked is to be high, of those that led to an unsubscription low. With the evaluation type `Manual` somebody"
    " decides by `PUT /waystage/v1/journeys/{key}/winners/{activityKey}`.",
    history_name="abntest",
    step=step,
    examples=(
        Example(
            "nobody is held back",
            given={
                "holdBackPercentage": 0,
                "winnerEvaluationType": "Engagement",
                "engagementPeriod": 3,
                "engagementPeriodUnits": "DAYS",
                "engagementWinnerMetric": "Clicks",
            },
            outcomes=_PATHS,
            script=("enter",),
            trail={"ann": ("a|b",)},
        ),
        Example(
            "whoever comes after the decision takes the winner; of equals it is the first",
            given={
                "winnerEvaluationType": "Engagement",
                "engagementPeriod": 1,
                "engagementPeriodUnits": "HOURS",
                "engagementWinnerMetric": "Opens",
            },
            outcomes=_PATHS,
            script=("PT1H", "enter"),
            trail={"ann": ("", "a")},
        ),
    ),
)
