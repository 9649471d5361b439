"""What this installation can run: every activity type and trigger."""

from __future__ import annotations

from waystage.activities import registry as activities
from waystage.plan.compile import Kinds
from waystage.triggers import registry as triggers


def installed_kinds(test_wait_seconds: int = 10) -> Kinds:
    """Every activity type and trigger of this installation; in test mode waits last so many seconds (contract 26)."""
    return Kinds(activities.load(), triggers.load(), test_wait_seconds)
