"""Parameters that many resources share."""

from __future__ import annotations

from typing import Final

from waystage.api.shapes.call import Parameter, path
from waystage.api.shapes.schema import FLAG, FROM_ONE, GUID, TEXT, WHOLE, array, words

PAGE_NUMBER: Final = Parameter("$page", FROM_ONE, "The page, from 1.")
PAGE: Final = (
    PAGE_NUMBER,
    Parameter("$pageSize", FROM_ONE, "Rows of a page; more than the server serves at once are cut to that."),
)
VERSION: Final = (Parameter("versionNumber", WHOLE, "The version; without it the newest that fits."),)
ONE_VERSION: Final = (Parameter("versionNumber", WHOLE, "The version.", required=True),)
EVERY: Final = (
    Parameter("versionNumber", WHOLE, "The version; this or allVersions is required."),
    Parameter("allVersions", FLAG, "Every version that is in a fitting status."),
)
EXTRA_WORDS: Final = (
    "all",
    "activities",
    "outcomes",
    "stats",
    "triggers",
    "tags",
    "campaigns",
    "summary",
    "healthStats",
)
EXTRAS: Final = (
    Parameter("extras", array(words(EXTRA_WORDS)), "What to show besides; unknown words are ignored.", repeated=True),
)
FIELDS: Final = Parameter("$fields", array(TEXT), "The members to show; all of them without it.", repeated=True)
FILTER: Final = Parameter("$filter", TEXT, "Comparisons such as name eq 'Welcome', with and, or and brackets.")


def order(*columns: str, usual: str) -> Parameter:
    """`$orderBy` by one column."""
    known = [f"{column} {way}" for column in columns for way in ("ASC", "DESC")]
    return Parameter("$orderBy", words(known), f"Column and direction, in any letter case; {usual} without it.")


#: What parameters of paths mean, unless a resource says otherwise.
PATH: Final = {
    **path("id", GUID, "The id."),
    **path("key", TEXT, "The key, in any letter case."),
    **path("eventDefinitionID", GUID, "The id of the event definition."),
    **path("eventDefinitionId", GUID, "The id of the event definition."),
    **path("definitionId", GUID, "The id of the version."),
    **path("requestId", GUID, "The id of the request."),
    **path("contactKey", TEXT, "The key of the contact."),
    **path("activityKey", TEXT, "The key of the activity."),
}
