"""Why a message is not sent, as SQL: the first reason that applies (journey-spec 8.8)."""

from __future__ import annotations

from waystage.plan.effects import Effect
from waystage.store import expressions
from waystage.store.expressions import Setting


def state(setting: Setting, effect: Effect, address: str, otherwise: str) -> str:
    """The state of a message: the first reason not to send it, else `otherwise`. `address` is computed once for all."""
    setting.at_hand[effect.address] = "a.t"
    tests = [(rule.skip.value, expressions.condition(setting, rule.condition)) for rule in effect.skips]
    del setting.at_hand[effect.address]
    arms = " ".join(f"WHEN {test} THEN {skip}" for skip, test in tests)
    return f"(SELECT CASE {arms} ELSE {otherwise} END FROM (SELECT {address} AS t) a)"
