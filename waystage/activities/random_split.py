"""RANDOMSPLIT: send shares of the contacts different ways (journey-spec 3.6)."""

from __future__ import annotations

from itertools import accumulate

from waystage.plan.expressions import Always, Condition, Draw, Literal, ShareBelow
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Arm, Route, Step
from waystage.spec import problems
from waystage.spec.document import Activity, Outcome
from waystage.spec.fields import FieldType

_FEWEST, _MOST = 2, 10
#: ids.SHARE_RANGE; a law of shares that this floor must know without reaching down to where they are drawn.
_SHARE_RANGE = 2_147_483_647


def step(activity: Activity, site: Site) -> Step:
    """One draw per visit, compared with the running totals of the percentages."""
    shares = [_percentage(outcome) for outcome in activity.outcomes]
    found = _problem(shares)
    if found:
        site.problem(problems.RANDOM_SPLIT, f"Random split {activity.key}: {found}")
        return (Route.to(),)
    number = site.number_of(activity.key) or 0
    totals = list(accumulate(share for share in shares if share is not None))
    arms = tuple(Arm(place, _below(number, total)) for place, total in enumerate(totals))
    places, draws = tuple(Literal(place) for place in range(1, len(arms) + 1)), (Draw(number),) * len(arms)
    return (Route(arms, outputs=(("actualChoice", places), ("randomNumber", draws))),)


def _below(number: int, total: int) -> Condition:
    """Whose draw of 1 to 100 is at most `total`; the last arm takes whoever is left: its total is 100."""
    return Always() if total == 100 else ShareBelow(number, -(-_SHARE_RANGE * total // 100))


def _percentage(outcome: Outcome) -> int | None:
    """Percentages are text in journeys of the UI and numbers in the documentation."""
    value = outcome.arguments.get("percentage")
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else None


def _problem(shares: list[int | None]) -> str | None:
    if not _FEWEST <= len(shares) <= _MOST:
        return f"it has {len(shares)} paths; {_FEWEST} to {_MOST} are allowed."
    if any(share is None or share < 1 for share in shares):
        return "every outcome needs arguments.percentage, a whole number of at least 1."
    total = sum(share for share in shares if share is not None)
    return None if total == 100 else f"the percentages add up to {total}, not 100."


ACTIVITY = ActivityType(
    type="RANDOMSPLIT",
    aliases=("RANDOMSPLITV2",),
    summary="Send given percentages of the contacts down different paths, by a draw that stays the same on a replay.",
    history_name="randomsplit",
    step=step,
    outputs={"actualChoice": FieldType.NUMBER, "randomNumber": FieldType.NUMBER},
    examples=(
        Example(
            "halves",
            given={},
            outcomes=(
                {"key": "branchResult-1", "arguments": {"percentage": "50"}},
                {"key": "branchResult-2", "arguments": {"percentage": 50}},
            ),
            script=("enter",),
            trail={"ann": ("branchResult-1|branchResult-2",)},
        ),
    ),
)
