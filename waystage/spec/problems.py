"""Findings as values: what is wrong with a sent body (Finding) or keeps a journey from running (Problem)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from waystage.spec.parts import Activity

Kind = Literal["missing", "type", "value", "format"]
Severity = Literal["Error", "Warning", "Advice"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in the form of a sent body; `kind` chooses the error number of api.md 1.8.2.

    missing = 10002, type = 10001, value = 10005, format = 10003. `path` names the field as the sender wrote it,
    such as `activities[2].key`; `message` says what was expected and what came.
    """

    kind: Kind
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a well-formed journey cannot be published, or one warning about it (journey-spec 10.2)."""

    code: str
    message: str
    severity: Severity
    path: str = ""
    activity_key: str | None = None
    activity_id: str | None = None
    activity_type: str | None = None


class ProblemCode(NamedTuple):
    """A row of the generated page of problems."""

    name: str
    when: str
    remedy: str
    severity: Severity


EMAIL_INVALID: Final = "121008"
TEXT_CHARACTERS: Final = "121072"
DEFAULT_ADDRESS_INVALID: Final = "121226"
TRANSACTIONAL_INCOMPLETE: Final = "121500"
EMAIL_OLD: Final = "121546"
WAIT_LONG: Final = "121547"
TRIGGER_UNUSABLE: Final = "190001"
NO_ACTIVITIES: Final = "190002"
ACTIVITY_NOT_CONFIGURED: Final = "190003"
NEXT_UNKNOWN: Final = "190004"
LOOP: Final = "190005"
UNREACHABLE: Final = "190006"
RANDOM_SPLIT: Final = "190007"
DECISION_SPLIT: Final = "190008"
ENGAGEMENT_SPLIT: Final = "190009"
WAIT: Final = "190010"
EXPRESSION: Final = "190011"
GOAL_OR_EXIT: Final = "190012"
CUSTOM_ACTIVITY: Final = "190013"
ENTRY_MODE_CHANGE: Final = "190014"
DATA_EXTENSION: Final = "190015"
UPDATE_CONTACT: Final = "190016"
SINGLE_SEND: Final = "190018"
MESSAGE: Final = "190019"
WAIT_BEFORE_ENGAGEMENT: Final = "190101"
WAIT_ILL_PLACED: Final = "190102"
MANY_ACTIVITIES: Final = "190103"
MANY_EXIT_CONDITIONS: Final = "190104"
ENTRY_MODE_NOT_SET: Final = "190105"
ACTIVITY_TYPE_UNKNOWN: Final = "190106"
OPERAND_UNREADABLE: Final = "190107"
PERSONALISATION: Final = "190108"
PASSED_THROUGH: Final = "190109"
SEND_OPTION: Final = "190111"
CALL_LIMITS: Final = "190110"
OWN_OPTION: Final = "190112"
DEAD_PATH: Final = "190201"
DATE_PAST: Final = "190202"
NIGHT_SEND: Final = "190203"
ENDLESS_LOOP: Final = "190204"
MAY_BE_EMPTY: Final = "190205"
NEVER_MATCHES: Final = "190206"

_ERRORS: Final = {
    EMAIL_INVALID: (
        "e-mail invalid",
        "The e-mail of a message activity does not exist or does not validate.",
        "Create the e-mail, or name the id of an existing one in triggeredSend.emailId.",
    ),
    DEFAULT_ADDRESS_INVALID: (
        "default address invalid",
        "The journey sends messages, but defaults.email or defaults.mobileNumber has no usable expression.",
        "List at least one expression that leads to an address.",
    ),
    TRANSACTIONAL_INCOMPLETE: (
        "transactional journey incomplete",
        "A transactional journey lacks its definition key, data extension or e-mail.",
        "Store all three on the journey, then create it again.",
    ),
    TRIGGER_UNUSABLE: (
        "trigger unusable",
        "The journey has no trigger, or its event definition does not exist or is not configured.",
        "Give the journey one trigger that names an existing, configured event definition.",
    ),
    NO_ACTIVITIES: ("no activities", "The journey has no activity.", "Add at least one activity."),
    ACTIVITY_NOT_CONFIGURED: (
        "activity not configured",
        "An activity lacks required configuration, or its metaData.isConfigured is false.",
        "Complete the configuration of the activity.",
    ),
    NEXT_UNKNOWN: (
        "unknown next activity",
        "The next of an outcome names an activity that does not exist.",
        "Correct the key, or leave next out to end the path.",
    ),
    LOOP: (
        "loop",
        "A path leads back to an earlier activity without passing a wait until event.",
        "Break the loop, or put a wait until event into it.",
    ),
    UNREACHABLE: (
        "unreachable activity",
        "An activity cannot be reached from the start, or several activities could be the start.",
        "Connect the activity, remove it, or name the start in the trigger's first outcome.",
    ),
    RANDOM_SPLIT: (
        "random split",
        "The percentages are not positive whole numbers with the sum 100, or there are not 2 to 10 paths.",
        "Correct the percentages or the number of paths.",
    ),
    DECISION_SPLIT: (
        "decision split",
        "Criteria are missing or cannot be read, an operator is unknown, or there are more than 20 paths.",
        "Correct the criteria of the outcome named in the message.",
    ),
    ENGAGEMENT_SPLIT: (
        "engagement split",
        "The split refers to no message activity before it, or its statsTypeId is not 2, 3 or 6.",
        "Name a message activity that precedes the split, and a supported kind of engagement.",
    ),
    WAIT: (
        "wait",
        "The wait has no duration, or an unknown unit, time zone, time or date.",
        "Correct the value named in the message.",
    ),
    EXPRESSION: (
        "expression",
        "An expression cannot be read or names an unknown event, field, activity or output.",
        "Correct the expression.",
    ),
    GOAL_OR_EXIT: (
        "goal or exit",
        "There is more than one goal, its criteria are missing or unreadable, or its target is not a number.",
        "Keep one goal with readable criteria and a number as target.",
    ),
    CUSTOM_ACTIVITY: (
        "custom activity",
        "The URL of execute or publish is missing, or a life cycle call was not answered with 200.",
        "Complete the configuration, and make the endpoint answer 200.",
    ),
    ENTRY_MODE_CHANGE: (
        "entry mode change",
        "The entry mode of a journey that once was OnceAndDone was changed in a later version.",
        "Keep OnceAndDone, or make a new journey.",
    ),
    DATA_EXTENSION: (
        "data extension",
        "The data extension of the event definition is missing or has no sendable field.",
        "Name an existing data extension whose sendable field holds the contact key.",
    ),
    UPDATE_CONTACT: (
        "update contact",
        "The activity writes to an unknown data extension or field.",
        "Name an existing data extension and one of its fields.",
    ),
    SINGLE_SEND: (
        "single send",
        "A single send does not consist of one message activity and an audience.",
        "Remove the other activities, or make the journey a Multistep one.",
    ),
    MESSAGE: (
        "message",
        "The content of a text, push or other message does not exist, or a window or limit of it cannot be read.",
        "Store the content, or correct the value named in the message.",
    ),
}
_WARNINGS: Final = {
    TEXT_CHARACTERS: (
        "characters of a text",
        "The name or description of the journey has a character that the hosted product refuses (& < > \" ' /).",
        "Leave it out if the journey is to be taken there.",
    ),
    EMAIL_OLD: (
        "old e-mail",
        "The content of an e-mail was not changed for six months.",
        "Look whether the content still holds.",
    ),
    WAIT_LONG: ("long wait", "A wait holds contacts for more than 90 days.", "Check the duration."),
    WAIT_BEFORE_ENGAGEMENT: (
        "no wait before engagement split",
        "No wait lies between a message and the engagement split that looks at it.",
        "Put a wait between them, else nobody has had the time to engage.",
    ),
    WAIT_ILL_PLACED: (
        "unusual wait",
        "A wait is the first activity, follows another wait, or is shorter than an hour.",
        "Check that this is meant.",
    ),
    MANY_ACTIVITIES: (
        "many activities",
        "The journey has more than 100 activities.",
        "Split the journey into several.",
    ),
    MANY_EXIT_CONDITIONS: (
        "many exit conditions",
        "The exit criteria have more than 20 conditions.",
        "Compute the decision once into a field, and test that field.",
    ),
    ENTRY_MODE_NOT_SET: (
        "entry mode not set",
        "entryMode is NotSet; the journey will run as SingleEntryAcrossAllVersions.",
        "Choose an entry mode.",
    ),
    ACTIVITY_TYPE_UNKNOWN: (
        "unknown activity type",
        "The type of an activity is not known to this server.",
        "Install the plug-in that brings the type, or replace the activity.",
    ),
    OPERAND_UNREADABLE: (
        "unreadable operand",
        "An operand of a condition cannot be read as the type of its field, so the condition is never true.",
        "Write the operand in the form of the field's type.",
    ),
    PERSONALISATION: (
        "unknown personalisation",
        "A message names a field that neither the entry event nor contact data has; it becomes an empty text.",
        "Correct the name, or add the field.",
    ),
    CALL_LIMITS: (
        "limits of a custom activity",
        "A time-out, number of retries, delay or number of concurrent requests lies outside its range.",
        "Write a number that lies within the range; until then the nearest one counts.",
    ),
    SEND_OPTION: (
        "option of a send",
        "An option of an e-mail cannot be used: an address, list, domain or number that is none.",
        "Correct the value named in the message; until then it has no effect.",
    ),
    OWN_OPTION: (
        "option of ours",
        "metaData.waystage of a goal or exit has a member that is not known, or not what it must be.",
        "Correct the member named in the message; until then it has no effect.",
    ),
    PASSED_THROUGH: (
        "passed through",
        "An activity of the hosted product means nothing on this server: contacts go on as the message says.",
        "Check that this is meant, or replace the activity.",
    ),
}

_ADVICE: Final = {
    DEAD_PATH: (
        "dead path",
        "Criteria contradict themselves, or the paths before one take everybody who fulfils its criteria.",
        "Correct the criteria, or remove the path.",
    ),
    DATE_PAST: ("past date", "The date of a wait is past, so it holds nobody.", "Choose a later date."),
    NIGHT_SEND: (
        "send at night",
        "A message follows at once on something that happens between 21:00 and 07:00 in the zone of it.",
        "Let a wait until the morning stand before the message.",
    ),
    ENDLESS_LOOP: (
        "endless loop",
        "A loop goes round as often as its event comes, and neither a goal nor exit criteria end it.",
        "Give the journey exit criteria, or a path out of the loop.",
    ),
    MAY_BE_EMPTY: (
        "empty personalisation",
        "A message names a field that may have no value and has no default.",
        "Give the field a default value, or make it required.",
    ),
    NEVER_MATCHES: (
        "comparison that nothing fulfils",
        "Criteria compare a field with a constant that it cannot hold: one that is too long, or nothing of its kind.",
        "Correct the constant, or compare another field.",
    ),
}

PROBLEM_CODES: Final[Mapping[str, ProblemCode]] = MappingProxyType(
    {code: ProblemCode(*row, severity="Error") for code, row in _ERRORS.items()}
    | {code: ProblemCode(*row, severity="Warning") for code, row in _WARNINGS.items()}
    | {code: ProblemCode(*row, severity="Advice") for code, row in _ADVICE.items()}
)
"""Every code with its name, condition, remedy and severity: the source of the generated page."""


def problem(code: str, message: str, *, path: str = "", activity: Activity | None = None) -> Problem:
    """A problem with the severity of its code, pointing at `path` and, if it concerns one, at an activity."""
    severity = PROBLEM_CODES[code].severity
    if activity is None:
        return Problem(code, message, severity, path)
    return Problem(code, message, severity, path, activity.key, activity.id or None, activity.type)
