"""PostgreSQL spread over machines by Citus: what lies where (design 3; docs/how-to/run-on-citus.md).

Tables of lanes are distributed by `lane`, all in the same way, so that a lane lies on one machine as a whole.
Definitions are on every machine: to change them all must be there, the coordinator too. What workers write every few
seconds is on one machine or another, so that they need none of them in particular.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from waystage.store.sql import Tx, lane_numbers

#: Parts that the lanes are cut into; each lies on one machine. As many machines can share the work, at most.
SHARDS = 32
#: The table whose parts those of all others lie with.
FIRST = "lease"

#: Tables that workers write in all the time and that lie in no lane, and the first column of their key.
OF_WORKERS = {"ask": "one", "process": "name", "slot": "version"}

EXTENSION = "CREATE EXTENSION IF NOT EXISTS citus"


@dataclass(frozen=True, slots=True)
class Node:
    """One machine's address."""

    host: str
    port: int


def is_spread(tx: Tx) -> bool:
    """Whether the tables of lanes lie on several machines."""
    return bool(_has_extension(tx) and tx.one(
        "SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass(:first)", first=FIRST
    ))  # fmt: skip


def distribution(tx: Tx) -> list[str]:
    """The statements that spread all tables that are not spread yet, in order; each is a transaction of its own.

    What is in a table goes with it. A table is one of lanes if its primary key begins with `lane`.
    """
    rows = tx.rows(
        "SELECT c.relname, a.attname = 'lane' FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE c.relnamespace = CAST('public' AS regnamespace) AND c.relkind = 'r' ORDER BY c.relname"
    )
    done = _spread(tx)
    others = {name for name, in_lanes in rows if not in_lanes} - done
    everywhere = sorted(others - OF_WORKERS.keys())
    anywhere = sorted(others & OF_WORKERS.keys())
    in_lanes = [name for name, in_lanes in rows if in_lanes and name not in done]
    statements = [f"SELECT create_reference_table('{name}')" for name in everywhere]
    if FIRST in in_lanes:
        in_lanes.remove(FIRST)
        in_lanes.insert(0, FIRST)
    for name in in_lanes:
        place = f"'none', shard_count => {SHARDS}" if name == FIRST else f"'{FIRST}'"
        statements.append(f"SELECT create_distributed_table('{name}', 'lane', colocate_with => {place})")
    statements += [
        f"SELECT create_distributed_table('{name}', '{OF_WORKERS[name]}', colocate_with => 'none',"
        f" shard_count => {SHARDS})"
        for name in anywhere
    ]
    # What was here before lies on the machines now; the copy that stays behind would only take room.
    return statements + [
        f"SELECT truncate_local_data_after_distributing_table('{name}')" for name in everywhere + in_lanes + anywhere
    ]


def nodes_of_lanes(tx: Tx) -> Mapping[int, Node]:
    """On which machine each lane lies; any machine can say so. Empty where nothing is spread."""
    if not is_spread(tx):
        return {}
    rows = tx.rows(
        "SELECT CAST(l.value AS INTEGER), n.nodename, n.nodeport"
        " FROM jsonb_array_elements_text(CAST(:lanes AS JSONB)) l"
        " JOIN pg_dist_placement p"
        " ON p.shardid = get_shard_id_for_distribution_column(:first, CAST(l.value AS INTEGER))"
        " JOIN pg_dist_node n ON n.groupid = p.groupid AND n.noderole = 'primary'",
        first=FIRST, lanes=msgspec.json.encode(list(lane_numbers(tx))).decode(),
    )  # fmt: skip
    return {lane: Node(host, port) for lane, host, port in rows}


def _has_extension(tx: Tx) -> bool:
    return tx.one("SELECT 1 FROM pg_extension WHERE extname = 'citus'") is not None


def _spread(tx: Tx) -> set[str]:
    if not _has_extension(tx):
        return set()
    return {
        row[0]
        for row in tx.rows("SELECT relname FROM pg_class WHERE oid IN (SELECT logicalrelid FROM pg_dist_partition)")
    }
