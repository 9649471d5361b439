"""What choices looked at that may be different later, kept for whoever asks why (design 8.6); see plan.looks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from waystage.plan import expressions as e
from waystage.plan.strides import Look
from waystage.store import expressions
from waystage.store.expressions import Setting
from waystage.store.in_lists import chunks, in_list
from waystage.store.sql import Tx
from waystage.store.stand import Stand

#: Values of one array within the array; a function of SQL takes so many without asking.
_SIDE_BY_SIDE = 60
#: Values of one choice that are kept; whoever compares with more is not told of the rest.
MOST_VALUES = _SIDE_BY_SIDE**2

_INTO = "INSERT INTO looked (lane, instance, hop, activity, data) SELECT :lane, w.instance, w.hop, :activity,"


def keep(stand: Stand, look: Look) -> None:
    """Keep what a choice has just looked at, for all who take one of its leaves."""
    source = _source(stand.setting, look.values)
    stand.run(f"{_INTO} {source} WHERE {stand.condition(look.leaves)} ON CONFLICT DO NOTHING", activity=look.place)


def keep_for_all(setting: Setting, place: int, values: Sequence[e.Expression]) -> None:
    """The same for everybody in the working set, of whom `setting` speaks as `w`."""
    source = _source(setting, values)
    setting.tx.run(
        f"{_INTO} {source} WHERE w.lane = :lane ON CONFLICT DO NOTHING",
        lane=setting.lane, activity=place, now=setting.now, **setting.binder.values,
    )  # fmt: skip


def _source(setting: Setting, values: Sequence[e.Expression]) -> str:
    join = expressions.joined_event(setting, any(map(e.reads_event, values)))
    array = setting.tx.dialect.json_array
    shown = [expressions.shown(setting, one) for one in values[:MOST_VALUES]]
    rows = [array(shown[at : at + _SIDE_BY_SIDE]) for at in range(0, len(shown), _SIDE_BY_SIDE)]
    return f"{array(rows)} FROM work w{join}"


def of_passages(
    tx: Tx, lane: int, instances: Sequence[int]
) -> dict[int, Mapping[tuple[int, int], Sequence[int | str | None]]]:
    """By passage and (hop, place): what was looked at."""
    found: defaultdict[int, dict[tuple[int, int], Sequence[int | str | None]]] = defaultdict(dict)
    for chunk in chunks(instances):
        listed, values = in_list(chunk)
        rows = tx.rows(
            f"SELECT instance, hop, activity, {tx.dialect.json_out('data')} FROM looked"
            f" WHERE lane = :lane AND instance IN {listed}",
            lane=lane, **values,
        )  # fmt: skip
        for instance, hop, place, data in rows:
            found[instance][hop, place] = [one for row in msgspec.json.decode(data) for one in row]
    return dict(found)
