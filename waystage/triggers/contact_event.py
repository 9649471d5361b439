"""ContactEvent: a contact enters when one of its rows in a data extension is added or changed (journey-spec 2.2).

Whoever writes rows fires the event (operations.write_rows, engine.take_in); here only its filter is of interest.
"""

from __future__ import annotations

from waystage.plan.kinds import TriggerType
from waystage.plan.sources import entry_condition

TRIGGER = TriggerType(
    type="ContactEvent",
    aliases=(),
    summary="A contact enters when one of its rows in a data extension is added or changed.",
    entry=entry_condition,
)
