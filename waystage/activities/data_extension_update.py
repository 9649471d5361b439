"""DATAEXTENSIONUPDATE: write one field of the contact's row, the older form of the update (journey-spec 3.12)."""

from __future__ import annotations

from waystage.plan import updates
from waystage.plan.kinds import ActivityType, Example, Site
from waystage.plan.moves import Route, Step
from waystage.spec.document import Activity


def step(activity: Activity, site: Site) -> Step:
    """One write by the rules of UPDATECONTACTDATA, then go on."""
    settings = activity.configuration
    extension, field = (str(settings.get(name, "")) for name in ("dataExtensionId", "field"))
    entry = updates.Entry(extension, field, activity.arguments.get("value"), f"Update {activity.key}")
    return (*updates.writes(site, [entry]), Route.to())


ACTIVITY = ActivityType(
    type="DATAEXTENSIONUPDATE",
    aliases=(),
    summary="Write one field of the contact's row in a data extension: the older form of UPDATECONTACTDATA.",
    history_name="dataextensionupdate",
    step=step,
    examples=(
        Example(
            "the moment of the visit",
            given={"dataExtensionId": "{extension}", "field": "Day"},
            arguments={"contactKey": "{{Context.ContactKey}}", "value": "{{DateTime.Now}}"},
            script=("enter",),
            trail={"ann": ("on",)},
        ),
    ),
)
