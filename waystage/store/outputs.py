"""What activities give out, kept for later ones of the same passage (journey-spec 3.6); of several visits the last."""

from __future__ import annotations

from collections.abc import Sequence

from waystage.store.stand import Stand


def keep(stand: Stand, activity: int, leaves: Sequence[int], members: Sequence[tuple[str, str]]) -> None:
    """Keep the outputs (name, SQL over `w`) of an activity for all who take one of these leaves."""
    bind = stand.setting.binder.bind
    data = stand.tx.dialect.json_object([(bind(name), text) for name, text in members])
    stand.run(
        "INSERT INTO output (lane, instance, activity, data)"
        f" SELECT :lane, w.instance, :activity, {data} {stand.here(leaves)}"
        " ON CONFLICT (lane, instance, activity) DO UPDATE SET data = excluded.data",
        activity=activity,
    )  # fmt: skip
