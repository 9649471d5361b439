"""Everything that can be said of a journey's body without storing it (contract, lint)."""

from __future__ import annotations

from waystage.ground import ids
from waystage.ground.errors import ValidationErrors
from waystage.operations import transactional_events
from waystage.operations.save_version import formed
from waystage.plan.compile import Identity, Kinds, compile_journey
from waystage.plan.lint import lint
from waystage.plan.unmatched import unmatched
from waystage.spec.document import complete, parse, without_server_fields
from waystage.spec.problems import Problem
from waystage.store import catalogs
from waystage.store.sql import Tx

_ORDER = ("Error", "Warning", "Advice")


def find(tx: Tx, kinds: Kinds, account: int, body: object, now: int, offset: int) -> list[Problem]:
    """What publishing would report, and advice; errors first. ValidationErrors where the body cannot be saved."""
    document = complete(without_server_fields(formed(body, (), ValidationErrors)), ids.new_guid)
    journey = parse(document)
    catalog, lacking = transactional_events.foresee(catalogs.read(tx, account, offset, now=now), journey)
    compiled = compile_journey(journey, kinds, catalog, Identity(account=account), anyway=True)
    advice: list[Problem] = []
    if compiled.plan is not None:
        advice += lint(journey, compiled.plan, catalog, now)
        advice += unmatched(journey, compiled.plan, compiled.readings)
    return sorted([*lacking, *compiled.problems, *advice], key=lambda one: _ORDER.index(one.severity))
