"""Everything that `waystage doctor` may find: its code, how bad it is, when it is said, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Ailment:
    """One row of the table. Codes stay once they are published: scripts ask for them."""

    code: str
    severity: Severity
    when: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """An ailment that a system has; `what` says in a sentence what was seen."""

    ailment: Ailment
    what: str


def _error(code: str, when: str, remedy: str) -> Ailment:
    return Ailment(code, "error", when, remedy)


def _warning(code: str, when: str, remedy: str) -> Ailment:
    return Ailment(code, "warning", when, remedy)


SETTINGS_UNREADABLE = _error(
    "settings-unreadable",
    "A setting has a value that no process would start with.",
    "Correct the variable or the line of the file that WAYSTAGE_CONFIG names; `waystage serve --help` lists them all.",
)
DATABASE_MISSING = _error(
    "database-missing",
    "The database is a file that does not exist.",
    "Start `waystage serve` or `waystage migrate`, which make it, or correct WAYSTAGE_DATABASE_URL.",
)
DATABASE_UNREACHABLE = _error(
    "database-unreachable",
    "The database cannot be opened, or does not take the settings that every session relies on.",
    "See that its server runs and can be reached from here with the user and password of WAYSTAGE_DATABASE_URL.",
)
SERVER_TOO_OLD = _error(
    "server-too-old",
    "The version of the database server is older than the oldest that is tested.",
    "Upgrade the server.",
)
SERVER_READ_ONLY = _error(
    "server-read-only",
    "The database can be read only: its server is a standby, or was told so.",
    "Let WAYSTAGE_DATABASE_URL name the primary, or switch default_transaction_read_only off.",
)
SCHEMA_BEHIND = _error(
    "schema-behind",
    "Tables of this version of Waystage are not there yet.",
    "Run `waystage migrate`; a server that starts does the same.",
)
SCHEMA_AHEAD = _warning(
    "schema-ahead",
    "A newer version of Waystage has migrated the database.",
    "Install that version here too; side by side with it this one is meant for the time of an upgrade only.",
)
CLOCK_OFF = _warning(
    "clock-off",
    "The clock of this machine differs from that of the database by more than half a second.",
    "Let both machines keep time by NTP. Waystage goes by the clock of the database meanwhile; its logs do not.",
)
NOBODY_RUNS = _error(
    "nobody-runs",
    "No living process moves contacts.",
    "Start `waystage serve`, or `waystage worker` beside `waystage api`; if one was started, its log says why"
    " it ended.",
)
LANES_WITHOUT_OWNER = _error(
    "lanes-without-owner",
    "Processes live, but nobody has taken some lanes.",
    "Wait ten seconds and ask again. If it stays so, restart a worker: its log names each lane that it takes.",
)
LEASES_RAN_OUT = _error(
    "leases-ran-out",
    "A process has not renewed its lanes in time, and nobody has taken them over.",
    "If the process still runs it is stuck or cut off from the database: end it and start it again. Otherwise"
    " start a worker.",
)
PROCESS_DIED = _warning(
    "process-died",
    "A process ended without saying so: it was killed, or its machine was.",
    "Look why in its log and in that of the system (memory, power). Its lanes and jobs are taken over;"
    " nothing is lost.",
)
VERSIONS_DIFFER = _warning(
    "versions-differ",
    "Living processes run different versions of Waystage.",
    "That is right during an upgrade. Otherwise restart those with the older version.",
)
SERVER_SILENT = _warning(
    "server-silent",
    "A process lives on this machine, but its address does not answer or says that it is not ready.",
    "Ask `GET /readyz` there: it names what is missing. See that WAYSTAGE_HOST, WAYSTAGE_PORT and"
    " WAYSTAGE_HEALTH_PORT of this"
    " command are those of the process.",
)
ENGINE_BEHIND = _error(
    "engine-behind",
    "Contacts have been due for more than a minute.",
    "See in waystage_batch_seconds whether batches are slow, and waystage_due_contacts how many wait: add"
    " workers, or give the"
    " database more. A lane that alone is behind has its reason in the log of its owner.",
)
INBOX_OLD = _error(
    "inbox-old",
    "Accepted events have waited for more than a minute to be taken in.",
    "As for engine-behind. The events are safe, and are taken in in their order.",
)
OUTBOX_OLD = _warning(
    "outbox-old",
    "Messages have waited for more than five minutes for their first attempt.",
    "See that WAYSTAGE_SMTP_URL or WAYSTAGE_WEBHOOK_URL answers, and whether WAYSTAGE_CHANNEL_RATES is meant"
    " to be that slow.",
)
RETRIES_OVERDUE = _warning(
    "retries-overdue",
    "Messages whose next attempt was due more than five minutes ago were not tried.",
    "As for outbox-old; if nothing is sent at all, the log of the lanes' owner says why.",
)
SENDS_FAILED = _warning(
    "sends-failed",
    "Messages have failed for good within a day.",
    "GET /waystage/v1/messages?status=failed has them with the reason of each.",
)
BREAKER_OPEN = _warning(
    "breaker-open",
    "Custom activities of a host are not called for now, because it does not answer.",
    "See what ails that host. Calls go on by themselves when it answers again; those given up meanwhile took"
    " the failed path.",
)
JOBS_LEFT = _warning(
    "jobs-left",
    "Jobs that were asked for more than ten minutes ago (publish, validate, rows, simulations) are not done.",
    "A process that starts takes up what others left; its log names a job that fails again and again.",
)
IMPORTS_LEFT = _warning(
    "imports-left",
    "Imports have not moved on for more than ten minutes, and are not complete.",
    "Send the file again under the same id: it goes on behind the last row that was taken.",
)
VERSION_BROKEN = _error(
    "version-broken",
    "A version that contacts are inside of can no longer be compiled, so it holds them.",
    "Restore what its document needs (a plug-in with the activity type, a data extension), then publish a"
    " version that does"
    " without it; POST /waystage/v1/lint says what is wrong with a document.",
)
VERSION_FLAWED = _warning(
    "version-flawed",
    "A running version needs something that is no longer there, and does without it.",
    "As for version-broken.",
)
DISK_FULL = _error(
    "disk-full",
    "Less than 256 MiB are left where the database lies.",
    "Free space or enlarge the disk. When it is full requests are refused and contacts stay where they are;"
    " nothing is lost.",
)
DISK_TIGHT = _warning(
    "disk-tight",
    "Less is left where the database lies than it holds, so there is no room for a backup beside it.",
    "Enlarge the disk, put backups elsewhere, or keep less history (WAYSTAGE_HISTORY_DAYS).",
)
LOG_LARGE = _warning(
    "log-large",
    "The write-ahead log of the database file has grown beyond 256 MiB: something reads without an end.",
    "End programs that hold the file open for reading (a shell, a copy in progress); it shrinks at the next start.",
)
CONNECTIONS_SHORT = _warning(
    "connections-short",
    "Fewer than ten connections of the server are free; each process needs up to nine.",
    "Raise max_connections, or run fewer processes on this server.",
)
DURABILITY_OFF = _error(
    "durability-off",
    "The server runs with fsync or full_page_writes off: a crash of its machine can lose what was committed.",
    "Switch both on; what Waystage promises of events and messages rests on them.",
)
VACUUM_OFF = _warning(
    "vacuum-off",
    "The server runs with autovacuum off: the tables that are emptied all the time grow without an end.",
    "Switch autovacuum on.",
)
IDLE_TRANSACTIONS = _warning(
    "idle-transactions",
    "Somebody has held a transaction open for more than a minute without doing anything.",
    "End that session: as long as it lasts, deleted rows of the queue and the inbox cannot be cleared away,"
    " and all slows down.",
)
IDS_RUN_OUT = _warning(
    "ids-run-out",
    "The oldest transaction id of the database is more than a thousand million behind.",
    "Let VACUUM run through: something (an old replication slot, a prepared transaction) keeps autovacuum"
    " from its work.",
)
SECRET_KEY_MISSING = _error(
    "secret-key-missing",
    "Signing keys are stored, and there is no key to read them with: calls of custom activities that are signed fail.",
    "Set WAYSTAGE_SECRET_KEY, or put the key file back beside the database; without either store the signing"
    " keys anew.",
)
SECRET_KEY_WRONG = _error(
    "secret-key-wrong",
    "Signing keys were stored under another key than the present one.",
    "Set WAYSTAGE_SECRET_KEY as it was, or store the signing keys anew (PUT /waystage/v1/keys/{customerKey}).",
)
LINKS_TO_LOOPBACK = _warning(
    "links-to-loopback",
    "Messages leave, and the links in them lead to an address that only this machine reaches.",
    "Set WAYSTAGE_PUBLIC_URL to the address at which recipients reach this server.",
)
HISTORY_GROWS = _warning(
    "history-grows",
    "History is kept for ever and has grown beyond ten million hops.",
    "Set WAYSTAGE_HISTORY_DAYS to the days for which you need the passages that have ended; counters stay in any case.",
)
CHECK_FAILED = _warning(
    "check-failed",
    "Something could not be looked at.",
    "The rest of the report stands. If the database user lacks the right, grant pg_monitor; otherwise run"
    " with --debug.",
)

AILMENTS: Final = tuple(one for one in list(vars().values()) if isinstance(one, Ailment))
"""The table, in the order of the checks."""
