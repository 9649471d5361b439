"""Who is not written to: the rules of a send in their order (journey-spec 8.8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from waystage.plan import exclusions
from waystage.plan.catalog import Extension
from waystage.plan.effects import Rule, Skip
from waystage.plan.expressions import (
    Always,
    AnyOf,
    Condition,
    Deleted,
    Holds,
    IllFormed,
    Literal,
    Place,
    Related,
    Unsubscribed,
    Value,
)
from waystage.plan.kinds import Site
from waystage.spec import problems
from waystage.spec.document import Activity

EMAIL: Final = "email"
#: The publication list that stands for everybody (journey-spec 3.10).
ALL_LISTS: Final = 0
_LARGEST_LIST: Final = 2**53
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL}){{0,10}}")
_MOST: Final = 100


def of_channel(channel: str) -> tuple[Rule, ...]:
    """What holds for whatever is sent by a channel: nothing to the deleted, nothing to who wants nothing by it."""
    return (
        Rule(Skip.DELETED, Deleted()),
        Rule(Skip.UNSUBSCRIBED, Unsubscribed(channel, (ALL_LISTS,))),
    )


def of_email(activity: Activity, site: Site, settings: Mapping[str, Any], address: Value) -> tuple[Rule, ...]:
    """Every rule of an e-mail activity; what cannot be read is noted."""
    return (
        *of_channel(EMAIL),
        *_list(list_id(activity, site, settings)),
        *_suppression_lists(activity, site, settings),
        *_domains(activity, site, settings, address),
        *_exclusion(activity, site, settings),
        Rule(Skip.SYNTAX, IllFormed(address)),
    )


def list_id(activity: Activity, site: Site, settings: Mapping[str, Any]) -> int:
    """The publication list of a send; 0 for all."""
    value = settings.get("publicationListId")
    text = "" if value is None or isinstance(value, bool) else str(value).strip()
    if text in {"", "0"}:
        return ALL_LISTS
    if text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= _LARGEST_LIST:
        return int(text)
    _trouble(activity, site, f"publicationListId must be a whole number, not {value!r}.")
    return ALL_LISTS


def _list(number: int) -> Iterator[Rule]:
    if number != ALL_LISTS:
        yield Rule(Skip.LIST_UNSUBSCRIBED, Unsubscribed(EMAIL, (number,)))


def _suppression_lists(activity: Activity, site: Site, settings: Mapping[str, Any]) -> Iterator[Rule]:
    """Data extensions with a sendable field; whoever has a row there is not written to."""
    for place, entry in enumerate(_entries(activity, site, settings, "suppressionLists")):
        names = [str(entry[name]) for name in ("id", "key", "name") if entry.get(name) not in (None, "")]
        found = next((one for name in names if (one := _extension(site, name))), None)
        if found is None or not found.schema.contact_field:
            named = " / ".join(names) or "it has neither id nor name"
            why = "has no sendable field" if found is not None else "is no data extension"
            _trouble(activity, site, f"suppressionLists[{place}] {why}: {named}.")
        else:
            yield Rule(Skip.SUPPRESSION_LIST, Related(found.number, Always()))


def _extension(site: Site, name: str) -> Extension | None:
    by_name = (one for one in site.catalog.extensions if one.name.casefold() == name.casefold())
    return site.catalog.extension(name) or next(by_name, None)


def _domains(activity: Activity, site: Site, settings: Mapping[str, Any], address: Value) -> Iterator[Rule]:
    ends: list[Condition] = []
    for place, entry in enumerate(_entries(activity, site, settings, "domainExclusions")):
        name = str(entry.get("name") or "").strip().lstrip("@").rstrip(".")
        if not _DOMAIN.fullmatch(name):
            _trouble(activity, site, f"domainExclusions[{place}] must name a domain such as example.com, not {name!r}.")
            continue
        ends += [Holds(address, Literal(f"{sign}{name}"), Place.END) for sign in "@."]
    if ends:
        yield Rule(Skip.DOMAIN, AnyOf(tuple(ends)))


def _exclusion(activity: Activity, site: Site, settings: Mapping[str, Any]) -> Iterator[Rule]:
    text = settings.get("exclusionFilter")
    if text is None or (isinstance(text, str) and not text.strip()):
        return
    try:
        yield Rule(Skip.EXCLUSION, exclusions.condition(text, site.resolver))
    except exclusions.ExclusionError as error:
        site.problem(problems.EMAIL_INVALID, f"E-mail {activity.key}: exclusionFilter: {error}")


def _entries(
    activity: Activity, site: Site, settings: Mapping[str, Any], name: str
) -> list[Mapping[str, Any]]:  # fmt: skip
    """The objects of a list; a text stands for an object with that name."""
    listed = settings.get(name)
    if listed in (None, "", []):
        return []
    if not isinstance(listed, list) or not all(isinstance(one, Mapping | str) for one in listed) or len(listed) > _MOST:
        _trouble(activity, site, f"{name} must be a list of at most {_MOST} objects with id and name.")
        return []
    return [{"name": one} if isinstance(one, str) else one for one in listed]


def _trouble(activity: Activity, site: Site, why: str) -> None:
    """An error where there are e-mails at all, as for the e-mail itself; else a warning (contract, content)."""
    code = problems.EMAIL_INVALID if site.catalog.emails else problems.SEND_OPTION
    site.problem(code, f"E-mail {activity.key}: {why}")
