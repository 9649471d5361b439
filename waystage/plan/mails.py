"""What the options of an e-mail mean: preheader, copies, tracking (journey-spec 3.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waystage.plan import content, suppression
from waystage.plan.effects import Mail
from waystage.plan.kinds import Site
from waystage.spec import bindings, problems
from waystage.spec.document import Activity

_LONGEST_PREHEADER = 500


def options(activity: Activity, site: Site, settings: Mapping[str, Any]) -> Mail:
    """What only e-mails have; what cannot be read is noted and has no effect."""
    opens, clicks = _tracking(settings)
    preheader = settings.get("preHeader")
    return Mail(
        preheader.strip()[:_LONGEST_PREHEADER] if isinstance(preheader, str) else "",
        _copies(activity, site, settings, "ccEmail"),
        _copies(activity, site, settings, "bccEmail"),
        suppression.list_id(activity, site, settings),
        opens,
        clicks,
    )


def _tracking(settings: Mapping[str, Any]) -> tuple[bool | None, bool | None]:
    """Whether opens and clicks are followed; None where the activity does not say."""
    clicks = settings.get("isTrackingClicks")
    if settings.get("suppressTracking") is True:
        return False, False
    if not isinstance(clicks, bool):
        return None, None
    return (True, True) if clicks else (None, False)


def _copies(activity: Activity, site: Site, settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Addresses, and texts with expressions that become some; one text may hold several."""
    given = settings.get(name)
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    texts = [one for text in listed if isinstance(text, str) for one in content.split_addresses(text)]
    good = [text for text in texts if _may_be_address(text)]
    bad = [repr(text) for text in texts if text not in good]
    bad += [repr(text) for text in listed if not isinstance(text, str)]
    if bad or (given not in (None, "", []) and not listed):
        told = f"E-mail {activity.key}: {name}: {', '.join(bad) or repr(given)} is no address."
        site.problem(problems.SEND_OPTION, told)
    return tuple(dict.fromkeys(good))[: content.MOST_COPIES]


def _may_be_address(text: str) -> bool:
    try:
        has_paths = bool(bindings.parse_content(text).paths)
    except bindings.BindingError:
        return False
    return has_paths or content.looks_like_address(text)
