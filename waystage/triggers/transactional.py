"""transactional-api: one message for each event of a transactional journey (journey-spec 1.5, 8.11).

The trigger names no event definition; the e-mail of the journey does, by `highThroughput.definitionKey`.
"""

from __future__ import annotations

from waystage.plan.expressions import Always, Condition
from waystage.plan.kinds import Site, TriggerType
from waystage.spec.document import Trigger


def entry(trigger: Trigger, site: Site) -> Condition:
    """Every event sends its message."""
    del trigger, site
    return Always()


TRIGGER = TriggerType(
    type="transactional-api",
    aliases=(),
    summary="Every event posted with the definition key of a transactional journey sends its message.",
    entry=entry,
)
