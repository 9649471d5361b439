"""The whole move of a database into one with another number of lanes, table by table (docs/decisions/0017)."""

from __future__ import annotations

from typing import Final

from waystage.store import relocated_lanes, relocated_timers, relocation
from waystage.store.copying import PASSING, Told, copy_table, count, load, pages
from waystage.store.relocated_lanes import Seen
from waystage.store.relocation import RULES, Relocation
from waystage.store.sql import Tx
from waystage.store.tables import all_tables

#: Tables of lanes that have a law of their own. Of the last three nothing is copied: how far the retention has come (it
#: begins anew), who sent what under which lease, and what owners answered.
BY_THEMSELVES: Final = frozenset(
    {
        "contact", "row", "row_key", "held", "inbox", "counter", "daily", "path", "hop_log", "remark", "timer",
        "watermark", "mark", "lease", "lane_counter", "forgotten", "sender", "lane_rest",
    }
)  # fmt: skip

#: Of these each row becomes one row.
ROW_BY_ROW: Final = frozenset({"contact", "row", "row_key", "held", "hop_log", "remark"})


def relocate(source: Tx, target: Tx, told: Told) -> dict[str, int]:
    """Copy everything; returns how many rows each table has. Raises NotAtRest if the source must come to rest first."""
    move = Relocation(source, target, told)
    _open_lanes(move)
    for name, table in all_tables().items():
        if not table.has_lanes and name not in PASSING | {"meta", "event_member"}:
            move.copied[name] = copy_table(source, target, table, told)
    relocation.move_contacts(move)
    for name in RULES:
        relocation.move_by_rule(move, name)
    relocation.move_row_keys(move)
    relocation.move_held(move)
    relocation.move_inbox(move)
    seen = Seen(move, relocated_timers.audiences(source))
    relocated_lanes.move_rows(move, seen)
    relocated_lanes.move_sums(move)
    relocated_lanes.move_paths(move)
    relocated_lanes.move_log(move)
    relocated_lanes.move_remarks(move)
    relocated_timers.move_timers(move, seen)
    relocated_timers.move_marks(move)
    _move_members(move)
    _check(move)
    return move.copied


def _check(move: Relocation) -> None:
    """As many rows were read as there are; LookupError. Some tables get more: the tail of the log, unsent mail."""
    plain = {name for name, table in all_tables().items() if not table.has_lanes} - PASSING - {"meta"}
    found = count(move.source, sorted(plain | set(RULES) | ROW_BY_ROW))
    if wrong := [name for name, rows in found.items() if move.copied.get(name, 0) < rows]:
        raise LookupError(f"rows of {', '.join(wrong)} were not read")


def _open_lanes(move: Relocation) -> None:
    """Lanes give out numbers of the next generation, and their journey time goes on."""
    at = move.source.rows("SELECT max(at) FROM lease")[0][0] or 0
    move.target.run(
        "UPDATE lease SET owner = '', until = 0, instances = :first, effects = :first, remarks = :first, at = :at",
        first=move.first_number, at=at,
    )  # fmt: skip


def _move_members(move: Relocation) -> None:
    """The lane of a member is part of its event's name and stays; where the event lies is told beside it."""
    table = all_tables()["event_member"]
    rows = 0
    for page in pages(move.source, table):
        page["home"] = [
            move.lane_of(account, key) if event and key is not None else None
            for account, key, event in zip(page["account"], page["contact_key"], page["event"], strict=True)
        ]
        load(move.target, table, page)
        rows += len(page["place"])
        move.told(table.name, rows)
    move.copied[table.name] = rows
