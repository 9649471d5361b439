"""Commands that work on the database directly: migrate, client, clock."""

import json

import pytest

from tests.cli.conftest import Command
from tests.contract.served import CLIENT_ID, CLIENT_SECRET, Served


def test_migrate_shows_what_was_applied(command: Command, database_url: str) -> None:
    first = command("migrate", WAYSTAGE_DATABASE_URL=database_url)
    assert first.code == 0
    assert first.output.startswith("applied 0000_")
    again = command("migrate", "--json", WAYSTAGE_DATABASE_URL=database_url)
    assert (again.code, json.loads(again.output)["applied"]) == (0, [])


def test_a_client_is_made_listed_and_revoked(command: Command, database_url: str) -> None:
    made = command("client", "create", "--name", "Shop", "--json", WAYSTAGE_DATABASE_URL=database_url)
    client = json.loads(made.output)
    assert made.code == 0
    assert len(client["clientSecret"]) > 20
    listed = command("client", "list", "--json", WAYSTAGE_DATABASE_URL=database_url)
    assert [one["clientId"] for one in json.loads(listed.output)] == [client["clientId"]]
    assert client["clientSecret"] not in listed.output
    assert command("client", "revoke", client["clientId"], WAYSTAGE_DATABASE_URL=database_url).code == 0
    assert command("client", "list", "--json", WAYSTAGE_DATABASE_URL=database_url).output.strip() == "[]"
    again = command("client", "revoke", client["clientId"], WAYSTAGE_DATABASE_URL=database_url)
    assert (again.code, again.output) == (1, "")
    assert again.errors.startswith("waystage: API client not found.")


def test_a_made_client_gets_a_token_with_its_scopes(command: Command, sqlite_url: str) -> None:
    made = command(
        "client", "create", "--name", "Reports", "--scope", "journeys_read", "--json", WAYSTAGE_DATABASE_URL=sqlite_url
    )
    client = json.loads(made.output)
    with Served(sqlite_url) as server:
        api = server.client(client["clientId"], client["clientSecret"])
        assert api("GET", "/interaction/v1/interactions").status_code == 200
        assert api("GET", "/waystage/v1/clients").status_code == 403
        api.http.close()


@pytest.mark.parametrize("wrong", [("--scope", "everything"), ("--name", "x" * 300)])
def test_a_wrong_client_is_refused(command: Command, sqlite_url: str, wrong: tuple[str, str]) -> None:
    done = command("client", "create", "--name", "Shop", *wrong, WAYSTAGE_DATABASE_URL=sqlite_url)
    assert (done.code, done.output) == (1, "")
    assert wrong[0].removeprefix("--") in done.errors


def test_the_table_of_clients_is_plain_outside_a_terminal(command: Command, sqlite_url: str) -> None:
    command("client", "create", "--name", "Shop", WAYSTAGE_DATABASE_URL=sqlite_url)
    done = command("client", "list", WAYSTAGE_DATABASE_URL=sqlite_url)
    assert "\x1b" not in done.output
    assert [line.split()[1] for line in done.output.splitlines()] == ["Name", "Shop"]


def test_the_clock_of_a_database_is_shown(command: Command, sqlite_url: str) -> None:
    shown = json.loads(command("clock", "--json", WAYSTAGE_DATABASE_URL=sqlite_url).output)
    assert shown["mode"] == "system"
    with Served(sqlite_url):
        pass
    shown = json.loads(command("clock", "--json", WAYSTAGE_DATABASE_URL=sqlite_url).output)
    assert shown == {"mode": "virtual", "now": "2026-01-01T00:00:00Z"}


def test_a_virtual_clock_is_moved_through_the_server(command: Command, sqlite_url: str) -> None:
    with Served(sqlite_url) as server:
        settings = {
            "WAYSTAGE_DATABASE_URL": sqlite_url,
            "WAYSTAGE_PUBLIC_URL": server.address,
            "WAYSTAGE_CLIENT_ID": CLIENT_ID,
            "WAYSTAGE_CLIENT_SECRET": CLIENT_SECRET,
        }
        done = command("clock", "--by", "P1DT2H", "--json", **settings)
        assert (done.code, json.loads(done.output)["now"]) == (0, "2026-01-02T02:00:00Z")
        back = command("clock", "--to", "2025-01-01T00:00:00Z", **settings)
        assert (back.code, back.output) == (1, "")
        assert command("clock", **settings).output.startswith("2026-01-02T02:00:00Z (virtual clock)")


def test_moving_the_clock_needs_a_server_and_credentials(command: Command, sqlite_url: str) -> None:
    without = command("clock", "--by", "P1D", WAYSTAGE_DATABASE_URL=sqlite_url)
    assert (without.code, "WAYSTAGE_CLIENT_ID" in without.errors) == (1, True)
    settings = {"WAYSTAGE_CLIENT_ID": "a", "WAYSTAGE_CLIENT_SECRET": "b", "WAYSTAGE_PUBLIC_URL": "http://127.0.0.1:1"}
    unreachable = command("clock", "--by", "P1D", **settings)
    assert (unreachable.code, "Is the server running?" in unreachable.errors) == (1, True)
