"""What an effect would say and whether it would be sent, for one contact, without anything being written."""

from __future__ import annotations

from collections.abc import Callable

from waystage.plan import expressions as e
from waystage.plan.effects import Effect
from waystage.store import expressions, skips
from waystage.store.expressions import Setting
from waystage.store.sql import Binder, Row, Tx


def values(tx: Tx, lane: int, contact: int, data: str, effect: Effect, seed: str, relative: Relative, now: int) -> Row:
    """(state or 0, address, values…) of an effect; `data` is the entry data as JSON text, `contact` 0 nobody.

    Nobody has walked through the journey, so outputs of activities and what was heard are absent.
    """
    setting = Setting(tx, Binder(), lane, now, seed, relative, "w", "w.data")
    address, *rest = (expressions.value(setting, one) for one in (effect.address, *effect.values))
    state = skips.state(setting, effect, address, "0")
    row = tx.one(
        f"SELECT {', '.join([state, address, *rest])} FROM (SELECT CAST(-1 AS BIGINT) AS instance,"
        f" CAST(0 AS BIGINT) AS hop, CAST(:contact AS BIGINT) AS contact, {tx.dialect.json_in(':data')} AS data) w",
        **_known(lane, contact, data, now), **setting.binder.values,
    )  # fmt: skip
    return row or ()


Relative = Callable[[e.Relative, int], int]


def _known(lane: int, contact: int, data: str, now: int) -> dict[str, int | str]:
    return {"lane": lane, "contact": contact, "data": data, "now": now}
