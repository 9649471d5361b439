"""An automation has completed: audiences that hang on it are evaluated (journey-spec 2.5, contract 19)."""

from __future__ import annotations

from waystage.ground.errors import AutomationNotFound
from waystage.ground.ids import InboxNumbers
from waystage.plan.sources import automations_of
from waystage.store import event_definitions, inbox
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx


def signal(tx: Tx, account: int, automation: str, numbers: InboxNumbers) -> None:
    """Tell every lane of each event definition that names the automation; AutomationNotFound if none does."""
    wanted = automation.strip().lower()
    mentioned = event_definitions.mentioning(tx, account, wanted) if wanted and "\0" not in wanted else []
    found = [one for one in mentioned if wanted in automations_of(one.document)]
    if not found:
        raise AutomationNotFound
    for number, definition in zip(numbers.take(len(found)), found, strict=True):
        inbox.tell_lanes(tx, InboxKind.AUDIENCE, number, account, definition.number)
