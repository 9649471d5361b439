"""`waystage doctor`: for each finding a system that has it."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import Command
from tests.contract.mailing import define_event as define
from tests.contract.mailing import fire, publish, settle, wait
from tests.contract.served import Served
from tests.postgresql import PostgresqlServer
from waystage.engine.sending.signing_keys import place_of
from waystage.ground import clock
from waystage.ground.ailments import AILMENTS
from waystage.ground.identity import process_name
from waystage.ground.sealing import Sealer
from waystage.store import leases, processes
from waystage.store.database import Database
from waystage.store.dialects import postgresql_checkup, sqlite_checkup
from waystage.store.migrate import migrate
from waystage.store.processes import Process
from waystage.store.sql import Tx

MINUTE = 60_000
DAY = 86_400_000
#: A process of another machine: nobody here can know whether it lives, so its word counts.
ELSEWHERE = Process("elsewhere:1:place-1-aa", "serve", "elsewhere", 1, "1.0", 1)
SMTP = {"WAYSTAGE_SMTP_URL": "smtp://mail.example.com", "WAYSTAGE_PUBLIC_URL": "https://journeys.example.com"}

Change = Callable[[Tx], object]


def healthy(tx: Tx) -> None:
    """Somebody runs the database."""
    processes.tell(tx, ELSEWHERE, clock.real_now() + DAY, 1)
    leases.take_all(tx, ELSEWHERE.name, clock.real_now() + DAY)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of which nothing is wrong."""
    file = tmp_path_factory.mktemp("doctor") / "prepared.db"
    change(f"sqlite:///{file}", healthy)
    return file


@pytest.fixture
def url(prepared: Path, tmp_path: Path) -> str:
    """A copy of it."""
    return f"sqlite:///{shutil.copy(prepared, tmp_path / 'waystage.db')}"


def change(url: str, *jobs: Change) -> None:
    database = Database(url)
    try:
        migrate(database)
        for job in jobs:
            database.write(job).result()
    finally:
        database.close()


def findings(command: Command, url: str, **settings: str) -> dict[str, str]:
    """What is found, by code; the exit code must fit it."""
    done = command("doctor", "--json", WAYSTAGE_DATABASE_URL=url, **settings)
    found = json.loads(done.output)["findings"]
    assert done.code == int(any(one["severity"] == "error" for one in found)), found
    assert all(one["what"].endswith((".", ":")) and one["remedy"] for one in found), found
    return {one["code"]: one["what"] for one in found}


def run(text: str, **values: Any) -> Change:
    """One statement; `{real}` and `{day}` in it are the present and a day ago."""
    return lambda tx: tx.run(text.format(real=clock.real_now(), day=clock.real_now() - DAY), **values)


def job_of(table: str, columns: str, values: str) -> Change:
    return run(f"INSERT INTO {table} ({columns}) VALUES ({values})")


def message(tx: Tx) -> None:
    tx.run("INSERT INTO form (id, body, channel) VALUES (7, '{}', 'email')")
    tx.run(
        "INSERT INTO outbox (lane, seq, instance, hop, version, activity, contact, at, content, state, parameters)"
        f" VALUES (1, 1, 1, 1, 1, 1, 1, {clock.real_now() - DAY}, 7, 0, jsonb('[null]'))"
    )
    tx.run("UPDATE lease SET effects = 2")


def signing_key(secret: str) -> Change:
    def store(tx: Tx) -> None:
        sealed = Sealer(secret, None).seal(b"x", place_of(1, "mine"))
        tx.run("INSERT INTO signing_key VALUES (1, 'mine', 'mine', :sealed, 1, 1)", sealed=sealed)

    return store


def died(tx: Tx) -> None:
    late = Process("other:2:place-1-bb", "worker", "other", 2, "1.0", 1)
    processes.tell(tx, late, clock.real_now() - MINUTE, 3)


def stuck(tx: Tx) -> None:
    leases.take_all(tx, "other:2:place-1-bb", clock.real_now() - 5 * MINUTE)


def newer(tx: Tx) -> None:
    processes.tell(tx, Process("more:3:place-1-cc", "api", "more", 3, "2.0", 1), clock.real_now() + DAY)


