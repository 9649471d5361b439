"""UPDATECONTACTDATA: write fields of the contact's row in a data extension (journey-spec 3.12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waystage.plan import updates
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Route, Step
from waystage.spec import problems
from waystage.spec.document import Activity


def step(activity: Activity, site: Site) -> Step:
    """One write per data extension, then go on."""
    entries = [_entry(activity, place, entry) for place, entry in enumerate(_listed(activity))]
    if not entries:
        site.problem(
            problems.UPDATE_CONTACT,
            f"Update {activity.key}: arguments.activityData.updateContactFields names no field.",
        )
    return (*updates.writes(site, entries), Route.to())


def _listed(activity: Activity) -> list[Mapping[str, Any]]:
    outer = activity.arguments.get("activityData")
    listed = outer.get("updateContactFields") if isinstance(outer, dict) else None
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _entry(activity: Activity, place: int, given: Mapping[str, Any]) -> updates.Entry:
    path = f"Update {activity.key}: updateContactFields[{place}]"
    return updates.Entry(str(given.get("dataExtensionId", "")), str(given.get("field", "")), given.get("value"), path)


ACTIVITY = ActivityType(
    type="UPDATECONTACTDATA",
    aliases=("UPDATECONTACTDATAV2", "CONTACTUPDATE"),
    summary="Write fields of the contact's row in a data extension; later splits see the new values.",
    history_name="updatecontactdata",
    step=step,
    examples=(
        Example(
            "a constant",
            given={},
            arguments={
                "activityData": {
                    "updateContactFields": [{"dataExtensionId": "{extension}", "field": "Tier", "value": "gold"}]
                }
            },
            script=("enter",),
            trail={"ann": ("on",)},
        ),
    ),
)
