"""`waystage client`: API clients, on the database directly, so that it works without a running server."""

from __future__ import annotations

from typing import Annotated

import typer

from waystage.cli.databases import opened
from waystage.cli.words import AsJson, Refusal, settings_now, write_json, write_pairs, write_table
from waystage.ground import clock, ids
from waystage.ground.errors import SeveralErrors
from waystage.ground.secrets import hash_secret
from waystage.operations import clients
from waystage.spec.moments import iso_z
from waystage.store.accounts import Client

MOST = 10_000

app = typer.Typer(help="Make, list and revoke API clients.", rich_markup_mode=None, no_args_is_help=True)

CREATE = """Make an API client and show its id and secret. The secret is shown this once.

\b
Examples:
  waystage client create --name "Shop backend"
  waystage client create --name Reports --scope journeys_read --json
"""
LIST = """List the API clients that were not revoked.

\b
Example:
  waystage client list --json
"""
REVOKE = """Revoke an API client: its tokens end with it, in running servers within five seconds.

\b
Example:
  waystage client revoke 0f3a6c1be2d94c5b8a7f6e5d4c3b2a19
"""


@app.command(help=CREATE)
def create(
    name: Annotated[str, typer.Option(help="What people call it.")],
    scope: Annotated[list[str] | None, typer.Option(help="A scope; may be repeated. Default: every scope.")] = None,
    account: Annotated[int | None, typer.Option(help="Number of the business unit; made if it does not exist.")] = None,
    as_json: AsJson = False,
) -> None:
    """See CREATE."""
    settings = settings_now()
    asked = _asked(name, scope or list(clients.SCOPES), account or settings.account_id)
    client_id, secret = ids.new_guid().replace("-", ""), ids.new_secret()
    secret_hash = hash_secret(secret)
    with opened(settings) as (database, _):
        client = database.write(lambda tx: clients.create(tx, asked, client_id, secret_hash, clock.real_now())).result()
    reading = _reading(client)
    made = {"clientId": reading.pop("clientId"), "clientSecret": secret, **reading}
    if as_json:
        write_json(made)
    else:
        write_pairs({"id": client_id, "secret": secret, "name": client.name, "scopes": _scopes(client)})


@app.command("list", help=LIST)
def list_all(as_json: AsJson = False) -> None:
    """See LIST."""
    with opened(settings_now()) as (database, _):
        _, found = database.read(lambda tx: clients.collect(tx, MOST, 0)).result()
    if as_json:
        write_json([_reading(client) for client in found])
        return
    rows = [(one.client_id, one.name, str(one.account), iso_z(one.created)[:10], _scopes(one)) for one in found]
    write_table(("Id", "Name", "Unit", "Made", "Scopes"), rows)


@app.command(help=REVOKE)
def revoke(client_id: Annotated[str, typer.Argument(help="Id of the client.")], as_json: AsJson = False) -> None:
    """See REVOKE."""
    with opened(settings_now()) as (database, _):
        database.write(lambda tx: clients.revoke(tx, client_id, clock.real_now())).result()
    if as_json:
        write_json({"clientId": client_id, "revoked": True})
    else:
        typer.echo(f"Client {client_id} is revoked.")


def _asked(name: str, scopes: list[str], account: int) -> clients.NewClient:
    """The same checks as POST clients; Refusal that says all that is wrong."""
    try:
        return clients.read_body({"name": name, "accountId": account, "scopes": scopes}, account)
    except SeveralErrors as error:
        raise Refusal(" ".join(item.message for item in error.items)) from error


def _scopes(client: Client) -> str:
    return "every scope" if set(client.scopes) == set(clients.SCOPES) else " ".join(client.scopes)


def _reading(client: Client) -> dict[str, object]:
    return {
        "clientId": client.client_id,
        "name": client.name,
        "accountId": client.account,
        "scopes": list(client.scopes),
        "createdDate": iso_z(client.created),
    }
