"""See `store.dialects.checkups`: the server's version and settings, its connections, and who holds it up."""

from __future__ import annotations

from collections.abc import Iterator

from waystage.ground import ailments
from waystage.ground.ailments import Finding
from waystage.store.sql import Tx

#: server_version_num of the oldest server that Waystage is made for.
_OLDEST = 140_000
_FEW_CONNECTIONS = 10
_MANY_IDS = 1_000_000_000
_IDLE_SECONDS = 60
_CONNECT_SECONDS = 10


class PostgresqlCheckup:
    """See `checkups.Checkup`."""

    def __init__(self, url: str) -> None:
        mark = "&" if "?" in url else "?"
        self.address = url if "connect_timeout=" in url else f"{url}{mark}connect_timeout={_CONNECT_SECONDS}"

    def absent(self) -> str | None:
        """See `Checkup.absent`: a server cannot be missed before it is asked."""
        return None

    def findings(self, tx: Tx) -> Iterator[Finding]:
        """See `Checkup.findings`."""
        yield from _settings(tx)
        yield from _connections(tx)
        yield from _idle(tx)
        row = tx.one("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()")
        if row is not None and row[0] > _MANY_IDS:
            yield Finding(ailments.IDS_RUN_OUT, f"The oldest transaction id is {row[0]:,} behind.")


def _settings(tx: Tx) -> Iterator[Finding]:
    names = ("server_version_num", "server_version", "fsync", "full_page_writes", "autovacuum")
    shown = ", ".join(f"current_setting('{name}')" for name in names)
    row = tx.one(f"SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on', {shown}")
    standby, number, version, *switches = row or (False, "0", "", "on", "on", "on")
    if standby:
        yield Finding(ailments.SERVER_READ_ONLY, "It is in recovery, or default_transaction_read_only is on.")
    if int(number) < _OLDEST:
        yield Finding(ailments.SERVER_TOO_OLD, f"The server is PostgreSQL {version}; 14 is the oldest that will do.")
    off = [name for name, switch in zip(names[2:], switches, strict=True) if switch == "off"]
    if unsafe := [name for name in off if name != "autovacuum"]:
        yield Finding(ailments.DURABILITY_OFF, f"{' and '.join(unsafe)} {'is' if len(unsafe) == 1 else 'are'} off.")
    if "autovacuum" in off:
        yield Finding(ailments.VACUUM_OFF, "autovacuum is off.")


def _connections(tx: Tx) -> Iterator[Finding]:
    row = tx.one(
        "SELECT count(*), CAST(current_setting('max_connections') AS BIGINT)"
        " - CAST(current_setting('superuser_reserved_connections') AS BIGINT)"
        " FROM pg_stat_activity WHERE backend_type = 'client backend'"
    )
    used, most = row or (0, 0)
    if most - used < _FEW_CONNECTIONS:
        yield Finding(ailments.CONNECTIONS_SHORT, f"{used} of {most} connections are in use.")


def _idle(tx: Tx) -> Iterator[Finding]:
    """The server tells how long by its own clock."""
    since = "CAST(extract(epoch FROM a.state_change) * 1000 AS BIGINT)"
    rows = tx.rows(
        f"SELECT a.pid, a.application_name, ({tx.dialect.real_time()} - {since}) / 1000"
        " FROM pg_stat_activity a WHERE a.datname = current_database() AND a.state LIKE 'idle in transaction%'"
        " AND a.pid <> pg_backend_pid() ORDER BY a.pid"
    )
    for pid, name, seconds in rows:
        if seconds > _IDLE_SECONDS:
            shown = f" ({name})" if name else ""
            yield Finding(
                ailments.IDLE_TRANSACTIONS, f"Session {pid}{shown} has been idle in a transaction for {seconds} s."
            )