@dataclass(frozen=True)
class Case:
    """A system that has one ailment and no other; `said` stands in what is told of it."""

    code: str
    said: str
    jobs: tuple[Change, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


CASES = [
    Case("schema-behind", "Not applied: 0030", (run("DELETE FROM migration WHERE number = 30"),)),
    Case(
        "schema-ahead", "9999_later.sql", (job_of("migration", "number, name, applied", "9999, '9999_later.sql', 1"),)
    ),
    Case("nobody-runs", "No process lives.", (run("DELETE FROM process"),)),
    Case("lanes-without-owner", "1 lane: 1.", (run("UPDATE lease SET owner = ''"),)),
    Case("leases-ran-out", "1 lane (1) of process 2 of other, whose time ran out 5 min ago.", (stuck,)),
    Case("process-died", "worker 1.0, process 2 of other had 3 lanes; its time ran out 60 s ago.", (died,)),
    Case("versions-differ", "1.0 and 2.0", (newer,)),
    Case(
        "inbox-old",
        "1 event or command, the first of them for 24 h.",
        (
            lambda tx: tx.run(
                "INSERT INTO inbox VALUES (1, :id, 0, 1, 1, 'ann', NULL, jsonb('{}'))",
                id=(clock.real_now() - DAY) << 20,
            ),
        ),
    ),
    Case("outbox-old", "email: 1 message, the first of them for 24 h.", (message,), SMTP),
    Case(
        "retries-overdue", "1 message.", (job_of("retry", "lane, channel, due, seq, attempt", "1, 'email', 5, 1, 2"),)
    ),
    Case(
        "sends-failed",
        "1 message.",
        (job_of("receipt", "lane, seq, attempt, at, status, detail, contact", "1, 1, 1, {real}, 'failed', 'no', 1"),),
    ),
    Case(
        "jobs-left",
        "1 job (publish or validate): j.",
        (
            job_of(
                "job", "id, account, version, kind, status, owner, findings, created", "'j',1,1,'p','q','','[]',{day}"
            ),
        ),
    ),
    Case(
        "jobs-left",
        "1 job (rows): g.",
        (
            job_of(
                "row_request",
                "guid,account,extension,kind,status,total,done,refused,called",
                "'g',1,1,'','',1,0,0,{day}",
            ),
        ),
    ),
    Case(
        "jobs-left",
        "1 job (simulation): s.",
        (
            job_of(
                "simulation", "account, guid, status, asked, task, outcome, created", "1, 's', '', '', '', '', {day}"
            ),
        ),
    ),
    Case(
        "imports-left",
        "1 import: i.",
        (
            job_of(
                "import",
                "account,guid,kind,target,format,status,attempt,rows_read,rows_refused,message,started,changed",
                "1,'i','contacts','','csv','Running',1,0,0,'',{day},{day}",
            ),
        ),
    ),
    Case("history-grows", "20,000,000 hops", (run("UPDATE lease SET hops = 20000000"),)),
    Case("secret-key-missing", "WAYSTAGE_SECRET_KEY is not set", (signing_key("one"),)),
    Case("secret-key-wrong", "'mine' of business unit 1", (signing_key("one"),), {"WAYSTAGE_SECRET_KEY": "two"}),
    Case("links-to-loopback", "email", (), {"WAYSTAGE_SMTP_URL": "smtp://mail.example.com"}),
    Case("check-failed", "no such table: retry.", (run("DROP TABLE retry"),)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.said[:12]}")
def test_each_ailment_is_found_alone(command: Command, url: str, case: Case) -> None:
    change(url, *case.jobs)
    found = findings(command, url, **case.settings)
    assert list(found) == [case.code]
    assert case.said in found[case.code]


def test_nothing_is_wrong_with_a_system_that_runs(command: Command, database_url: str) -> None:
    with Served(database_url) as server:
        port = server.address.rpartition(":")[2]
        done = command("doctor", WAYSTAGE_DATABASE_URL=database_url, WAYSTAGE_PORT=port)
    assert (done.code, done.errors) == (0, "")
    assert done.output.startswith("Nothing is wrong with ")


def test_a_report_for_people_says_what_to_do(command: Command, url: str) -> None:
    change(url, run("DELETE FROM process"), run("UPDATE lease SET hops = 20000000"))
    done = command("doctor", WAYSTAGE_DATABASE_URL=url)
    assert done.code == 1
    assert done.output.index("error: nobody-runs") < done.output.index("warning: history-grows")
    assert "-> Set WAYSTAGE_HISTORY_DAYS" in done.output
    assert done.output.endswith("1 error, 1 warning.\n")


def test_settings_that_nobody_would_start_with(command: Command) -> None:
    assert (
        "WAYSTAGE_LANES: a whole number"
        in findings(command, "sqlite:///x", WAYSTAGE_LANES="many")["settings-unreadable"]
    )


def test_a_database_that_is_not_there_is_not_made(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    assert list(findings(command, f"sqlite:///{file}")) == ["database-missing"]
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_opened(command: Command, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database, whatever its name says. " * 30)
    assert "not a database" in findings(command, f"sqlite:///{tmp_path / 'text.db'}")["database-unreachable"]
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    found = findings(command, f"postgresql://waystage@127.0.0.1:{port}/x")
    assert "refused" in found["database-unreachable"]


def test_the_disk(command: Command, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are as large as they say, and take no room."""
    file = Path(url.removeprefix("sqlite:///"))
    os.truncate(file, shutil.disk_usage(file.parent).free + 2**30)
    Path(f"{file}-wal").touch()
    os.truncate(f"{file}-wal", 300 * 2**20)
    found = findings(command, url)
    assert list(found) == ["disk-tight", "log-large"]
    assert "300 MiB" in found["log-large"]
    monkeypatch.setattr(sqlite_checkup, "_FULL", 2**60)
    assert "disk-full" in findings(command, url)


def test_contacts_that_are_due_while_nobody_runs(command: Command, database_url: str) -> None:
    with Served(database_url) as server:
        api = server.client()
        define(api)
        publish(api, [wait("W")])
        fire(api, "ann")
        fire(api, "bob")
        settle(api)
    assert set(findings(command, database_url)) == {"nobody-runs"}
    change(database_url, run("UPDATE journey_clock SET journey_start = journey_start + 172800000"))
    found = findings(command, database_url)
    assert set(found) == {"nobody-runs", "engine-behind"}
    assert found["engine-behind"].startswith("2 contacts in ")
    assert found["engine-behind"].endswith("the first of them for 24 h.")


@pytest.mark.parametrize(
    ("code", "former", "later"), [("version-flawed", "DAYS", "EONS"), ("version-broken", '"signup"', '"gone"')]
)
def test_a_version_that_does_not_compile(command: Command, sqlite_url: str, code: str, former: str, later: str) -> None:
    with Served(sqlite_url) as server:
        api = server.client()
        define(api)
        publish(api, [wait("W")])
    change(
        sqlite_url, run("UPDATE version SET document = replace(document, :former, :later)", former=former, later=later)
    )
    assert "Version number 1: " in findings(command, sqlite_url)[code]


def test_a_process_that_does_not_answer(command: Command, url: str) -> None:
    here = Process(process_name(), "serve", socket.gethostname(), os.getpid(), "1.0", 1)
    change(url, lambda tx: processes.tell(tx, here, clock.real_now() + DAY))
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    found = findings(command, url, WAYSTAGE_PORT=str(port))
    assert list(found) == ["server-silent"]
    assert f"127.0.0.1:{port} does not answer" in found["server-silent"]


def test_a_host_that_rests(command: Command, sqlite_url: str) -> None:
    with Served(sqlite_url) as server:
        caller: Any = server.built.deliverer._errands[0]
        breaker = caller.breakers["crm.example.com"]
        for _ in range(5):
            breaker.failed()
        found = findings(command, sqlite_url, WAYSTAGE_PORT=server.address.rpartition(":")[2])
    assert list(found) == ["breaker-open"]
    assert "crm.example.com" in found["breaker-open"]


# -- what only a server has -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """A database of a server of which nothing is wrong; these tests change nothing that lasts in it."""
    url = postgresql_server.create_database()
    change(url, healthy)
    yield url
    postgresql_server.drop_database(url)


@pytest.fixture
def connection(served_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(served_url, autocommit=True) as made:
        yield made


def test_a_server_with_the_wrong_settings(
    command: Command, postgresql_server: PostgresqlServer, connection: psycopg.Connection[Any], served_url: str
) -> None:
    switched = ("fsync", "full_page_writes", "autovacuum")
    try:
        for name in switched:
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
        found = _until(lambda: findings(command, served_url), 2)
    finally:
        connection.execute("ALTER SYSTEM RESET ALL")
        connection.execute("SELECT pg_reload_conf()")
    assert found == {"durability-off": "fsync and full_page_writes are off.", "vacuum-off": "autovacuum is off."}


def test_a_database_that_can_only_be_read(
    command: Command, connection: psycopg.Connection[Any], served_url: str
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(served_url)["dbname"]
    connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    found = findings(command, served_url)
    connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert list(found) == ["server-read-only"]


def test_a_session_that_sits_in_a_transaction(
    command: Command, connection: psycopg.Connection[Any], served_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it had sat there for a minute."""
    monkeypatch.setattr(postgresql_checkup, "_IDLE_SECONDS", -1)
    assert findings(command, served_url) == {}
    connection.execute("BEGIN")
    found = findings(command, served_url)
    assert list(found) == ["idle-transactions"]
    assert str(connection.info.backend_pid) in found["idle-transactions"]


@pytest.mark.parametrize(
    ("code", "bound", "value"),
    [
        ("server-too-old", "_OLDEST", 10**7),
        ("connections-short", "_FEW_CONNECTIONS", 10**6),
        ("ids-run-out", "_MANY_IDS", -1),
    ],
)
def test_what_a_server_comes_to_in_years(
    command: Command, served_url: str, monkeypatch: pytest.MonkeyPatch, code: str, bound: str, value: int
) -> None:
    """The bound comes to the server instead."""
    monkeypatch.setattr(postgresql_checkup, bound, value)
    assert list(findings(command, served_url)) == [code]


def test_a_clock_that_is_off(command: Command, served_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = clock.machine_now
    monkeypatch.setattr(clock, "machine_now", lambda: right() - 90_000)
    found = findings(command, served_url)
    clock.correct(0, 0)
    assert list(found) == ["clock-off"]
    assert found["clock-off"].startswith("The database's clock is 90.")


def test_every_ailment_is_met_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [one.code for one in AILMENTS if f'"{one.code}"' not in text] == []


def _until(read: Callable[[], dict[str, str]], count: int) -> dict[str, str]:
    """A server takes new settings over a moment after it was told to."""
    while len(found := read()) < count:
        pass
    return found
