"""Why a message is not sent, as SQL: the first reason that applies (journey-spec 8.8)."""

from __future__ import annotations

from waystage.plan.effects import Effect
from waystage.store import expressions, facts
from waystage.store.expressions import Setting


def state(setting: Setting, effect: Effect, address: str, otherwise: str) -> str:
    """The state of a message: the first reason not to send it, else `otherwise`.

    `address`, and whether the contact has ever wished for anything, are found out once for all rules; the LIMIT keeps
    a planner from doing it for each of them (docs/decisions/0020).
    """
    setting.at_hand[effect.address], setting.wishes = "a.t", "a.wishes"
    tests = [(rule.skip.value, expressions.condition(setting, rule.condition)) for rule in effect.skips]
    del setting.at_hand[effect.address]
    setting.wishes = ""
    arms = " ".join(f"WHEN {test} THEN {skip}" for skip, test in tests)
    once = f"SELECT {address} AS t, {expressions.found(facts.wished(setting.alias))} AS wishes LIMIT 1"
    return f"(SELECT CASE {arms} ELSE {otherwise} END FROM ({once}) a)"
