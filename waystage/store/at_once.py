"""Goals and exits that act as soon as contact data change: whom to look at, and who of them meets them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from waystage.plan.expressions import Condition
from waystage.store import exits, expressions
from waystage.store.expressions import Setting
from waystage.store.inbox import InboxKind
from waystage.store.sql import Tx
from waystage.store.stand import Stand

_KIND = int(InboxKind.CHANGED)


def watch(tx: Tx, account: int, version: int) -> None:
    """A version is to be told of changes from now on, for as long as it runs."""
    tx.run(
        "INSERT INTO at_once (account, version) VALUES (:account, :version) ON CONFLICT DO NOTHING",
        account=account, version=version,
    )  # fmt: skip


def is_watched(tx: Tx, account: int) -> bool:
    """Whether some running version of a business unit is to be told of changes."""
    row = tx.one(
        "SELECT 1 FROM at_once a JOIN version v ON v.number = a.version"
        " WHERE a.account = :account AND v.status IN ('Published', 'Unpublished') LIMIT 1",
        account=account,
    )
    return row is not None


def note_arrived(tx: Tx, lane: int, account: int, base: int) -> None:
    """The rows of events have changed these contacts; `definition` of the command is the event.

    Whom it has let in is not looked at for it: there is no look at goals at the entry (journey-spec 7.3).
    """
    tx.run(
        "INSERT INTO inbox (lane, id, kind, account, definition, contact_key, row_key, data)"
        f" SELECT :lane, :base + a.n, {_KIND}, :account, a.id, a.contact_key, NULL, {tx.dialect.json_in(':data')}"
        " FROM arriving a WHERE a.lane = :lane AND a.gone = 0",
        lane=lane, account=account, base=base, data="{}",
    )  # fmt: skip


def note_updated(stand: Stand, leaves: Sequence[int], account: int, base: int) -> None:
    """A journey has changed the data of those who take these leaves."""
    dialect = stand.tx.dialect
    contact = dialect.look_up("contact", "c", "c.lane = :lane AND c.contact = w.contact")
    stand.run(
        "INSERT INTO inbox (lane, id, kind, account, definition, contact_key, row_key, data)"
        f" SELECT :lane, :base + w.n, {_KIND}, :account, 0, c.key, NULL, {dialect.json_in(':data')}"
        f" FROM work w{contact} WHERE {stand.condition(leaves)}",
        account=account, base=base, data="{}",
    )  # fmt: skip


def meeting(setting: Setting, journey: int, version: int, ids: tuple[int, int], condition: Condition) -> list[int]:
    """The passages through a version that meet a condition, of the contacts whom commands (first id, last id) name.

    `setting` speaks of the passage `a`.
    """
    look_up, test = setting.tx.dialect.look_up, expressions.condition(setting, condition)
    contact = look_up("contact", "c", "c.lane = :lane AND c.account = i.account AND c.key = i.contact_key")
    active = look_up("active", "a", "a.lane = :lane AND a.contact = c.contact AND a.journey = :journey")
    entered = look_up("instance", "p", "p.lane = :lane AND p.instance = a.instance")
    rows = setting.tx.rows(
        f"SELECT DISTINCT a.instance FROM inbox i{contact}{active}{entered}"
        f" WHERE i.lane = :lane AND i.id >= :low AND i.id <= :high AND i.kind = {_KIND} AND p.version = :version"
        f" AND (i.definition = 0 OR p.event <> i.definition) AND {test} ORDER BY a.instance",
        lane=setting.lane, journey=journey, version=version, low=ids[0], high=ids[1], now=setting.now,
        **setting.binder.values,
    )  # fmt: skip
    return [row[0] for row in rows]


def note_met(tx: Tx, lane: int, version: int, instances: Iterable[int], now: int) -> int:
    """These passages have met the goal of a version; returns how many had not been counted before."""
    return tx.run(
        "INSERT INTO goal_met (lane, version, instance, at) SELECT :lane, :version, m.number, :now"
        f" FROM {tx.dialect.numbers_of(':numbers')} m WHERE TRUE ON CONFLICT DO NOTHING",
        lane=lane, version=version, now=now, numbers=exits.listed(instances),
    )  # fmt: skip
